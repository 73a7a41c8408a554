"""For the router: in which language a customer is answered."""

from __future__ import annotations

import re

from bot.messages import Language

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[A-Za-z]{2,}")
# An order number or a phone model says nothing about the language.
_CODE = re.compile(r"\b[A-Za-z]*\d[A-Za-z0-9]*\b|https?://\S+")


def language_of_text(text: str) -> Language | None:
    """Chinese as soon as one Han character stands in it, English with a word of two letters.

    None when the text does not tell (a number, an emoji): the language stays what it was.
    """
    if _HAN.search(text):
        return Language.ZH
    return Language.EN if _WORD.search(_CODE.sub(" ", text)) else None
