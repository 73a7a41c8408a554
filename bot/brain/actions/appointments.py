"""For customers: a technician's visit, and a call back at a time that suits."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

from bot.brain import when
from bot.brain.actions.business import Refused, look_up, make_sense_of, make_sense_of_all, order_done
from bot.brain.actions.forms import AfterForm, Confirmed, Field, Form
from bot.brain.actions.proof import Phone, phone_in, proven_phone
from bot.brain.actions.talk import Talk, masked

EXCERPT = 240  # bytes of what customers tell
MOST_CHOICES = 6
FAULTS = frozenset({"repair_visit", "broadband_fault", "network_fault", "device_repair", "wifi_setup"})
AN_ADDRESS = re.compile(
    r"路|街|巷|弄|号|號|楼|室|村|镇|小区|大厦|\b(?:road|rd|street|st|avenue|ave|lane|building|floor|flat|apt|no)\b",
    re.IGNORECASE,
)
BROKEN = re.compile(
    r"坏|断|不亮|红灯|没网|连不上|上不了|掉线|漏|不能用|没反应"
    r"|broken|dead|red light|no (?:internet|signal|connection)|(?:not|n.t) work|drops|down\b",
    re.IGNORECASE,
)
SOON = re.compile(
    r"尽快|越快越好|现在|马上|立刻|随时|都行|都可以|\b(?:asap|as soon as|now|any ?time|whenever)\b",
    re.IGNORECASE,
)
SURPLUS = {"affirm", "deny", "stop", "cancel_it", "correct_form", "greet", "thanks", "goodbye", "fill_form"}


class Words(Field):
    """What happened, in the customer's own words. Nearly anything is an answer."""

    free = True

    def __init__(self, own: frozenset[str], *, least: int) -> None:
        """`own`: meanings that such words may have; `least` units make an answer."""
        self._own, self._least = own, least

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        if not asked or talk.intent in SURPLUS or talk.units() < self._least:
            return None
        if talk.is_question() and talk.is_aside(self._own, has_answer=False):
            return None
        return talk.excerpt(EXCERPT)

    def is_attempt(self, talk: Talk) -> bool:
        return talk.intent not in SURPLUS and not talk.is_question()


class What(Words):
    """What is broken."""

    slot = "fault"
    words = r"故障|问题|坏|fault|problem|broken"

    def __init__(self) -> None:
        super().__init__(FAULTS, least=2)

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        """Told with the wish for a visit, too, if it says what is wrong."""
        if asked:
            return await super().read(talk, asked=True)
        return talk.excerpt(EXCERPT) if BROKEN.search(talk.text) and talk.intent in FAULTS else None


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
        is_one = bool(AN_ADDRESS.search(talk.text)) and talk.units() >= 3 and re.search(r"\d", talk.text)
        return talk.excerpt(EXCERPT) if asked and is_one else None

    async def guess(self, talk: Talk) -> Any:
        return proven_phone(talk)

    def is_attempt(self, talk: Talk) -> bool:
        return talk.is_lost() and not talk.is_question()


class Time(Field):
    """A day and a part of it, one of those that are free."""

    words = r"时间|改天|日子|time|day|date|when"

    async def free_times(self, talk: Talk) -> list[str]:
        raise NotImplementedError

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        told = talk.entity("time") or _told(talk)
        if not told or not (asked or "?" not in told):
            return None
        fitting = [time for time in await self.free_times(talk) if _fits(time, told)]
        return fitting[0] if len(fitting) == 1 or (fitting and told == "? ?") else None

    async def handle(self, talk: Talk) -> bool:
        """Half a time is no mistake: the choices get fewer."""
        told = talk.entity("time") or _told(talk)
        if told:
            talk.remember("time_wish", told)
        return bool(told)

    async def ask(self, talk: Talk) -> None:
        free = await self.free_times(talk)
        if not free:
            talk.hand_over("form_failed", "utter_no_times")
            return
        wish = talk["time_wish"]
        fitting = [time for time in free if wish and _fits(time, wish)]
        chips = [_chip(talk, time) for time in (fitting or free)[:MOST_CHOICES]]
        response = f"utter_question_{self.slot}" if fitting or not wish else "utter_time_taken"
        if wish and not fitting:
            talk.remember("time_wish", None)
        talk.say(response, buttons=chips)

    async def ask_again(self, talk: Talk) -> None:
        await self.ask(talk)

    def is_attempt(self, talk: Talk) -> bool:
        return talk.is_lost() and not talk.is_question()


class VisitTime(Time):
    slot = "visit_time"

    async def free_times(self, talk: Talk) -> list[str]:
        answer = await look_up(talk.tracker, "/visits/free", "free_visits")
        return [f"{each['day']} {each['part']}" for each in make_sense_of_all(answer, "day", "part")]


class CallTime(Time):
    slot = "call_time"

    async def free_times(self, talk: Talk) -> list[str]:
        """What is left of today, and all of the next two days."""
        now = when.now()
        left = [part for part, (_, until) in when.HOURS.items() if f"{now:%H:%M}" < until]
        today = [f"{now.date()} {part}" for part in left]
        later = [f"{now.date() + timedelta(days=days)} {part}" for days in (1, 2) for part in when.HOURS]
        return [*today, *later][:MOST_CHOICES]


class ValidateRepairForm(Form):
    form = "repair_form"
    own = FAULTS

    def fields(self, talk: Talk) -> list[Field]:
        visit = talk["visit_time"]
        values = {"visit_when": _spoken(talk, visit) if visit else "", "visit_place": _shown(talk["place"])}
        return [What(), Place(), VisitTime(), Confirmed("utter_question_visit", **values)]


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
        talk.say("utter_visit_booked", visit_when=_spoken(talk, talk["visit_time"]), visit_number=number)


class ValidateCallbackForm(Form):
    form = "callback_form"
    own = frozenset({"callback"})

    def fields(self, talk: Talk) -> list[Field]:
        return [Phone("callback"), CallTime()]


class BookCallback(AfterForm):
    def name(self) -> str:
        return "action_book_callback"

    async def do(self, talk: Talk) -> None:
        day, part = talk["call_time"].split()
        body = {"phone": talk["phone"], "day": day, "part": part}
        answer = await order_done(talk.tracker, "/callbacks", self.name(), body)
        number = make_sense_of(answer, "number")["number"]
        talk.remember("callback_number", number)
        values = {"phone_masked": masked(talk["phone"]), "call_when": _spoken(talk, talk["call_time"])}
        talk.say("utter_callback_booked", **values, callback_number=number)


def _told(talk: Talk) -> str | None:
    """ "2026-11-26 ?" for "tomorrow"; what is missing is taken from what was said before."""
    told = when.read(talk.text, when.now().date())
    if told is None:
        return "? ?" if SOON.search(talk.text) else None
    day, part = str(told).split()
    before = (talk["time_wish"] or "? ?").split()
    return f"{before[0] if day == '?' else day} {before[1] if part == '?' else part}"


def _fits(time: str, told: str) -> bool:
    return all(each in {"?", mine} for mine, each in zip(time.split(), told.split(), strict=True))


def _spoken(talk: Talk, time: str) -> str:
    day, part = time.split()
    return when.spoken(day, part, talk.language)


def _shown(place: str | None) -> str:
    return masked(place) if place and phone_in(place) == place else place or ""


def _chip(talk: Talk, time: str) -> dict[str, str]:
    return {"title": _spoken(talk, time), "payload": f"/fill_form{json.dumps({'time': time})}"}
