"""For actions: one message of a customer as they see it, and what they say and remember of it."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Set
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.brain import when
from bot.brain.components.threshold import THRESHOLD

REQUESTED = "requested_slot"
FORM_OVER = "form_over"  # true when a form has ended without having all it asked for
DOUBT = {"nlu_fallback", "not_understood"}
# neither a matter of their own nor in the way of an answer
YES_OR_NO = {"affirm", "deny", "stop", "cancel_it", "correct_form", "greet", "thanks"}
NEUTRAL = {*DOUBT, *YES_OR_NO, "inform_order_number", "fill_form", "detail"}
QUESTION = re.compile(
    r"[?？]\s*$|吗|呢[。！!]?$|什么|怎么|多少|多久|多长时间|几[点号]|哪|如何|干嘛|(?<![不没])([\u4e00-\u9fff])[不没]\1|可不可以|先问|问一下|问个"
    r"|\b(?:what|how|which|when|where|why|who|can i|could i|do you|does|is there|are there|question)\b"
    r"|^(?:is|are|do|will|would|must|should|can|could|may) ",
    re.IGNORECASE,
)
CORRECTION = re.compile(
    r"不对|不是|改|错|\b(?:sorry|no|not|wrong|instead|rather|actually|meant|change)\b", re.IGNORECASE
)
UNIT = re.compile(r"[\u4e00-\u9fff]|[a-z']+", re.IGNORECASE)
FAINT = 0.25
LONG = 6  # units: a Chinese character or an English word


class Talk:
    """Reads the customer's message; collects what to say (`say`) and to remember (`remember`)."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        self._dispatcher = dispatcher
        self.tracker = tracker
        self.said: str = (tracker.latest_message.get("text") or "").strip()  # to be said back
        self.text = unicodedata.normalize("NFKC", self.said)  # to be looked into
        self.intent: str = tracker.latest_message["intent"]["name"]
        self.language: str = tracker.get_slot("language")
        self.events: list[EventType] = []
        self.memo: dict[str, Any] = {}  # what has been looked up for this message
        self.over = False  # the form is, or a person takes over
        self.has_asked = False  # what was said is a question already
        self.has_answered = False  # a question of the customer's, so the form's own is put shortly
        self.turned = False  # to another matter, in the middle of a form

    @property
    def likeliest(self) -> str:
        """What the classifier takes the message for first, surely or not; a choice is not classified."""
        ranking = self.tracker.latest_message.get("intent_ranking") or [{"name": self.intent}]
        return str(ranking[0]["name"])

    @property
    def is_choice(self) -> bool:
        """A choice was picked, so nothing was classified."""
        return not self.tracker.latest_message.get("intent_ranking")

    def __getitem__(self, slot: str) -> Any:
        """A slot's value, as far as this action has come."""
        mine = (event["value"] for event in reversed(self.events) if event.get("name") == slot)
        return next(mine, self.tracker.get_slot(slot))

    def remember(self, slot: str, value: Any) -> None:
        self.events.append(SlotSet(slot, value))

    def say(self, response: str, buttons: Any = None, **values: Any) -> None:
        self._dispatcher.utter_message(response=response, buttons=buttons, **values)

    def hand_over(self, reason: str, response: str, **values: Any) -> None:
        """Say why, and give the conversation to a person; nothing that is said afterwards is heard."""
        self.say(response, **values)
        self.say(f"utter_handoff_{reason}")
        self.leave()

    def leave(self) -> None:
        """The form is over without having all it asked for."""
        self.remember(FORM_OVER, True)
        self.remember(REQUESTED, None)
        self.over = True

    def day(self, day: str, *, nearly: bool = False) -> str:
        """A date as the customer says it; `nearly`: perhaps tomorrow."""
        return when.day_in_words(day, self.language, when.now().date() if nearly else None)

    def entities(self, name: str) -> list[str]:
        """All values in the message, in the order of the text, each once."""
        found = self.tracker.latest_message.get("entities", [])
        return list(dict.fromkeys(str(each["value"]) for each in found if each["entity"] == name))

    def entity(self, name: str) -> str | None:
        return next(iter(self.entities(name)), None)

    def named(self, thing: dict[str, Any], field: str) -> Any:
        """`status` or `status_zh`, whichever the customer reads."""
        return thing.get(f"{field}_zh" if self.language == "zh" else field) or thing.get(field)

    def is_aside(self, own: frozenset[str], *, has_answer: bool) -> bool:
        """Whether the message surely is about something else than a form with these intents of its own.

        With an answer in it, a short one is the answer: "the Plus plan", but not "what's in the Plus plan?".
        """
        if self.intent in NEUTRAL | own:
            return False
        if not has_answer or self.is_question():
            return True
        return self.units() > LONG and not CORRECTION.search(self.text)

    def means_one_of(self, intents: Set[str]) -> bool:
        """Whether it surely is one of these, though not which: "nah, never mind" is a no or a stop."""
        parse = self.tracker.latest_message
        ranking = parse.get("intent_ranking") or []
        together = sum(each["confidence"] for each in ranking if each["name"] in intents)
        return self.intent in DOUBT and together >= parse.get(THRESHOLD, 1.0)

    def is_lost(self) -> bool:
        """Whether hardly any meaning fits, or hardly anything was said: in a form, a failed answer rather
        than another matter."""
        ranking = self.tracker.latest_message.get("intent_ranking") or [{"confidence": 1.0}]
        faint = ranking[0]["confidence"] < FAINT or self.likeliest in NEUTRAL
        return self.intent in DOUBT and (faint or self.units() <= 1)

    def is_question(self) -> bool:
        return bool(QUESTION.search(self.text))

    def units(self) -> int:
        return units(self.text)

    def since(self) -> list[dict[str, Any]]:
        """What has happened since the customer's message, the latest first."""
        events = reversed(self.tracker.events)
        return list(itertools.takewhile(lambda event: event["event"] != "user", events))


def units(text: str) -> int:
    """How much is said: Chinese characters and English words."""
    return len(UNIT.findall(text))


def excerpt(text: str, most: int) -> str:
    """So many bytes of the text: the state stays small, and an agent reads all of it in the thread."""
    return text.encode()[:most].decode(errors="ignore")


def masked(phone: str) -> str:
    """138****0001: enough to recognise one's own."""
    return f"{phone[:3]}****{phone[-4:]}"
