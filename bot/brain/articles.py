"""For customers: which of their orders they mean by naming what is in it: "the earbuds one", 那个充电宝."""

from __future__ import annotations

import re
from collections.abc import Mapping

WORD = re.compile(r"[a-z]{3,}", re.IGNORECASE)
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
# no article is meant by these, though its name may have them
SAYS_NOTHING = re.compile(
    r"手机号码?|电话号码?|订单|套餐"
    r"|\b(?:the|and|with|for|that|this|order|plan|my phone|phone number|by phone|phone me)\b",
    re.IGNORECASE,
)
THE_ONE = re.compile(
    r"^\W*(?:no\W+)?(?:the|that|this|it.?s|my)\b|\bone\W*$|^(?:就|是|要|我要)*[那这]|[那这][个单件台只]\W*$|的$",
    re.IGNORECASE,
)
SHORT = 30  # characters


def picked(text: str, items: Mapping[str, str]) -> bool:
    """Whether this does nothing but name one of them."""
    return len(text) <= SHORT and bool(THE_ONE.search(text)) and named(text, items) is not None


def named(text: str, items: Mapping[str, str]) -> str | None:
    """The number of the one order whose article the text names best. `items` has them by number."""
    words = SAYS_NOTHING.sub(" ", text)
    shared = {number: _shared(words, item) for number, item in items.items()}
    most = max(shared.values(), default=0)
    best = [number for number, count in shared.items() if count == most]
    return best[0] if most and len(best) == 1 else None


def _shared(text: str, item: str) -> int:
    """English words in common; the longest run of Chinese characters, from two on."""
    return len(_words(text) & _words(item)) + _longest_run("".join(CHINESE.findall(text)), item)


def _words(text: str) -> set[str]:
    return {word.lower().removesuffix("s") for word in WORD.findall(text)}


def _longest_run(text: str, item: str) -> int:
    runs = (
        end - start
        for start in range(len(text))
        for end in range(start + 2, len(text) + 1)
        if text[start:end] in item
    )
    return max(runs, default=0)
