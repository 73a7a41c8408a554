"""For customers: the choices offered, and which of them a tap, a typed title or a typed number means.

Only what the bot offers can be picked, so no message can name an intent or set a slot by itself.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import unicodedata
from collections import defaultdict
from typing import Any

from bot.brain.errors import BrainFailed
from bot.brain.question import Question

ENDS = " .。,!?~"
CHINESE_DIGITS = "一二三四五六七八九"
# 2, 2., (2), 二, 第二个, 选2, No. 2
NUMBER = re.compile(
    r"(?:第|选|選|我选|no\.?|number|option)?\s*\(?([1-9]|[一二三四五六七八九])\)?\s*(?:个|個|项|項|号|號)?[.。、,!]?"
)

Choice = dict[str, Any]


def pick(question: Question, buttons: dict[str, Choice], words: dict[str, set[str]]) -> Choice | None:
    """The choice among those offered last that the message means, or None when it means something else.

    Older ones can still be tapped: they mean what `buttons`, those of the whole domain, say by their title.
    `words` may be typed in place of a title, by intent.
    """
    offered: list[Choice] = question.state.get("choices", [])
    text = _fold(question.text)
    by_id = [choice for choice in offered if choice["id"] == question.choice]
    by_title = [choice for choice in offered if _fold(choice["title"]) == text]
    by_words = [choice for choice in offered if text.strip(ENDS) in words.get(choice.get("intent", ""), ())]
    older = [buttons[text]] if question.choice and text in buttons else []
    return next(iter(by_id + by_title + by_words + older + _by_number(offered, text)), None)


def offer(buttons: list[dict[str, Any]], message_id: str, offset: int = 0) -> list[Choice]:
    """Choices for the buttons of a response; ids no other message has: an old button is not a new one."""
    mark = hashlib.sha256(message_id.encode()).hexdigest()[:4]
    return [
        {
            "id": f"{mark}{number}",
            "title": button["title"],
            **_meaning(button.get("payload") or button["title"]),
        }
        for number, button in enumerate(buttons, start=offset + 1)
    ]


def buttons_of(domain: dict[str, Any]) -> dict[str, Choice]:
    """All that the bot may ever offer, by title; titles with more than one meaning are left out."""
    known: dict[str, list[Choice]] = defaultdict(list)
    for intent, languages in titles(domain).items():
        for title in languages.values():
            known[_fold(title)].append({"title": title, "intent": intent})
    for variation in itertools.chain.from_iterable(domain.get("responses", {}).values()):
        for button in variation.get("buttons") or []:
            title = button["title"]
            known[_fold(title)].append({"title": title, **_meaning(button.get("payload") or title)})
    return {title: means[0] for title, means in known.items() if all(each == means[0] for each in means)}


def words_of(domain: dict[str, Any]) -> dict[str, set[str]]:
    """What may be typed in place of a choice's title, in either language: `words: {zh: ..|.., en: ..|..}`."""
    return {
        name: {_fold(word) for language in words.values() for word in language.split("|")}
        for name, words in by_intent(domain, "words").items()
    }


def titles(domain: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What customers read for an intent, by language; intents without a title make no sense as a choice."""
    return by_intent(domain, "title")


def by_intent(domain: dict[str, Any], key: str) -> dict[str, dict[str, str]]:
    """What the domain says of its intents under this key, by intent."""
    intents = [intent for intent in domain.get("intents", []) if isinstance(intent, dict)]
    return {name: more[key] for intent in intents for name, more in intent.items() if key in more}


def continued(domain: dict[str, Any]) -> dict[str, set[str]]:
    """By intent: those with a response for it, `utter_<other>_<intent>`."""
    responses = domain.get("responses", {})
    names = [
        next(iter(intent)) if isinstance(intent, dict) else intent for intent in domain.get("intents", [])
    ]
    return {name: {other for other in names if f"utter_{other}_{name}" in responses} for name in names}


def offered(domain: dict[str, Any]) -> dict[str, set[str]]:
    """The intents among the choices below `utter_<intent>`, by intent."""
    known: dict[str, set[str]] = defaultdict(set)
    for response, variations in domain.get("responses", {}).items():
        for button in itertools.chain.from_iterable(each.get("buttons") or [] for each in variations):
            meaning = _meaning(button.get("payload") or button["title"])
            known[response.removeprefix("utter_")].add(meaning.get("intent", ""))
    return known


def as_parse(choice: Choice, text: str) -> dict[str, Any]:
    """What Rasa's pipeline would say of a message that surely means this choice."""
    entities = [{"entity": name, "value": value} for name, value in choice.get("entities", {}).items()]
    intent = {"name": choice["intent"], "confidence": 1.0}
    return {"text": text, "intent": intent, "intent_ranking": [], "entities": entities}


def _meaning(payload: str) -> dict[str, Any]:
    """`/intent{"entity": "value"}` is an intent with entities, anything else a text, as if typed."""
    if not payload.startswith("/"):
        return {"text": payload}
    intent, brace, entities = payload[1:].partition("{")
    try:
        return {"intent": intent.strip(), **({"entities": json.loads(brace + entities)} if brace else {})}
    except json.JSONDecodeError as error:
        raise BrainFailed(f"the payload {payload!r} of a button is not /intent{{...}}: {error}") from error


def _by_number(offered: list[Choice], text: str) -> list[Choice]:
    match = NUMBER.fullmatch(text)
    if not match:
        return []
    digit = match.group(1)
    number = CHINESE_DIGITS.index(digit) + 1 if digit in CHINESE_DIGITS else int(digit)
    return offered[number - 1 : number]


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
