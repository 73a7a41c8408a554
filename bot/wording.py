"""For the gateway and for the check before a training: which texts `stories/notices.yml` holds, and what may
stand in them. Standard library only, since both sides read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from string import Formatter
from typing import Any

LANGUAGES = ("zh", "en")

_TEXTS = """
accepted back_to_bot back_to_bot_words beside_never_mind brain_back brain_down brain_down_offline
go_on_with_bot gone_on i_will_wait kind_contact kind_file kind_link kind_location kind_other kind_photo
kind_sticker kind_video kind_voice never_mind not_this_outage not_this_outage_words offer_queue outage_area
outage_other outage_over outage_time_up queued queued_offline requeued requeued_offline resolved
still_waiting talk_to_human tell_me_when_over tell_me_when_over_words unreadable unreadable_again
wait_in_queue welcome will_tell_you withdrawn
"""
NOTICES = frozenset(_TEXTS.split())
PLACEHOLDERS = {
    "accepted": {"{agent}"},
    "outage_area": {"{area}"},
    "outage_over": {"{notice}"},
    "outage_time_up": {"{notice}"},
    "queued": {"{position}"},
    "requeued": {"{position}"},
    "unreadable": {"{kind}"},
    "unreadable_again": {"{kind}"},
}


@dataclass(frozen=True)
class Fault:
    """What is wrong with one text, or with all of its languages when `language` is None."""

    name: str
    language: str | None
    english: str
    chinese: str


def faults(texts: Any) -> Iterator[Fault]:
    """All that is wrong with the file, read from YAML."""
    texts = texts if isinstance(texts, dict) else {}
    for name in sorted(NOTICES - texts.keys()):
        yield Fault(
            name, None, f"`{name}` is missing. Add it in zh and en.", f"缺少 `{name}`。请补上 zh 和 en。"
        )
    for name, languages in texts.items():
        if name not in NOTICES:
            yield Fault(
                name,
                None,
                f"the product says nothing called `{name}`. Correct the name or delete the text.",
                f"产品里没有叫 `{name}` 的提示语。请改正名字，或者删掉。",
            )
        else:
            yield from _language_faults(name, languages)


def _language_faults(name: str, languages: Any) -> Iterator[Fault]:
    said = languages if isinstance(languages, dict) else {}
    for language in LANGUAGES:
        text = said.get(language)
        if not isinstance(text, str) or not text.strip():
            yield Fault(
                name,
                None,
                f"`{name}` has no text for {language}. Write one, in quotes if it has a colon or a brace.",
                f"`{name}` 没有 {language} 的文字。请补上；文字里有冒号或花括号时要加引号。",
            )
            continue
        for placeholder in sorted(set(_placeholders(text)) - PLACEHOLDERS.get(name, set())):
            yield Fault(name, language, *_unfilled(name, placeholder))
    for language in said.keys() - set(LANGUAGES):
        yield Fault(
            name,
            language,
            f"`{name}`: customers are answered in zh and en, not in {language}. Delete it.",
            f"`{name}`：只用 zh 和 en 回答客户，没有 {language}。请删掉。",
        )


def _placeholders(text: str) -> list[str]:
    try:
        return [f"{{{name}}}" for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError:
        return ["{"]  # a brace by itself


def _unfilled(name: str, placeholder: str) -> tuple[str, str]:
    known = ", ".join(sorted(PLACEHOLDERS.get(name, ())))
    return (
        f"`{name}`: nothing fills {placeholder} here. "
        + (f"Write {known} or leave it out." if known else "This text has no placeholders: leave it out."),
        f"`{name}`：这里的 {placeholder} 没有内容可填。"
        + (f"请写成 {known}，或者去掉。" if known else "这条提示语没有占位符，请去掉。"),
    )
