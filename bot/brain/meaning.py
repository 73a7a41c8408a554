"""For trainers: which intent the rules in stories/ see; the record keeps what the classifier said.

These intents are the brain's own; a rule in stories/flows/ says what follows each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from bot.brain import afterwards, articles, choices, memory
from bot.brain.actions.order_answers import fact_asked
from bot.brain.components.details import DETAIL
from bot.brain.components.feelings import ANGER, FEELING
from bot.brain.components.sensitive import SENSITIVE
from bot.brain.components.threshold import ASK_BACK_THRESHOLD, GIBBERISH, THRESHOLD

ANGRY = "angry"
DOUBT = "nlu_fallback"
NOT_UNDERSTOOD = "not_understood"
REPEATED = "repeated"

AFFIRM = "affirm"
NONE_OF_THESE = "none_of_these"
NOT_HELPFUL = "not_helpful"
OUT_OF_SCOPE = "out_of_scope"
REPEAT = "repeat"
LIKELIER_THAN_NOT = 0.5
# From which confidence on a message asks for a detail: when it is likelier than not; where it has an answer
# without, as "how long?" has; and where that is to another question, or it may answer a form's.
LIKELY_A_DETAIL, SURELY_A_DETAIL, CERTAINLY_A_DETAIL = 0.5, 0.8, 0.97
ORDER_NUMBER = "order_number"
LOOK_UP = "order_status"
INFORM_NUMBER = "inform_order_number"
ORDERS_SHOWN = "orders_shown"
ORDER_TOPICS = {LOOK_UP, "cancel_order"}
LOOKED_UP_IF_NUMBERED = {LOOK_UP, INFORM_NUMBER, "delivery_time"}

Parse = dict[str, Any]


@dataclass(frozen=True)
class Meanings:
    """What stories/domain/ says of the intents, beside their names."""

    titled: Set[str]  # ask for something; what the bot can ask back about
    follow_ups: Mapping[str, Mapping[str, str]]  # by the intent answered last: heard, meant
    in_doubt: Mapping[str, Mapping[str, str]]  # the same, for what is not surely heard
    continued: Mapping[
        str, Set[str]
    ]  # the same: what has an answer of its own then, `utter_<heard>_<answered>`
    offered: Mapping[str, Set[str]]  # by intent: the choices below its answer

    @classmethod
    def of(cls, domain: dict[str, Any]) -> Meanings:
        follow_ups, in_doubt = (choices.by_intent(domain, key) for key in ("follow_ups", "in_doubt"))
        return cls(
            frozenset(choices.titles(domain)),
            follow_ups,
            in_doubt,
            choices.continued(domain),
            choices.offered(domain),
        )


@dataclass(frozen=True)
class Heard:
    """A message as it was parsed, and what it was said into."""

    parse: Parse
    picked: bool  # one of the choices offered, so nothing had to be guessed
    in_form: bool
    state: dict[str, Any]
    known: Meanings

    @property
    def intent(self) -> str:
        return self.parse["intent"]["name"]

    def reaches(self, threshold: str) -> bool:
        return self.picked or self.parse["intent"]["confidence"] >= self.parse.get(threshold, 0.0)


def for_policies(heard: Heard) -> Parse:
    """The parse with the intent that the rules are to follow: what the first of RULES decides, or its own."""
    name = next((intent for rule in RULES if (intent := rule(heard))), heard.intent)
    if name == heard.intent:
        return heard.parse
    return {**heard.parse, "intent": {"name": name, "confidence": 1.0}}


def _sensitive(heard: Heard) -> str | None:
    """A subject that is not for a bot (intents/sensitive.yml)."""
    subject = heard.parse.get(SENSITIVE)
    return f"sensitive_{subject}" if subject else None


def _angry(heard: Heard) -> str | None:
    """Anger over its threshold (intents/feelings.yml), whatever the message is about."""
    return ANGRY if heard.parse.get(FEELING, {}).get("name") == ANGER else None


def _numbered(heard: Heard) -> str | None:
    """With an order's number in it, a doubt, a courtesy or a question about time is about that order."""
    if not any(entity["entity"] == ORDER_NUMBER for entity in heard.parse["entities"]):
        return None
    vague = not heard.reaches(THRESHOLD) or (heard.intent not in heard.known.titled and not heard.in_form)
    return LOOK_UP if vague or heard.intent in LOOKED_UP_IF_NUMBERED else None


def _next_step(heard: Heard) -> str | None:
    """After a fault, or a visit or call that was booked: what is to become of it (afterwards.py)."""
    if heard.picked or heard.in_form:
        return None
    topic, text = memory.topic(heard.state) or "", heard.parse["text"]
    booked = topic in afterwards.BOOKINGS and bool(heard.state.get("slots", {}).get("booked"))
    if booked and (meant := afterwards.surely_of_the_booking(text)):
        return meant
    if heard.reaches(THRESHOLD) and heard.intent in heard.known.titled - afterwards.BOOKINGS:
        return None
    return afterwards.of_the_booking(text) if booked else afterwards.of_the_fault(text, topic)


