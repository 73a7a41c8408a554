"""For customers: finds an order by its number or by a phone number; cancels one that is not on its way."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from bot.brain.actions.asked import COST, WHY_THE_NUMBER
from bot.brain.actions.business import Refused, look_up, make_sense_of_all, order_done
from bot.brain.actions.forms import CONFIRMED, AfterForm, Confirmed, Field, Form, Questions, has_digits
from bot.brain.actions.order_answers import QUESTIONS, TRACKING, fact_asked
from bot.brain.actions.orders import (
    FIELDS,
    MOST,
    Order,
    answer_about,
    answer_of,
    chip,
    numbers_in,
    order_number,
    remember_articles,
    squeeze,
    told_lately,
)
from bot.brain.actions.proof import forget_old_proof, phone_in, proven_phone, whose_phone
from bot.brain.actions.talk import DOUBT, REQUESTED, Talk, excerpt, masked
from bot.brain.articles import named

ABOUT_THE_NUMBER = {"order_status", "inform_order_number"}
NAMES_ONE = re.compile(
    r"订单|訂單|单号|單號|包裹|快递|快遞|物流|order|parcel|package|delivery|track|number", re.IGNORECASE
)
LIKE_A_NUMBER = re.compile(r"QC\d|\d{6,}")
BY_PHONE = re.compile(r"手机号|电话号|phone|mobile", re.IGNORECASE)
NO_NUMBER = re.compile(
    r"没有|沒有|没带|找不到|不知道|不记得|忘"
    r"|don.?t (?:have|know|remember)|no (?:order )?number|can.?t find|lost",
    re.IGNORECASE,
)


class LookUpOrder(AfterForm):
    """After the order form: tells about the orders whose numbers were given, or the phone's last ones."""

    def name(self) -> str:
        return "action_look_up_order"

    async def do(self, talk: Talk) -> None:
        talk.remember("cancel_offer", False)
        if talk["order_by_phone"]:
            await _tell_recent(talk, self.name())
            return
        named_now = numbers_in(talk)
        question = (None if named_now else fact_asked(talk.text)) or _question(talk)
        await answer_about(talk, named_now or [talk["order_number"]], question, self.name())
        talk.remember("order_number", None)  # the next question may be about another


class ValidateOrderForm(Form):
    form = "order_form"
    own = frozenset({"order_status"})

    def fields(self, talk: Talk) -> list[Field]:
        return whose_phone(talk, "orders") if talk["order_by_phone"] else [OrderNumber()]

    def opens(self, talk: Talk) -> None:
        forget_old_proof(talk)
        talk.remember("cancel_offer", False)
        talk.remember("order_number", None)
        talk.remember("order_answered", None)
        self._remember_words(talk)
        named_now = numbers_in(talk) or LIKE_A_NUMBER.search(squeeze(talk.text)) or _told_before(talk)
        known = proven_phone(talk) and not named_now
        talk.remember("order_by_phone", bool(known) or OrderNumber.is_by_phone(talk) or None)

    def _remember_words(self, talk: Talk) -> None:
        """Perhaps they name an article. A phone number names what was asked for before."""
        if not (talk.is_choice or BY_PHONE.search(talk.text) or phone_in(talk.text)):
            talk.remember("order_words", excerpt(talk.text, 100))
        elif talk["topic"] in QUESTIONS and not talk["order_question"]:
            talk.remember("order_words", talk["last_order"])
            talk.remember("order_question", talk["topic"])


class OrderNumber(Field):
    """QC and 8 digits. A phone number will do, too: then its orders are looked up."""

    slot = "order_number"
    failed = "utter_order_form_failed"
    questions: ClassVar[Questions] = {WHY_THE_NUMBER: "utter_why_the_number"}
    free = True  # whatever is asked about a number, the number is the answer

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        named = numbers_in(talk)
        return named[-1] if named else order_number(talk.text) if asked else None

    async def guess(self, talk: Talk) -> Any:
        """The order told of before: "when will it arrive?"; whoever says "my order" may mean another."""
        return None if talk[REQUESTED] == self.slot else _told_before(talk)

    async def ask(self, talk: Talk) -> None:
        await (self.ask_again(talk) if _is_mistyped(talk) else super().ask(talk))

    async def remind(self, talk: Talk) -> None:
        talk.say("utter_remind_order_number")

    async def handle(self, talk: Talk) -> bool:
        if self.is_by_phone(talk):
            talk.remember("order_by_phone", True)
            talk.remember("phone", phone_in(talk.text))
            return True
        lost = NO_NUMBER.search(talk.text) and talk.intent in {*DOUBT, *ABOUT_THE_NUMBER}
        if lost or talk.entity("find_by") == "help":
            talk.say("utter_where_is_order_number")
            talk.has_asked = True
        return talk.has_asked

    def is_attempt(self, talk: Talk) -> bool:
        return has_digits(talk, 2)

    @staticmethod
    def is_by_phone(talk: Talk) -> bool:
        """Whether the orders are to be found by the phone number: tapped, said, or just sent."""
        if talk.intent not in {*DOUBT, *ABOUT_THE_NUMBER, "fill_form"} or numbers_in(talk):
            return False
        return bool(talk.entity("find_by") == "phone" or BY_PHONE.search(talk.text) or phone_in(talk.text))


