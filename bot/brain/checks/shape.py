"""For trainers: a file that is in the wrong place, or whose outermost names are not known there."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from bot.brain.mistakes import Mistake
from bot.brain.sources import Files, Written

Known = dict[str, type]

VERSION: Known = {"version": object}
DOMAIN: Known = VERSION | {
    "intents": list,
    "entities": list,
    "actions": list,
    "slots": dict,
    "forms": dict,
    "responses": dict,
    "session_config": dict,
}
FLOWS: Known = VERSION | {"rules": list, "stories": list}
EXAMPLES: Known = VERSION | {"nlu": list}


def mistakes(files: Files) -> Iterator[Mistake]:
    for known, sort in ((DOMAIN, files.domain), (FLOWS, files.flows), (EXAMPLES, files.examples)):
        for file in sort:
            yield from _names(file, known)
    for file in files.strays:
        yield file.wrong(
            "nobody reads this file. Move it into stories/flows/ or stories/domain/.",
            "没有程序会读这个文件。请移到 stories/flows/ 或 stories/domain/。",
        )


def _names(file: Written, known: Known) -> Iterator[Mistake]:
    yield from unknown_keys(file, tuple(known))
    for name, entry in file.entries():
        if name in known and not isinstance(entry.value, known[name]):
            a_list = known[name] is list
            yield entry.wrong(
                f"`{name}` has to hold {'a list, each entry with `-`' if a_list else 'names with colons'}. "
                "Write it as in the files that came with the product.",
                f"`{name}` 下面应当是{'列表，每一项以 `-` 开头' if a_list else '一组名称，各带一个冒号'}。"
                "请参照产品自带的文件。",
            )


def unknown_keys(written: Written, known: tuple[str, ...]) -> Iterator[Mistake]:
    """Names that nobody reads here: most are slips of the pen."""
    if written.value is not None and not isinstance(written.value, dict):
        yield written.wrong(
            f"here belongs one of {', '.join(known)}, with a colon. Put the rest under it.",
            f"这里应当写 {'、'.join(known)} 之一，后面加冒号。请把内容放在它下面。",
        )
    for name, entry in written.entries():
        if name not in known:
            near = get_close_matches(name, known, 1) or [", ".join(known)]
            yield entry.wrong(
                f"`{name}` means nothing here. Write: {near[0]}.", f"这里不认识 `{name}`。请写：{near[0]}。"
            )
