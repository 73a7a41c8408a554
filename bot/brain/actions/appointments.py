"""For customers: a technician's visit, and a call back at a time that suits."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import Any, ClassVar

from bot.brain import when
from bot.brain.actions.asked import AT_HOME, CALL_WINDOW, COST, HOW_LONG, VISIT_COST, WHO_CALLS
from bot.brain.actions.business import Refused, look_up, make_sense_of, make_sense_of_all, order_done
from bot.brain.actions.forms import FOLLOW_UPS, AfterForm, Confirmed, Field, Form, Questions
from bot.brain.actions.proof import Phone, phone_in, proven_phone
from bot.brain.actions.talk import DOUBT, LONG, REQUESTED, Talk, excerpt, masked
from bot.brain.actions.told import BROKEN, DEVICE, address_in, is_address_only, other_fault

EXCERPT = 240  # bytes of what customers tell
MOST_CHOICES = 6
SURELY_FAULTS = {"broadband_fault", "network_fault", "device_repair"}
FAULTS = frozenset({"repair_visit", "broadband_fault", "network_fault", "device_repair", "wifi_setup"})
SOON = re.compile(
    r"尽快|越快越好|最早|现在|马上|立刻|随时|都行|都可以"
    r"|\b(?:asap|as soon as|now|any ?time|whenever|earliest)\b",
    re.IGNORECASE,
)
LATER = re.compile(r"下个?(?:周|星期|礼拜|月)|\bnext (?:week|month)\b", re.IGNORECASE)  # than is ever offered
UNSUITED = re.compile(r"不|没|\bnot?\b|n.t\b", re.IGNORECASE)
BOOKED, BOOKED_TIME = "booked", "booked_time"  # visit or callback: what was booked last
NOTED = {"place", "visit_time", "time_wish"}
SURPLUS = {
    "affirm",
    "deny",
    "stop",
    "cancel_it",
    "correct_form",
    "greet",
    "thanks",
    "goodbye",
    "fill_form",
    *FOLLOW_UPS,
}


class Words(Field):
    """What happened, in the customer's own words. Nearly anything is an answer."""

    free = True

    def __init__(self, *, least: int) -> None:
        """`least` units make an answer."""
        self._least = least

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        if not asked or talk.intent in SURPLUS or talk.units() < self._least:
            return None
        return excerpt(talk.said, EXCERPT)

    def is_attempt(self, talk: Talk) -> bool:
        return talk.intent not in SURPLUS and not talk.is_question()


class What(Words):
    """What is broken."""

    slot = "fault"
    words = r"故障|问题|坏|fault|problem|broken"

    def __init__(self) -> None:
        super().__init__(least=2)

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        """Told with the wish for a visit or later, too, if it says what is wrong."""
        is_one = talk.intent in SURELY_FAULTS or BROKEN.search(talk.text)
        if is_address_only(talk.text) or _is_time_only(talk) or (talk.is_question() and not is_one):
            return None
        if asked:
            return await super().read(talk, asked=True)
        if talk[self.slot] and (other := other_fault(talk.said)) and _is_about_nothing_else(talk):
            return excerpt(other, EXCERPT)
        about_it = talk.intent in FAULTS | DOUBT and BROKEN.search(talk.text)
        return excerpt(talk.said, EXCERPT) if about_it else None

    async def guess(self, talk: Talk) -> Any:
        """What was told before a technician was asked for."""
        if talk[REQUESTED] or not talk["fault_told"]:
            return None
        talk.say("utter_visit_for_fault", fault=talk["fault_told"])
        return talk["fault_told"]

    async def handle(self, talk: Talk) -> bool:
        return note_time(talk)

    async def ask(self, talk: Talk) -> None:
        """Whoever answers another question first is not asked as if nothing had been said."""
        noted = talk[REQUESTED] and any(event.get("name") in NOTED for event in talk.events)
        talk.say("utter_question_fault_next" if noted else "utter_question_fault")

    async def remind(self, talk: Talk) -> None:
        talk.say("utter_remind_fault")


