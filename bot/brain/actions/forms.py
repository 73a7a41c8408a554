"""For customers: how the bot asks for several things, one at a time, and lets itself be interrupted.

A message while a form is open is, in this order: a wish that it go on; a question about what it asks or
does; an answer to what is asked, or to any other of the form's questions (a correction); a refusal; an
attempt at an answer, after three of which a person is called; or nothing of the form's, which the rules in
stories/ answer before the form asks again, shortly.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from bot.brain.actions.asked import GO_ON, HURRY, NO_NEED, TEDIOUS
from bot.brain.actions.business import BusinessSilent, Refused
from bot.brain.actions.talk import DOUBT, FORM_OVER, NEUTRAL, REQUESTED, Talk

ATTEMPTS = "form_attempts"
MOST_ATTEMPTS = 3
FOLLOW_UPS = {"how_long", "how_much", "what_to_bring", "where_to_go"}
# said in a form, these are never an answer: the rules have the word
NEVER_AN_ANSWER = {
    "human",
    "angry",
    "repeated",
    "repeat",
    "none_of_these",
    "no_words",
    "bot_identity",
}
SENSITIVE = "sensitive_"
STOPS = {"stop", "deny", "cancel_it"}

Questions = dict[re.Pattern[str], str]  # in which words they are asked, and the response that answers them
IMPATIENCE: Questions = {TEDIOUS: "utter_sorry_to_ask", HURRY: "utter_nearly_done"}


class Field(ABC):
    """One thing that a form asks for. It stands in `slot`; responses are named after it.

    Not `utter_ask_<slot>`: Rasa would ask a second time.
    """

    slot: ClassVar[str]
    words: ClassVar[str] = "(?!)"  # what customers call it when they want to change it
    failed: ClassVar[str] = "utter_form_failed"  # said after three attempts
    free: ClassVar[bool] = False  # any words may be the answer: `read` itself tells what is an aside
    questions: ClassVar[Questions] = {}  # that customers have when they are asked for it
    own: ClassVar[frozenset[str]] = frozenset()  # besides the form's

    @abstractmethod
    async def read(self, talk: Talk, *, asked: bool) -> Any:
        """The value that the message gives, or None. `asked`: the message may be the answer to this."""

    async def guess(self, talk: Talk) -> Any:
        """A value known without asking, or None."""
        return None

    async def ask(self, talk: Talk) -> None:
        talk.say(f"utter_question_{self.slot}")

    async def remind(self, talk: Talk) -> None:
        """Shortly, when something else has come in between."""
        await self.ask(talk)

    async def ask_again(self, talk: Talk) -> None:
        """After an answer that was none."""
        talk.say(f"utter_invalid_{self.slot}")

    def is_attempt(self, talk: Talk) -> bool:
        """Whether the message was meant as an answer, though it is none."""
        return talk.is_lost() and not talk.is_question()

    async def handle(self, talk: Talk) -> bool:
        """Whether the message is no answer, but moves the form on in another way."""
        return False


class Form(Action, ABC):
    """Rasa calls it as `validate_<form>` for each message that the form may understand."""

    form: ClassVar[str]
    own: ClassVar[frozenset[str]] = frozenset()  # intents that are about what the form is about
    stopped_by: ClassVar[frozenset[str]] = frozenset()  # besides a "stop" and a "no"
    questions: ClassVar[Questions] = {}  # that customers have at any time

    def name(self) -> str:
        return f"validate_{self.form}"

    @abstractmethod
    def fields(self, talk: Talk) -> list[Field]:
        """What is to be asked, as far as one can tell by now."""

    def opens(self, talk: Talk) -> None:
        """Look at the message that has opened the form."""

    def turns(self, talk: Talk) -> None:
        """Look at a message in between, which may be about another matter that the same form is for."""

    async def check(self, talk: Talk) -> None:
        """Nothing is missing: look whether it will do, or else say so and take back what will not."""

    def is_needless(self, talk: Talk) -> bool:
        """Whether the customer says, with or without a reason, that there is no need any more."""
        return bool(NO_NEED.search(talk.text)) and not _is_never_an_answer(talk.intent)

    async def stops(self, talk: Talk) -> None:
        """The customer wants no more of it."""
        talk.say("utter_form_cancelled")
        talk.leave()

    async def fails(self, talk: Talk, asked: Field) -> None:
        """So many answers were none."""
        talk.hand_over("form_failed", asked.failed)

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        talk = Talk(dispatcher, tracker)
        try:
            await self._hear(talk)
        except BusinessSilent:
            talk.hand_over("lookup_failed", "utter_lookup_failed")
        return talk.events

    async def _hear(self, talk: Talk) -> None:
        asked = next((field for field in self.fields(talk) if field.slot == talk[REQUESTED]), None)
        refused_by = _refused_by(talk)
        if asked is None or (refused_by and self.form not in refused_by):
            await self._open(talk)
        elif refused_by:
            await self._come_back(talk, asked)
            return
        elif await self._spurs(talk, asked):
            return
        elif talk.intent in self.stopped_by or self.is_needless(talk):
            await self.stops(talk)
        elif talk.intent == "repeat" and await asked.handle(talk):
            talk.remember(ATTEMPTS, None)  # "send it again" means the code, not the words
        elif _is_never_an_answer(talk.intent) or not await self._is_for_the_form(talk, asked):
            talk.events.clear()  # Rasa's sign that the message is not for the form
            return
        if not talk[FORM_OVER]:
            await self._go_on(talk)

    async def _open(self, talk: Talk) -> None:
        talk.turned = bool(_refused_by(talk))
        talk.remember(FORM_OVER, None)
        talk.remember(ATTEMPTS, None)
        self.opens(talk)
        await self._read(talk, None)

    async def _spurs(self, talk: Talk, asked: Field) -> bool:
        """Whether the customer only wants it to go on, kindly or not: so the question is asked once more."""
        if talk.is_choice or _is_never_an_answer(talk.intent):
            return False
        heard = next((response for words, response in IMPATIENCE.items() if words.search(talk.text)), None)
        if heard:
            talk.say(heard)
        elif asked.slot == CONFIRMED or not GO_ON.search(talk.text):
            return False
        talk.remember(ATTEMPTS, talk[ATTEMPTS])  # Rasa's sign that the message is for the form
        await asked.remind(talk)
        if not talk.over:
            talk.remember(REQUESTED, asked.slot)
        return True

    async def _is_for_the_form(self, talk: Talk, asked: Field) -> bool:
        self.turns(talk)
        aside = talk.is_aside(self.own | asked.own, has_answer=True) and not asked.free
        if answer := self._answer(talk, asked):
            talk.say(answer)
            talk.has_answered = True
            talk.remember(ATTEMPTS, None)
            await self._read(talk, None)
        elif await self._read(talk, asked) or (not aside and await asked.handle(talk)):
            talk.remember(ATTEMPTS, None)
        elif talk.intent in STOPS - self.own or talk.means_one_of(STOPS - self.own):
            await self.stops(talk)
        elif talk.intent == "correct_form":
            self._take_back(talk, asked)
        elif asked.is_attempt(talk):
            talk.remember(ATTEMPTS, (talk[ATTEMPTS] or 0) + 1)
            if talk[ATTEMPTS] >= MOST_ATTEMPTS:
                await self.fails(talk, asked)
        elif talk.intent in {"affirm", *self.own}:
            talk.remember(ATTEMPTS, talk[ATTEMPTS])
        else:
            return False
        return True

    def _answer(self, talk: Talk, asked: Field) -> str | None:
        """The response to a question about what is asked, or about what the form is for."""
        questions = {**asked.questions, **self.questions}
        return next((answer for words, answer in questions.items() if words.search(talk.text)), None)

    async def _read(self, talk: Talk, asked: Field | None) -> bool:
        """Whether anything of the form's was in the message; a second value takes the first one's place."""
        others = [field for field in self.fields(talk) if field is not asked and field.slot != CONFIRMED]
        read = any([await self._take(talk, field, asked=False) for field in others])
        if asked is None or (read and asked.slot == CONFIRMED):
            return read  # "yes, but Saturday" is no yes yet
        return await self._take(talk, asked, asked=True) or read

    async def _take(self, talk: Talk, field: Field, *, asked: bool) -> bool:
        value = await field.read(talk, asked=asked)
        if value is None or (not field.free and talk.is_aside(self.own, has_answer=True)):
            return False
        talk.remember(field.slot, value)
        return True

    def _take_back(self, talk: Talk, asked: Field) -> None:
        """What the customer names, or else what was given last, is asked for again."""
        before = [field for field in self.fields(talk) if talk[field.slot] is not None]
        named = [field for field in before if re.search(field.words, talk.text, re.IGNORECASE)]
        for field in (named or before)[-1:]:
            talk.remember(field.slot, None)
        talk.remember(ATTEMPTS, None)

    async def _go_on(self, talk: Talk) -> None:
        for field in self.fields(talk):
            if talk[field.slot] is None and (value := await field.guess(talk)) is not None:
                talk.remember(field.slot, value)
        missing = self._missing(talk)
        if missing and not talk.has_asked:
            shortly = talk.has_answered and missing.slot == talk[REQUESTED]
            await (missing.ask_again if talk[ATTEMPTS] else missing.remind if shortly else missing.ask)(talk)
            missing = self._missing(talk)  # perhaps asking has shown that an earlier answer will not do
        elif not missing:
            await self.check(talk)
            missing = self._missing(talk)
        if not talk.over:
            talk.remember(REQUESTED, missing.slot if missing else None)

    def _missing(self, talk: Talk) -> Field | None:
        return next((field for field in self.fields(talk) if talk[field.slot] is None), None)

    async def _come_back(self, talk: Talk, asked: Field) -> None:
        """A question in between has been answered."""
        if not any(event.get("name") == "action_clarify" for event in talk.since()):
            await asked.remind(talk)
        if not talk.over:
            talk.remember(REQUESTED, asked.slot)


class AfterForm(Action, ABC):
    """What a form was for, done when all is known; nothing when the form has ended without."""

    @abstractmethod
    async def do(self, talk: Talk) -> None:
        """Do it and tell."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        talk = Talk(dispatcher, tracker)
        if talk[FORM_OVER]:
            return []
        try:
            await self.do(talk)
        except (BusinessSilent, Refused):
            talk.hand_over("lookup_failed", "utter_lookup_failed")
        return [event for event in talk.events if event.get("name") != REQUESTED]


CONFIRMED = "confirmed"


class Confirmed(Field):
    """Yes, do it. `form` says what `it` is."""

    slot = CONFIRMED

    def __init__(self, response: str, **values: Any) -> None:
        self._response, self._values = response, values

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        return True if asked and (talk.intent == "affirm" or GO_ON.search(talk.text)) else None

    async def ask(self, talk: Talk) -> None:
        talk.say(self._response, **self._values)

    async def ask_again(self, talk: Talk) -> None:
        await self.ask(talk)

    def is_attempt(self, talk: Talk) -> bool:
        return talk.intent in DOUBT and not talk.is_question()


def _is_never_an_answer(intent: str) -> bool:
    return intent in NEVER_AN_ANSWER or intent.startswith(SENSITIVE)


def _refused_by(talk: Talk) -> set[str]:
    """The form that the message was not for, if one was open."""
    return {event["name"] for event in talk.since() if event["event"] == "action_execution_rejected"}


def has_digits(talk: Talk, least: int) -> bool:
    """For fields that are numbers: so many digits, and no other matter, are an attempt."""
    digits = sum(character.isdigit() for character in talk.text)
    return (talk.is_lost() and not talk.is_question()) or (digits >= least and talk.intent in NEUTRAL)
