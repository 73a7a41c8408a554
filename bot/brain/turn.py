"""For the gateway: answers one message. All that is known of it lives in a `Turn`, and ends with it."""

from __future__ import annotations

import re
import time
import unicodedata
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT_RANKING_KEY

from bot.brain import choices, memory
from bot.brain.afterwards import FAULTS
from bot.brain.components.details import DETAIL, TOPIC
from bot.brain.components.feelings import FEELING
from bot.brain.errors import BrainFailed
from bot.brain.manner import begin_kindly
from bot.brain.meaning import INFORM_NUMBER, LOOK_UP, NOT_HELPFUL, Heard, for_policies
from bot.brain.question import Question
from bot.brain.state import Dialogue, State, visible_slots

if TYPE_CHECKING:
    from bot.brain.model import Processor

NO_WORDS = "no_words"
CLARIFY = "action_clarify"
ORDER_ANSWERED = "order_answered"
READY_MADE = (
    "utter_",
    "action_plan_info",
    "action_follow_up",
    "action_detail",
    "action_visit_status",
    ACTION_LISTEN_NAME,
)
BOOKED = {"action_book_visit": "repair_visit", "action_book_callback": "callback"}  # then it is the topic
# between a word and a phone number: "bill13800000001"
GLUED = re.compile(r"(?<=[^\W\d_])(?=1[3-9]\d{9}(?!\d))|(?<=(?<!\d)1[3-9]\d{9})(?=[^\W\d_])")
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
    heard = await _understand(turn, processor)
    parse, followed = heard.parse, for_policies(heard)
    await processor.handle_message(
        UserMessage(
            question.text[:LONGEST],
            Collector(turn),
            question.conversation,
            parse_data=followed,
            input_channel=question.channel,
            message_id=question.message_id,
        )
    )
    tracker = _outcome(turn)
    intent = followed["intent"]["name"]
    await begin_kindly(turn, heard, intent, processor)
    return {
        "messages": turn.messages,
        "state": _next_state(turn, tracker, _remembered(turn, tracker, heard, intent, processor)),
        "intent": parse["intent"],
        "ranking": parse[INTENT_RANKING_KEY],
        "detail": _detail(parse),
        "threshold": processor.threshold,
        "feeling": parse.get(FEELING),
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


async def _understand(turn: Turn, processor: Processor) -> Heard:
    """The message before any policy, as the choice it picks or as it is parsed."""
    question, in_form = turn.question, turn.dialogue.tracker.active_loop_name is not None
    picked = choices.pick(question, processor.buttons, processor.words) or {}
    if picked.get("intent") in processor.domain.intents:
        return Heard(
            choices.as_parse(picked, question.text), True, in_form, question.state, processor.meanings
        )
    text = _readable(picked.get("text", question.text[:LONGEST]))
    parse = await _parse(text, memory.topic(question.state), processor)
    return Heard(parse, False, in_form, question.state, processor.meanings)


async def _parse(text: str, topic: str | None, processor: Processor) -> dict[str, Any]:
    """Intent, ranking, entities; without a word there is nothing to classify, but an emoji may be angry."""
    words = any(character.isalnum() for character in text)
    symbols = any(unicodedata.category(character) == "So" for character in text)
    parse: dict[str, Any] = {"text": text}
    if words or symbols:
        parse = await processor.parse_message(UserMessage(text, metadata={TOPIC: topic}))
    if not words:
        no_words = {"name": NO_WORDS, "confidence": 1.0}
        return {**parse, "intent": no_words, INTENT_RANKING_KEY: [], "entities": []}
    intent = {key: parse["intent"][key] for key in ("name", "confidence")}
    ranking = [{"name": each["name"], "confidence": each["confidence"]} for each in parse[INTENT_RANKING_KEY]]
    return {**parse, "intent": intent, INTENT_RANKING_KEY: ranking}


def _readable(text: str) -> str:
    """Without control characters, and without a slash in front: `/intent` is a door of Rasa's own."""
    printable = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)
    return GLUED.sub(" ", printable).strip().lstrip("/ ")


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


def _next_state(turn: Turn, tracker: DialogueStateTracker, remembered: dict[str, Any]) -> State | None:
    clarifying = any(action["name"] == CLARIFY for action in turn.actions)
    state = turn.dialogue.state(tracker, clarifying=clarifying, handed_over=turn.handoff is not None)
    if not turn.handoff:
        state |= {key: value for key, value in remembered.items() if value}
    return state if len(state) > 1 else None


def _remembered(
    turn: Turn, tracker: DialogueStateTracker, heard: Heard, intent: str, processor: Processor
) -> dict[str, Any]:
    """What the next message may be about."""
    topic = next((BOOKED[action["name"]] for action in turn.actions if action["name"] in BOOKED), intent)
    if intent in {INFORM_NUMBER, LOOK_UP}:  # the number may be for something that was asked before
        topic = tracker.get_slot(ORDER_ANSWERED) or LOOK_UP
    own = {*processor.domain.form_names, ACTION_LISTEN_NAME}
    taken_by_form = heard.in_form and all(action["name"] in own for action in turn.actions)
    is_new = topic in processor.meanings.titled and not taken_by_form
    new = memory.talked_of(topic) if is_new else heard.state.get("topic")
    return {
        "choices": turn.choices,
        "asked": _asked(turn, heard, intent, processor),
        "topic": new,
        "fault": memory.broken(turn.question.text)
        if is_new and topic in FAULTS
        else heard.state.get("fault"),
    }


def _asked(turn: Turn, heard: Heard, intent: str, processor: Processor) -> memory.Asked:
    """A question that was answered with a response counts; what a form or an action says is not the same."""
    ready_made = all(action["name"].startswith(READY_MADE) for action in turn.actions)
    if not ready_made or intent not in processor.meanings.titled | {NOT_HELPFUL}:
        return heard.state.get("asked", [])
    return memory.remember(heard.state, intent, again=not heard.picked and not heard.parse["entities"])


def _detail(parse: dict[str, Any]) -> dict[str, Any] | None:
    """Which one was found likeliest, whether it was answered or not."""
    found = parse.get(DETAIL)
    return found and {"name": f"{found['topic']}/{found['name']}", "confidence": found["confidence"]}


def _entity(entity: dict[str, Any]) -> dict[str, Any]:
    return {key: entity[key] for key in ("entity", "value", "start", "end") if key in entity}