class ValidateCancelForm(Form):
    """Cancels one order that has not been sent; whoever wants that shows that it is his or hers."""

    form = "cancel_form"
    own = frozenset({"cancel_order", "cancel_it"})
    questions: ClassVar[Questions] = {COST: "utter_how_much_cancel_order"}

    def fields(self, talk: Talk) -> list[Field]:
        values = {"order_number": talk["order_to_cancel"], "order_item": talk["item_to_cancel"]}
        return [OrderToCancel(), Cancelling("utter_question_cancel", **values), *whose_phone(talk, "cancel")]

    def opens(self, talk: Talk) -> None:
        forget_old_proof(talk)


class OrderToCancel(Field):
    """Known when the form opens. Another number takes its place, or ends the form when that one cannot go."""

    slot = "order_to_cancel"
    free = True  # beside a number, "no, ..." and "cancel ... instead" are no asides

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        others = [number for number in numbers_in(talk) if number != talk[self.slot]]
        if not others or talk.is_question():
            return None
        talk.remember(CONFIRMED, None)
        talk.remember("cancel_offer", False)
        await answer_about(talk, others, "cancel_order", "cancel_another")
        if not talk["cancel_offer"]:
            talk.leave()
        return talk[self.slot]


class Cancelling(Confirmed):
    async def read(self, talk: Talk, *, asked: bool) -> Any:
        return True if asked and talk.intent == "cancel_it" else await super().read(talk, asked=asked)


class CancelOrder(AfterForm):
    def name(self) -> str:
        return "action_do_cancel_order"

    async def do(self, talk: Talk) -> None:
        number, phone = talk["order_to_cancel"], talk["verified_phone"]
        try:
            await order_done(talk.tracker, f"/orders/{number}/cancel", self.name(), {"phone": phone})
        except Refused as refused:
            too_late = refused.status == 409
            talk.say("utter_cancel_too_late" if too_late else "utter_order_of_another", order_number=number)
            return
        talk.say("utter_order_cancelled", order_number=number)


async def _tell_recent(talk: Talk, asker: str) -> None:
    phone = talk["verified_phone"]
    answer = await look_up(talk.tracker, f"/customers/{phone}/orders", asker)
    orders = [Order.read(talk, each) for each in make_sense_of_all(answer, *FIELDS)]
    question = _question(talk)
    if wanted := _wanted(talk, orders):
        talk.remember("last_order", wanted.number)
        answer_of(talk, [wanted], question)
        return
    orders = orders[:MOST]
    if not orders:
        talk.say("utter_no_orders", phone_masked=masked(phone))
        return
    remember_articles(talk, orders[::-1])
    lines = "\n".join(order.line for order in orders)
    chips = [chip(question, order) for order in orders]
    talk.say("utter_recent_orders", buttons=chips, phone_masked=masked(phone), order_lines=lines)


def _wanted(talk: Talk, orders: list[Order]) -> Order | None:
    """The one that was asked for before, by its article or by its number."""
    items = {order.number: order.item for order in orders}
    asked = [talk["order_words"], talk["order_wish"] if talk["order_question"] else None]
    words = next((each for each in asked if each and (each in items or named(each, items))), "")
    number = words if words in items else named(words, items)
    return next((order for order in orders if order.number == number), None)


def _told_before(talk: Talk) -> str | None:
    """The order that is meant by "it", unless the words may mean any."""
    if talk.is_choice or _is_mistyped(talk) or NAMES_ONE.search(TRACKING.sub("", talk.text)):
        return None
    return next(iter(told_lately(talk)), None)


def _is_mistyped(talk: Talk) -> bool:
    return talk.intent in ABOUT_THE_NUMBER and bool(LIKE_A_NUMBER.search(squeeze(talk.text)))


def _question(talk: Talk) -> str:
    """What is to be answered about the order: what this message asks for, or else what one before it did."""
    if talk.likeliest in QUESTIONS:
        return talk.likeliest  # even when in doubt: the answer names the order and where it is
    before = talk["order_question"] or talk["topic"]
    return before if before in QUESTIONS and talk.likeliest != "order_status" else "order_status"
