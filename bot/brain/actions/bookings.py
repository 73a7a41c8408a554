"""For customers: another time for the visit or the call that was booked here, or none at all."""

from __future__ import annotations

from typing import Any

from bot.brain.actions.appointments import BOOKED, BOOKED_TIME, CallTime, Time, VisitTime, note_time, spoken
from bot.brain.actions.business import Refused, order_done
from bot.brain.actions.forms import AfterForm, Field, Form
from bot.brain.actions.talk import Talk

GENERAL = "utter_visit_status"  # nothing was booked here that one knows of


class NewTime(Time):
    slot = "new_time"
    before = BOOKED_TIME

    def __init__(self, booked: str) -> None:
        self._times = VisitTime() if booked == "visit" else CallTime()

    async def free_times(self, talk: Talk) -> list[str]:
        return [time for time in await self._times.free_times(talk) if time != talk[BOOKED_TIME]]

    async def ask(self, talk: Talk) -> None:
        if not talk["time_wish"]:
            note_time(talk)  # "make it Friday" is half of it
        await super().ask(talk)


class ValidateMoveForm(Form):
    form = "move_form"
    own = frozenset({"move_booking", "visit_status", "callback", "repair_visit"})

    def fields(self, talk: Talk) -> list[Field]:
        return [NewTime(talk[BOOKED] or "visit")]

    def opens(self, talk: Talk) -> None:
        if not talk[BOOKED]:
            talk.say(GENERAL)
            talk.leave()

    async def stops(self, talk: Talk) -> None:
        talk.say(f"utter_{talk[BOOKED]}_stays", **_values(talk))
        talk.leave()


class MoveBooking(AfterForm):
    def name(self) -> str:
        return "action_move_booking"

    async def do(self, talk: Talk) -> None:
        day, part = talk["new_time"].split()
        if await _asked_for(talk, "move", self.name(), {"day": day, "part": part}):
            talk.remember(BOOKED_TIME, talk["new_time"])
            talk.say(f"utter_{talk[BOOKED]}_moved", **_values(talk))


class CancelBooking(AfterForm):
    def name(self) -> str:
        return "action_cancel_booking"

    async def do(self, talk: Talk) -> None:
        if not talk[BOOKED]:
            talk.say(GENERAL)
        elif await _asked_for(talk, "cancel", self.name(), {}):
            talk.say(f"utter_{talk[BOOKED]}_cancelled", **_values(talk))
            for slot in (BOOKED, BOOKED_TIME):
                talk.remember(slot, None)


class TellBooking(AfterForm):
    def name(self) -> str:
        return "action_visit_status"

    async def do(self, talk: Talk) -> None:
        response = f"utter_{talk[BOOKED]}_known" if talk[BOOKED] else GENERAL
        talk.say(response, **_values(talk))


async def _asked_for(talk: Talk, what: str, asker: str, body: dict[str, Any]) -> bool:
    """Whether the business system has done it; else a person takes over."""
    number = talk[f"{talk[BOOKED]}_number"]
    try:
        await order_done(talk.tracker, f"/{talk[BOOKED]}s/{number}/{what}", asker, body)
    except Refused:
        talk.hand_over("form_failed", "utter_booking_fixed", booking_number=number)
        return False
    return True


def _values(talk: Talk) -> dict[str, str]:
    time = talk[BOOKED_TIME]
    return {
        "booking_when": spoken(talk, time) if time else "",
        "booking_number": talk[f"{talk[BOOKED]}_number"] if talk[BOOKED] else "",
    }
