"""For trainers: intents/config.yml."""

from __future__ import annotations

from collections.abc import Iterator

from bot.brain.mistakes import Mistake
from bot.brain.sources import Written

SHARES = ("threshold", "anger", "annoyance")  # how the names of settings from 0 to 1 end
NEEDED = ("recipe", "language", "assistant_id", "pipeline", "policies")


def mistakes(config: Written) -> Iterator[Mistake]:
    for key in NEEDED:
        if not config.get(key).value:
            yield config.wrong(f"{key} is missing. Add it.", f"缺少 {key}。请补上。")
    for key in ("pipeline", "policies"):
        if config.get(key).value and not isinstance(config.get(key).value, list):
            yield config.get(key).wrong(
                f"{key} has to be a list. Begin each entry with `- name:`.",
                f"{key} 应当是列表。每一项请以 `- name:` 开头。",
            )
        for part in config.get(key).parts():
            yield from _part(part)


def _part(part: Written) -> Iterator[Mistake]:
    if not isinstance(part.get("name").value, str):
        yield part.wrong(
            "this entry has no name. Begin it with `- name:`.", "这一项没有名称。请以 `- name:` 开头。"
        )
    for key, setting in part.entries():
        if key.endswith(SHARES) and not _is_share(setting.value):
            yield setting.wrong(
                f"{key} is {setting.value!r}. Write a number from 0 to 1, such as 0.5.",
                f"{key} 现在是 {setting.value!r}。请写 0 到 1 之间的数，例如 0.5。",
            )


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