def _about_an_order_shown(heard: Heard) -> str | None:
    """Which of them is meant ("the earbuds one"); or one fact of it, when no other meaning is sure."""
    shown = heard.state.get("slots", {}).get(ORDERS_SHOWN)
    if not shown or memory.topic(heard.state) not in ORDER_TOPICS or heard.picked or heard.in_form:
        return None
    asks = fact_asked(heard.parse["text"]) and not heard.reaches(THRESHOLD)
    return LOOK_UP if asks or articles.picked(heard.parse["text"], shown) else None


def _agrees(heard: Heard) -> str | None:
    """Yes, said when the bot asked back about one meaning."""
    offered = [choice.get("intent", "") for choice in heard.state.get("choices", [])]
    asked_back = offered[1:] == [NONE_OF_THESE] and heard.intent == AFFIRM
    return offered[0] if asked_back and heard.reaches(THRESHOLD) else None


def _asks_detail(heard: Heard) -> str | None:
    """A question about the answer just given that stories/details/ knows: a detail, or what it means."""
    detail = heard.parse.get(DETAIL)
    if not detail or detail["confidence"] < _enough_for_a_detail(heard, detail["topic"]):
        return None
    meant = heard.reaches(THRESHOLD) and heard.intent in heard.known.follow_ups.get(detail["topic"], {})
    return None if meant else detail.get("means", DETAIL)


def _enough_for_a_detail(heard: Heard, topic: str) -> float:
    if heard.in_form:
        return CERTAINLY_A_DETAIL
    if not heard.reaches(THRESHOLD):
        return SURELY_A_DETAIL if heard.intent in heard.known.continued.get(topic, ()) else LIKELY_A_DETAIL
    if heard.intent == topic:  # what was said already had better not be said again
        return LIKELY_A_DETAIL if memory.times(heard.state, topic) else SURELY_A_DETAIL
    return CERTAINLY_A_DETAIL if heard.intent in heard.known.titled else SURELY_A_DETAIL


def _follows_up(heard: Heard) -> str | None:
    """Said of the answer just given ("cancel it"): what the intent that was answered makes of it."""
    if heard.picked or heard.in_form or not heard.reaches(ASK_BACK_THRESHOLD):
        return None
    topic = memory.topic(heard.state) or ""
    meant = heard.known.follow_ups.get(topic, {})
    if not heard.reaches(THRESHOLD):
        same = {name: name for name in heard.known.continued.get(topic, ())}
        meant = {**same, **heard.known.in_doubt.get(topic, {}), **meant}
    return meant.get(heard.intent)


def _unsure(heard: Heard) -> str | None:
    """Under one threshold the bot asks back, under both it gives up; a form looks at the words itself.

    What has no title cannot be asked about: then it has to be likelier than not. That it is none of the
    company's business is soon said, and harms nobody.
    """
    if heard.reaches(THRESHOLD):
        return None
    if heard.in_form:
        return DOUBT
    if not heard.reaches(ASK_BACK_THRESHOLD) or heard.parse.get(GIBBERISH):
        return NOT_UNDERSTOOD
    if heard.intent in heard.known.titled:
        return None if _answers_both(heard) else DOUBT
    likely = heard.parse["intent"]["confidence"] > LIKELIER_THAN_NOT
    return None if likely or heard.intent == OUT_OF_SCOPE else NOT_UNDERSTOOD


def _answers_both(heard: Heard) -> bool:
    """The doubt is between an answer and a choice below it: the answer serves either."""
    first, *others = heard.parse["intent_ranking"][:2]
    below = heard.known.offered.get(first["name"], frozenset())
    together = first["confidence"] + sum(each["confidence"] for each in others if each["name"] in below)
    return together >= heard.parse.get(THRESHOLD, 0.0)


def _unhelped(heard: Heard) -> str | None:
    """It did not help, said of an answer that offers this as a choice, or said before."""
    if heard.intent != NOT_HELPFUL:
        return None
    offered = any(choice.get("intent") == NOT_HELPFUL for choice in heard.state.get("choices", []))
    return REPEATED if offered or memory.times(heard.state, NOT_HELPFUL) else None


def _say_again(heard: Heard) -> str | None:
    """Say that again: the last question is answered once more."""
    return memory.newest(heard.state) if heard.intent == REPEAT and heard.reaches(THRESHOLD) else None


def _asked_again(heard: Heard) -> str | None:
    """The same question for the third time, and nothing new in it."""
    if heard.picked or heard.parse["entities"]:
        return None
    return REPEATED if memory.times(heard.state, heard.intent) >= memory.PATIENCE else None


RULES: list[Callable[[Heard], str | None]] = [
    _sensitive,
    _angry,
    _numbered,
    _next_step,
    _about_an_order_shown,
    _agrees,
    _asks_detail,
    _follows_up,
    _unsure,
    _say_again,
    _unhelped,
    _asked_again,
]
