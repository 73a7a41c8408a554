"""For the router: in which language a customer is answered."""

from __future__ import annotations

import re

from bot.messages import Language

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
# An order number, a phone model or an address says nothing about the language.
_CODE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|\b[a-z]*\d[a-z0-9]*\b", re.IGNORECASE)

# Words by which English gives itself away. Left out is what people who write Chinese say as well (ok, hi, no,
# thanks, wifi, app) and what could be pinyin (you, can, me, he, she, men, long).
_ENGLISH = """
    about after again all also and another any anybody anyone are as at away back because been before bill
    bills broken but buy by call can't cancel cheap check could customer damaged data day days deliver
    delivery did didn't discount do does doesn't don't done else english ever every fast fault few find
    first for from get give gone got had has have haven't help here how human i'd i'll i'm i've if in
    internet into invoice is isn't it it's just keeps know last late later let line lost make many mean
    minute missing money month more much my need network never new not nothing now number of off on one
    open operator or order other our out parcel password pay person phone plan plans price problem
    question ready really receive refund repair return right roaming router same say see send service shop
    should signal slow some somebody someone something soon speak start still stop store support switch
    take talk tell than that that's the their them then there they this through time to today tomorrow too
    track tracking trouble try understand until up upgrade us use using very wait want was wasn't way week
    were what what's when where where's which who whole why will with without won won't work working would
    wrong yesterday yet you're your yours
"""
_ENGLISH_WORDS = frozenset(_ENGLISH.split())
_LONG = 4  # letters of a word that is hardly a name or a slip, when there are three of them
_PINYIN = re.compile(
    r"(?:(?:[bpmfdtnlgkhjqxrzcsyw]|[zcs]h)?(?:i?ang?|i?ong|u?ang?|i?ao|[uv]an|u?ai|i[ae]|in?g?|en?g?|ei|ou|u[aoein]"
    r"|un|v[en]?|iu|er|[aeiouv]))++"  # never looks back: a message of 10,000 letters takes no longer
)


def language_of_text(text: str) -> Language | None:
    """The language of a text that shows one: Han characters, or words that are English and nothing else.

    None when the text does not tell (a number, an emoji, pinyin, `ok`): the language stays what it was.
    """
    words = _WORD.findall(_CODE.sub(" ", text.replace("\u2019", "'")).lower())
    english = [word for word in words if word in _ENGLISH_WORDS]
    if han := len(_HAN.findall(text)):
        # a Chinese name in an English sentence, or an English one in a Chinese sentence
        return Language.EN if len(english) > 1 and len(words) > han else Language.ZH
    unlike_pinyin = [word for word in words if len(word) >= _LONG and not _PINYIN.fullmatch(word)]
    return Language.EN if english or len(unlike_pinyin) > 2 else None
