"""For customers: the choices offered last, and which of them a tap, a typed title or a typed number means.

Only what was offered can be picked, so no message of a customer can name an intent or set a slot by itself.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import Any

from bot.brain.errors import BrainFailed
from bot.brain.question import Question

CHINESE_DIGITS = "一二三四五六七八九"
# 2, 2., (2), 二, 第二个, 选2, No. 2
NUMBER = re.compile(
    r"(?:第|选|選|我选|no\.?|number|option)?\s*\(?([1-9]|[一二三四五六七八九])\)?\s*(?:个|個|项|項|号|號)?[.。、,!]?"
)

Choice = dict[str, Any]


def pick(question: Question) -> Choice | None:
    """The choice among those offered last that the message means, or None when it means something else."""
    offered: list[Choice] = question.state.get("choices", [])
    if not offered:
        return None
    text = _fold(question.text)
    by_id = [choice for choice in offered if choice["id"] == question.choice]
    by_title = [choice for choice in offered if _fold(choice["title"]) == text]
    return next(iter(by_id + by_title + _by_number(offered, text)), None)


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