class Place(Field):
    """Where to go: an address, or a number whose address is known."""

    slot = "place"
    free = True
    words = r"地址|电话|号码|address|phone|number|place"

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        if talk.is_question() and talk.is_aside(FAULTS, has_answer=False):
            return None
        if phone := phone_in(talk.text):
            return phone
        address = address_in(talk.said, asked=asked and talk.units() >= 3)
        return excerpt(address, EXCERPT) if address else None

    async def guess(self, talk: Talk) -> Any:
        return proven_phone(talk)

    async def remind(self, talk: Talk) -> None:
        talk.say("utter_remind_place")

    async def handle(self, talk: Talk) -> bool:
        return note_time(talk)


class Time(Field, ABC):
    """A day and a part of it, one of those that are free."""

    words = r"时间|改天|日子|time|day|date|when"
    before: ClassVar[str | None] = None  # the slot of a time that half a time changes, if not its own

    @abstractmethod
    async def free_times(self, talk: Talk) -> list[str]:
        """ "2026-11-28 morning" and the like, from the earliest on."""

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        told = time_told(talk, self.before or self.slot)
        agreed = not told and asked and talk.intent == "affirm"  # to the part of the day that was said before
        told = talk["time_wish"] if agreed else told
        if not told or not (asked or "?" not in told):
            return None
        fitting = [time for time in await self.free_times(talk) if _fits(time, told)]
        any_will_do = agreed or told == "? ?"
        time = fitting[0] if fitting and (any_will_do or len(fitting) == 1) else None
        return None if time == talk[self.slot] else time  # said once more, it is no correction

    async def handle(self, talk: Talk) -> bool:
        """Half a time is no mistake: the choices get fewer."""
        return note_time(talk)

    async def ask(self, talk: Talk) -> None:
        free = await self.free_times(talk)
        if not free:
            talk.hand_over("form_failed", "utter_no_times")
            return
        wish = talk["time_wish"]
        fitting = [time for time in free if wish and _fits(time, wish)]
        chips = [_chip(talk, time) for time in (fitting or free)[:MOST_CHOICES]]
        response = f"utter_question_{self.slot}" if fitting or not wish else "utter_time_not_offered"
        if wish and not fitting:
            talk.remember("time_wish", None)
        talk.say(response, buttons=chips)

    async def ask_again(self, talk: Talk) -> None:
        await self.ask(talk)


class VisitTime(Time):
    slot = "visit_time"
    questions: ClassVar[Questions] = {CALL_WINDOW: "utter_visit_window"}

    async def free_times(self, talk: Talk) -> list[str]:
        answer = await look_up(talk.tracker, "/visits/free", "free_visits")
        return [f"{each['day']} {each['part']}" for each in make_sense_of_all(answer, "day", "part")]


class CallTime(Time):
    slot = "call_time"
    questions: ClassVar[Questions] = {CALL_WINDOW: "utter_call_window"}

    async def free_times(self, talk: Talk) -> list[str]:
        """What is left of today, and all of the next two days."""
        now = when.now()
        left = [part for part, (_, until) in when.HOURS.items() if f"{now:%H:%M}" < until]
        today = [f"{now.date()} {part}" for part in left]
        later = [f"{now.date() + timedelta(days=days)} {part}" for days in (1, 2) for part in when.HOURS]
        return [*today, *later]


class VisitConfirmed(Confirmed):
    async def read(self, talk: Talk, *, asked: bool) -> Any:
        """Also a likely yes that says the time once more."""
        again = (
            asked and talk.likeliest == "affirm" and time_told(talk, VisitTime.slot) == talk[VisitTime.slot]
        )
        return again or await super().read(talk, asked=asked)

    async def handle(self, talk: Talk) -> bool:
        """This time does not suit, or another is not offered: the choices are shown once more."""
        told, chosen = time_told(talk, VisitTime.slot), talk[VisitTime.slot]
        if told and (told != chosen or UNSUITED.search(talk.text)):
            talk.remember(VisitTime.slot, None)
            talk.remember("time_wish", told if told != chosen else None)
        return bool(told)


class ValidateRepairForm(Form):
    form = "repair_form"
    own = FAULTS
    questions: ClassVar[Questions] = {
        VISIT_COST: "utter_how_much_repair_visit",
        COST: "utter_how_much_repair_visit",
        HOW_LONG: "utter_how_long_repair_visit",
        AT_HOME: "utter_visit_at_home",
    }

    def fields(self, talk: Talk) -> list[Field]:
        visit = talk["visit_time"]
        values = {"visit_when": spoken(talk, visit) if visit else "", "visit_place": _shown(talk["place"])}
        values["fault"] = talk["fault"]  # the slot in a response is as it was before this message
        return [What(), Place(), VisitTime(), VisitConfirmed("utter_question_visit", **values)]


