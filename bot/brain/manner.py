"""For customers: a sentence before the answer when they are annoyed, or had to ask again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.brain import choices, memory
from bot.brain.components.feelings import ANNOYANCE, FEELING

if TYPE_CHECKING:
    from bot.brain.meaning import Heard
    from bot.brain.model import Processor
    from bot.brain.turn import Turn

ASKED_AGAIN = "utter_asked_again"
ANNOYED = "utter_annoyed"
SORRY = ("抱歉", "对不起", "sorry")


async def begin_kindly(turn: Turn, heard: Heard, intent: str, processor: Processor) -> None:
    """Put the fitting sentence in front of what was said, and its buttons behind."""
    name = _fitting(turn, heard, intent, processor)
    if name is None or turn.result is None:
        return
    said: dict[str, Any] = await processor.nlg.generate(name, turn.result, turn.question.channel) or {}
    first = turn.messages[0]
    first["text"] = f"{said['text']}\n{first['text']}"
    new = [
        choice
        for choice in choices.offer(
            said.get("buttons") or [], turn.question.message_id, offset=len(turn.choices)
        )
        if choice["title"] not in {each["title"] for each in turn.choices}
    ]
    turn.choices += new
    turn.messages[-1]["choices"] += [{"id": choice["id"], "title": choice["title"]} for choice in new]


def _fitting(turn: Turn, heard: Heard, intent: str, processor: Processor) -> str | None:
    if turn.handoff or not turn.messages or intent not in processor.meanings.titled:
        return None
    if not heard.picked and not heard.parse["entities"] and memory.times(heard.state, intent):
        return ASKED_AGAIN
    apologises = any(word in turn.messages[0]["text"].casefold() for word in SORRY)
    annoyed = heard.parse.get(FEELING, {}).get("name") == ANNOYANCE
    return ANNOYED if annoyed and not apologises else None
