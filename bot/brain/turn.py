"""For the gateway: answers one message. All that is known of it lives in a `Turn`, and ends with it."""

from __future__ import annotations

import time
import unicodedata
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT_RANKING_KEY

from bot.brain import choices
from bot.brain.errors import BrainFailed
from bot.brain.meaning import for_policies
from bot.brain.question import Question
from bot.brain.state import Dialogue, State, visible_slots

if TYPE_CHECKING:
    from bot.brain.model import Processor

NO_WORDS = "no_words"
CLARIFY = "action_clarify"
LONGEST = 1000  # characters that are read: what somebody wants stands at the front

Answer = dict[str, Any]


@dataclass
class Turn:
    """One message being answered: what Rasa asks for during it, and what it brought forth."""

    question: Question
    dialogue: Dialogue
    messages: list[dict[str, Any]] = field(default_factory=list)
    choices: list[choices.Choice] = field(default_factory=list)
    actions: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    handoff: dict[str, str] | None = None
    silent: bool = False  # a rule says so on purpose
    result: DialogueStateTracker | None = None


# requests run interleaved in one process: each sees the turn of its own
CURRENT: ContextVar[Turn] = ContextVar("turn")


async def answer(question: Question, processor: Processor) -> Answer:
    """Answer the question, or raise BrainFailed: an answer is never half of one."""
    start = time.perf_counter()
    turn = Turn(
        question, Dialogue(question.state, question.conversation, question.language, processor.domain)
    )
    CURRENT.set(turn)
    parse = await _understand(question, processor)
    await processor.handle_message(
        UserMessage(
            question.text[:LONGEST],
            Collector(turn),
            question.conversation,
            parse_data=for_policies(parse),
            input_channel=question.channel,
            message_id=question.message_id,
        )
    )
    tracker = _outcome(turn)
    return {
        "messages": turn.messages,
        "state": _next_state(turn, tracker),
        "intent": parse["intent"],
        "ranking": parse[INTENT_RANKING_KEY],
        "threshold": processor.threshold,
        "entities": [_entity(entity) for entity in parse["entities"]],
        "slots": visible_slots(tracker),
        "active_form": None if turn.handoff else tracker.active_loop_name,
        "actions": turn.actions,
        "handoff": turn.handoff,
        "model": processor.model_id,
        "ms": round((time.perf_counter() - start) * 1000, 1),
    }


class Collector(OutputChannel):
    """Takes what Rasa says. Responses may vary by `channel:`, so it bears the name of the customer's."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def name(self) -> str:
        return self._turn.question.channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        turn = self._turn
        if turn.handoff:
            return  # the conversation is not the bot's any more: a form would still ask its question again
        custom = message.get("custom") or {}
        turn.handoff = custom.get("handoff")
        turn.silent = turn.silent or bool(custom.get("silence"))
        if not (message.get("text") or message.get("image")):
            return
        offered = choices.offer(message.get("buttons") or [], turn.question.message_id, len(turn.choices))
        turn.choices += offered
        shown = [{"id": choice["id"], "title": choice["title"]} for choice in offered]
        turn.messages.append(
            {"text": message.get("text") or "", "choices": shown, "image": message.get("image")}
        )


async def _understand(question: Question, processor: Processor) -> dict[str, Any]:
    """The parse, before any policy: intent, ranking, entities; of a choice, if the message picks one."""
    picked = choices.pick(question, processor.buttons) or {}
    if picked.get("intent") in processor.domain.intents:
        return choices.as_parse(picked, question.text)
    text = _readable(picked.get("text", question.text[:LONGEST]))
    if not any(character.isalnum() for character in text):
        no_words = {"name": NO_WORDS, "confidence": 1.0}
        return {"text": text, "intent": no_words, INTENT_RANKING_KEY: [], "entities": []}
    parse = await processor.parse_message(UserMessage(text))
    intent = parse["intent"]
    ranking = [{"name": each["name"], "confidence": each["confidence"]} for each in parse[INTENT_RANKING_KEY]]
    intent = {"name": intent["name"], "confidence": intent["confidence"]}
    return {**parse, "intent": intent, INTENT_RANKING_KEY: ranking}


def _readable(text: str) -> str:
    """Without control characters, and without a slash in front: `/intent` is a door of Rasa's own."""
    printable = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)
    return printable.strip().lstrip("/ ")


def _outcome(turn: Turn) -> DialogueStateTracker:
    """The dialogue as Rasa left it, unless anything went wrong, which Rasa only logs."""
    if turn.failures:
        raise BrainFailed("; ".join(turn.failures))
    tracker = turn.result
    if tracker is None or tracker.latest_action_name != ACTION_LISTEN_NAME:
        raise BrainFailed("the rules came to no end")
    if not (turn.messages or turn.handoff or turn.silent):
        raise BrainFailed("no rule says anything here")
    return tracker


def _next_state(turn: Turn, tracker: DialogueStateTracker) -> State | None:
    clarifying = any(action["name"] == CLARIFY for action in turn.actions)
    state = turn.dialogue.state(tracker, clarifying=clarifying, handed_over=turn.handoff is not None)
    if turn.choices and not turn.handoff:
        state["choices"] = turn.choices
    return state if len(state) > 1 else None


def _entity(entity: dict[str, Any]) -> dict[str, Any]:
    return {key: entity[key] for key in ("entity", "value", "start", "end") if key in entity}
