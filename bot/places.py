"""For outage notices: whether a message names the notice's area, or another place of the same kind."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from bot.subjects import fold, mentions

# Its names by language, the first of which is shown.
Area = Mapping[str, Collection[str]]

_HAN_KINDS = "省市区县镇乡村"
_KINDS = "province city district county town village area side"
# they end like the name of a place, and are none: 小区 is a block of flats
_NO_PLACE = "小社地片园校厂景山郊城市学辖全本该这那个哪整各分新老此在到去来我超农家菜门都"
_NO_NAME = frozenset(
    [
        "a",
        "all",
        "another",
        "any",
        "each",
        "every",
        "her",
        "his",
        "home",
        "in",
        "inner",
        "is",
        "its",
        "local",
        "my",
        "no",
        "of",
        "one",
        "other",
        "our",
        "rural",
        "same",
        "that",
        "the",
        "their",
        "this",
        "urban",
        "what",
        "which",
        "whole",
        "your",
    ]
)


def names_of(area: Area | None) -> list[str]:
    """Every name of the area, in every language."""
    return [] if area is None else [name for names in area.values() for name in names]


def is_named(area: Area | None, text: str) -> bool:
    """Whether the message names the area."""
    return mentions(text, names_of(area))


def another_is_named(area: Area | None, text: str) -> bool:
    """Whether the message names a place of the same kind instead: 西区 where the notice is about 东区.

    Without a list of all places, only the kind can tell; whoever names none is asked.
    """
    if area is None or is_named(area, text):
        return False
    folded = fold(text)
    return any(_another(fold(name), folded) for name in names_of(area))


def _another(name: str, text: str) -> bool:
    if name[-1] in _HAN_KINDS:
        found = re.findall(rf"([\u4e00-\u9fff]){name[-1]}", text)
        return any(before not in _NO_PLACE for before in found)
    kind = name.rsplit(maxsplit=1)[-1]
    found = re.findall(rf"([a-z]+) {kind}\b", text) if kind in _KINDS.split() else []
    return any(before not in _NO_NAME for before in found)