class BookVisit(AfterForm):
    def name(self) -> str:
        return "action_book_visit"

    async def do(self, talk: Talk) -> None:
        day, part = talk["visit_time"].split()
        body = {"place": talk["place"], "what": talk["fault"], "day": day, "part": part}
        try:
            answer = await order_done(talk.tracker, "/visits", self.name(), body)
        except Refused:
            talk.hand_over("form_failed", "utter_no_times")
            return
        number = make_sense_of(answer, "number")["number"]
        talk.remember("visit_number", number)
        talk.remember(BOOKED, "visit")
        talk.remember(BOOKED_TIME, talk["visit_time"])
        talk.say("utter_visit_booked", visit_when=spoken(talk, talk["visit_time"]), visit_number=number)


class ValidateCallbackForm(Form):
    form = "callback_form"
    own = frozenset({"callback"})
    questions: ClassVar[Questions] = {COST: "utter_how_much_callback", WHO_CALLS: "utter_who_calls"}

    def fields(self, talk: Talk) -> list[Field]:
        return [CallbackPhone("callback"), CallTime()]


class CallbackPhone(Phone):
    async def read(self, talk: Talk, *, asked: bool) -> Any:
        """No code comes to it, so one that takes another's place is said back."""
        phone, before = await super().read(talk, asked=asked), talk[self.slot]
        if phone and before and phone != before:
            talk.say("utter_phone_corrected", phone_masked=masked(phone))
        return phone

    async def remind(self, talk: Talk) -> None:
        talk.say("utter_remind_phone_callback")


class BookCallback(AfterForm):
    def name(self) -> str:
        return "action_book_callback"

    async def do(self, talk: Talk) -> None:
        day, part = talk["call_time"].split()
        body = {"phone": talk["phone"], "day": day, "part": part}
        answer = await order_done(talk.tracker, "/callbacks", self.name(), body)
        number = make_sense_of(answer, "number")["number"]
        talk.remember("callback_number", number)
        talk.remember(BOOKED, "callback")
        talk.remember(BOOKED_TIME, talk["call_time"])
        values = {"phone_masked": masked(talk["phone"]), "call_when": spoken(talk, talk["call_time"])}
        talk.say("utter_callback_booked", **values, callback_number=number)


def time_told(talk: Talk, slot: str | None = None) -> str | None:
    """ "2026-11-26 ?" for "tomorrow"; what is missing is taken from what was said or chosen before."""
    if chosen := talk.entity("time"):
        return chosen
    address = address_in(talk.said, asked=False) or ""  # number 12 is no 12th of the month
    told = when.read(talk.said.replace(address, ""), when.now().date())
    if told is None:
        return "? ?" if SOON.search(talk.text) else "later ?" if LATER.search(talk.text) else None
    day, part = str(told).split()
    before = (talk["time_wish"] or (slot and talk[slot]) or "? ?").split()
    return f"{before[0] if day == '?' else day} {before[1] if part == '?' else part}"


def note_time(talk: Talk) -> bool:
    """Keep as much of a time as was said; whether there was any."""
    told = time_told(talk)
    if told:
        talk.remember("time_wish", told)
    return bool(told)


def _is_time_only(talk: Talk) -> bool:
    """Whether it says when, and not what."""
    told = time_told(talk)
    about = talk.likeliest in FAULTS or BROKEN.search(talk.text) or DEVICE.search(talk.text)
    return bool(told) and "?" not in str(told) and not about and talk.units() <= LONG


def _is_about_nothing_else(talk: Talk) -> bool:
    return not (phone_in(talk.text) or address_in(talk.said, asked=False) or time_told(talk))


def _fits(time: str, told: str) -> bool:
    return all(each in {"?", mine} for mine, each in zip(time.split(), told.split(), strict=True))


def spoken(talk: Talk, time: str) -> str:
    day, part = time.split()
    return when.spoken(day, part, talk.language)


def _shown(place: str | None) -> str:
    return masked(place) if place and phone_in(place) == place else place or ""


def _chip(talk: Talk, time: str) -> dict[str, str]:
    return {"title": spoken(talk, time), "payload": f"/fill_form{json.dumps({'time': time})}"}
