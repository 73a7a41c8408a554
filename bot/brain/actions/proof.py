"""For customers: shows that a phone number is theirs, by a code that the business system sends to it.

What is shown holds for a quarter of an hour, and no longer than until a person takes over.
"""

from __future__ import annotations

import re
import time
from typing import Any, ClassVar

from bot.brain.actions.asked import NO_CARD, PHONE_ELSEWHERE, WHY_A_CODE, WHY_THE_NUMBER
from bot.brain.actions.business import Refused, make_sense_of, order_done
from bot.brain.actions.forms import Field, Questions, has_digits
from bot.brain.actions.talk import Talk, masked

SECONDS = 900
SENT_AGAIN = 2  # it is said to be missing so often: perhaps it is lost
PHONE = re.compile(r"(?<!\d)(?:\+?86[ -]?)?(1[3-9]\d(?:[ -]?\d{4}){2})(?!\d)")
CODE = re.compile(r"(?<!\d)\d(?:[ -]?\d){3,7}(?!\d)")
AGAIN = re.compile(r"重发|再发|重新发|再来一|resend|again|(?:another|new) (?:code|one)", re.IGNORECASE)
NOT_THERE = re.compile(
    r"没有?收到|沒收到|收不到|没来|没到|没有来|没看[到见]|短信呢|验证码呢"
    r"|no code|nothing (?:yet|came|arrived|there)|\bstill (?:nothing|no|waiting)\b"
    r"|(?:n.?t|not|never) (?:yet )?(?:get|got|gotten|seen?|receive|arrive|come|came)"
    r"|\bwhere.?s? (?:is )?(?:the|my) code\b",
    re.IGNORECASE,
)
WAITED = re.compile(
    r"(?:都|已经|等|过|快)了?.{0,4}(?:分钟|半天)"
    r"|\b(?:been|waited|waiting)\b.*\b(?:min|ages|long)|^\W*\w+ min\w*\W*$",
    re.IGNORECASE,
)


def proven_phone(talk: Talk) -> str | None:
    """The number that the customer has shown to be his or hers."""
    until = talk["verified_until"]
    return talk["verified_phone"] if until and until > time.time() else None


def phone_in(text: str) -> str | None:
    """The last one: a second one corrects the first."""
    found = [re.sub(r"\D", "", match[1]) for match in PHONE.finditer(text)]
    return found[-1] if found else None


class Phone(Field):
    """A mobile number; `purpose` says in which words it is asked for."""

    slot = "phone"
    words = r"手机|电话|号码|phone|number|mobile"
    questions: ClassVar[Questions] = {WHY_THE_NUMBER: "utter_why_the_number"}

    def __init__(self, purpose: str) -> None:
        self._purpose = purpose

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        return phone_in(talk.text)

    async def guess(self, talk: Talk) -> Any:
        return proven_phone(talk)

    async def ask(self, talk: Talk) -> None:
        talk.say(f"utter_question_phone_{self._purpose}")

    def is_attempt(self, talk: Talk) -> bool:
        return has_digits(talk, 5)


class ProvenPhone(Phone):
    """A number that the customer has to prove: one given anew, anew."""

    questions: ClassVar[Questions] = {**Phone.questions, NO_CARD: "utter_no_card"}

    async def remind(self, talk: Talk) -> None:
        talk.say("utter_remind_phone")

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        phone = phone_in(talk.text)
        if phone and phone != talk["verified_phone"]:
            talk.remember("verified_phone", None)
        return phone


class Proof(Field):
    """The code; the slot gets the number that it proves, never the code."""

    slot = "verified_phone"
    words = r"验证码|\bcode\b"
    failed = "utter_too_many_codes"
    # what is said of a code that does not come is taken for these
    own = frozenset({"service_password", "network_fault", "how_long"})
    questions: ClassVar[Questions] = {
        NO_CARD: "utter_no_card",
        PHONE_ELSEWHERE: "utter_phone_elsewhere",
        WHY_A_CODE: "utter_why_a_code",
    }

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        match = CODE.search(talk.text) if asked and not phone_in(talk.text) else None
        if not match:
            return None
        body = {"phone": talk["phone"], "code": re.sub(r"\D", "", match.group())}
        answer = make_sense_of(await order_done(talk.tracker, "/codes/check", "check_code", body), "right")
        if answer["right"] is not True:
            return None
        talk.remember("verified_until", time.time() + SECONDS)
        return talk["phone"]

    async def handle(self, talk: Talk) -> bool:
        """Another code, please; or it does not come: patience first, then another one, then another way."""
        if talk.entity("resend_code") or AGAIN.search(talk.text) or WAITED.search(talk.text):
            talk.remember("code_sent_to", None)
            return True
        if not NOT_THERE.search(talk.text):
            return False
        talk.remember("code_missed", (talk["code_missed"] or 0) + 1)
        if talk["code_missed"] == SENT_AGAIN:
            talk.remember("code_sent_to", None)
        else:
            first = talk["code_missed"] < SENT_AGAIN
            response = "utter_code_on_its_way" if first else "utter_phone_elsewhere"
            talk.say(response, phone_masked=masked(talk["phone"]))
            talk.has_asked = True
        return True

    async def ask(self, talk: Talk) -> None:
        """Send a code unless one is on its way to this number."""
        phone = talk["phone"]
        if talk["code_sent_to"] == phone:
            response = "utter_code_first" if talk.turned else "utter_question_code"
            talk.say(response, phone_masked=masked(phone))
            return
        try:
            answer = await order_done(talk.tracker, "/codes", "send_code", {"phone": phone})
        except Refused:
            talk.hand_over("form_failed", "utter_codes_used_up", phone_masked=masked(phone))
            return
        sent = make_sense_of(answer, "sent")
        talk.remember("code_sent_to", phone)
        talk.say("utter_code_sent", phone_masked=masked(phone))
        if sent.get("hint"):
            talk.say("utter_code_hint", code=sent["hint"])

    async def ask_again(self, talk: Talk) -> None:
        response = "utter_wrong_code" if re.search(r"\d", talk.text) else "utter_question_code"
        talk.say(response, phone_masked=masked(talk["phone"]))

    def is_attempt(self, talk: Talk) -> bool:
        return has_digits(talk, 4)


def whose_phone(talk: Talk, purpose: str) -> list[Field]:
    """The fields that lead to `verified_phone`, which may be known from before."""
    return [ProvenPhone(purpose), Proof()]


def ask_for_another(talk: Talk) -> None:
    """The number is somebody's, but no customer's."""
    talk.say("utter_no_contract", phone_masked=masked(talk["verified_phone"]))
    for slot in ("phone", "verified_phone", "code_sent_to"):
        talk.remember(slot, None)


def forget_old_proof(talk: Talk) -> None:
    """For a form that opens: what was shown long ago is to be shown again."""
    if talk["verified_phone"] and not proven_phone(talk):
        talk.remember("verified_phone", None)
