"""For customers: where an order is, by its number or by the phone it was bought with; the order form."""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from bot.brain.actions.business import (
    BusinessSilent,
    Refused,
    look_up,
    make_sense_of,
    make_sense_of_all,
    order_done,
)
from bot.brain.actions.forms import AfterForm, Confirmed, Field, Form, has_digits
from bot.brain.actions.proof import forget_old_proof, phone_in, whose_phone
from bot.brain.actions.talk import DOUBT, Talk, masked

MOST = 3  # orders in one answer
LIKE_A_NUMBER = re.compile(r"QC\d|\d{6,}")
STATUSES = {
    "paid": "unsent",
    "packed": "unsent",
    "shipped": "sent",
    "delivered": "arrived",
    "returned": "returned",
    "cancelled": "cancelled",
}
FIELDS = ("number", "status", "status_zh", "item", "item_zh")
ABOUT_THE_NUMBER = {"order_status", "inform_order_number"}
QUESTIONS = {"cancel_order", "return_goods", "change_address", "refund_status", "damaged_goods"}
# what is said of an order, by question and stage; else its status is told
ANSWERS = {
    ("cancel_order", "sent"): "utter_cancel_sent",
    ("cancel_order", "arrived"): "utter_cancel_arrived",
    ("cancel_order", "returned"): "utter_order_over",
    ("cancel_order", "cancelled"): "utter_order_over",
    ("return_goods", "unsent"): "utter_return_unsent",
    ("return_goods", "sent"): "utter_return_sent",
    ("return_goods", "arrived"): "utter_return_arrived",
    ("return_goods", "returned"): "utter_refund_returned",
    ("return_goods", "cancelled"): "utter_refund_cancelled",
    ("change_address", "unsent"): "utter_address_unsent",
    ("change_address", "sent"): "utter_address_sent",
    ("change_address", "arrived"): "utter_address_arrived",
    ("change_address", "returned"): "utter_order_over",
    ("change_address", "cancelled"): "utter_order_over",
    ("refund_status", "unsent"): "utter_refund_none",
    ("refund_status", "sent"): "utter_refund_none",
    ("refund_status", "arrived"): "utter_refund_none",
    ("refund_status", "returned"): "utter_refund_returned",
    ("refund_status", "cancelled"): "utter_refund_cancelled",
    ("damaged_goods", "unsent"): "utter_damaged_elsewhere",
    ("damaged_goods", "sent"): "utter_damaged_elsewhere",
    ("damaged_goods", "arrived"): "utter_damaged_arrived",
    ("damaged_goods", "returned"): "utter_refund_returned",
    ("damaged_goods", "cancelled"): "utter_damaged_elsewhere",
}
BY_PHONE = re.compile(r"手机号|电话号|phone|mobile", re.IGNORECASE)
NO_NUMBER = re.compile(
    r"没有|沒有|没带|找不到|不知道|不记得|忘"
    r"|don.?t (?:have|know|remember)|no (?:order )?number|can.?t find|lost",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Order:
    """An order as the business system tells it, in the customer's language."""

    number: str
    status: str
    item: str
    carrier: str | None
    tracking: str | None
    eta: str | None
    stage: str  # unsent, sent, arrived, returned, cancelled, or unknown

    @classmethod
    def read(cls, talk: Talk, answer: dict[str, Any]) -> Order:
        return cls(
            number=answer["number"],
            status=talk.named(answer, "status"),
            item=talk.named(answer, "item"),
            carrier=talk.named(answer, "carrier"),
            tracking=answer.get("tracking"),
            eta=answer.get("eta"),
            stage=STATUSES.get(answer["status"], "unknown"),
        )

    @property
    def line(self) -> str:
        """As one of several."""
        arrives = f" · {self.eta}" if self.eta else ""
        return f"{self.number} · {self.item} · {self.status}{arrives}"

    @property
    def values(self) -> dict[str, str]:
        """For the placeholders of a response."""
        return {
            "order_number": self.number,
            "order_status_text": self.status,
            "order_item": self.item,
            "order_carrier": self.carrier or "–",
            "order_tracking": self.tracking or "–",
            "order_eta": self.eta or "–",
        }


class AboutOrders(Action, ABC):
    """Answers a question about the orders that are named in it; without a name, in general."""

    @property
    @abstractmethod
    def question(self) -> str:
        """The intent; the general answer is named after it."""

    def name(self) -> str:
        return f"action_{self.question}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        talk = Talk(dispatcher, tracker)
        talk.remember("cancel_offer", False)
        if numbers := numbers_in(talk):
            await answer_about(talk, numbers, self.question, self.name())
        else:
            talk.say(f"utter_{self.question}")
            talk.remember("order_question", self.question)  # a number that follows is meant for it
        return talk.events


class AboutCancelling(AboutOrders):
    question = "cancel_order"


class AboutReturning(AboutOrders):
    question = "return_goods"


class AboutTheAddress(AboutOrders):
    question = "change_address"


class AboutTheRefund(AboutOrders):
    question = "refund_status"


class AboutDamage(AboutOrders):
    question = "damaged_goods"


async def answer_about(talk: Talk, numbers: list[str], question: str, asker: str) -> None:
    """Look the orders up at the same time, and say of each what the question asks for."""
    talk.remember("last_order", numbers[-1])
    talk.remember("order_question", None)
    try:
        orders = await asyncio.gather(*(_fetch(talk, number, asker) for number in numbers[:MOST]))
    except BusinessSilent:
        talk.hand_over("lookup_failed", "utter_lookup_failed")
        return
    for number, order in zip(numbers, orders, strict=False):
        if order is None:
            talk.say("utter_order_unknown", order_number=number)
    found = [order for order in orders if order]
    if len(found) == 1:
        _answer(talk, found[0], question)
    elif found:
        _answer_of_several(talk, found, question)
    if len(numbers) > MOST:
        talk.say("utter_too_many_orders")


def _question(talk: Talk) -> str:
    """What is to be answered about the order: what this message asks for, or else what one before it did."""
    if talk.likeliest in QUESTIONS:
        return talk.likeliest  # even when in doubt: the answer names the order and where it is
    before = talk["order_question"]
    return before if before and talk.likeliest != "order_status" else "order_status"


def _answer(talk: Talk, order: Order, question: str) -> None:
    if (question, order.stage) == ("cancel_order", "unsent"):
        talk.remember("order_to_cancel", order.number)
        talk.remember("item_to_cancel", order.item)
        talk.remember("cancel_offer", True)
    elif response := ANSWERS.get((question, order.stage)):
        talk.say(response, **order.values)
    else:
        _tell(talk, order)


def _answer_of_several(talk: Talk, orders: list[Order], question: str) -> None:
    if question not in QUESTIONS:
        talk.say("utter_orders", order_lines="\n".join(order.line for order in orders))
        return
    for order in orders:
        if (question, order.stage) != ("cancel_order", "unsent"):
            _answer(talk, order, question)
    if question == "cancel_order" and (unsent := [order for order in orders if order.stage == "unsent"]):
        talk.say("utter_which_to_cancel", buttons=[_chip("cancel_order", order) for order in unsent])


def _tell(talk: Talk, order: Order) -> None:
    talk.say("utter_order_status", **order.values)
    if order.carrier:
        talk.say("utter_order_carrier", **order.values)
    if order.eta:
        talk.say("utter_order_eta", **order.values)


async def _tell_recent(talk: Talk, asker: str) -> None:
    phone = talk["verified_phone"]
    answer = await look_up(talk.tracker, f"/customers/{phone}/orders", asker)
    orders = [Order.read(talk, each) for each in make_sense_of_all(answer, *FIELDS)][:MOST]
    if not orders:
        talk.say("utter_no_orders", phone_masked=masked(phone))
        return
    lines = "\n".join(order.line for order in orders)
    chips = [_chip("order_status", order) for order in orders]
    talk.say("utter_recent_orders", buttons=chips, phone_masked=masked(phone), order_lines=lines)


def _chip(intent: str, order: Order) -> dict[str, str]:
    return {"title": order.number, "payload": f"/{intent}{json.dumps({'order_number': order.number})}"}


async def _fetch(talk: Talk, number: str, asker: str) -> Order | None:
    try:
        answer = await look_up(talk.tracker, f"/orders/{number}", asker)
    except Refused:
        return None
    return Order.read(talk, make_sense_of(answer, *FIELDS))


class LookUpOrder(AfterForm):
    """After the order form: tells about the orders whose numbers were given, or the phone's last ones."""

    def name(self) -> str:
        return "action_look_up_order"

    async def do(self, talk: Talk) -> None:
        talk.remember("cancel_offer", False)
        if talk["order_by_phone"]:
            await _tell_recent(talk, self.name())
            return
        numbers = numbers_in(talk) or [talk["order_number"]]
        await answer_about(talk, numbers, _question(talk), self.name())


class ValidateOrderForm(Form):
    form = "order_form"
    own = frozenset({"order_status"})

    def fields(self, talk: Talk) -> list[Field]:
        return whose_phone(talk, "orders") if talk["order_by_phone"] else [OrderNumber()]

    def opens(self, talk: Talk) -> None:
        forget_old_proof(talk)
        talk.remember("order_number", None)
        talk.remember("order_by_phone", OrderNumber.is_by_phone(talk) or None)


class OrderNumber(Field):
    """QC and 8 digits. A phone number will do, too: then its orders are looked up."""

    slot = "order_number"
    failed = "utter_order_form_failed"
    free = True  # whatever is asked about a number, the number is the answer

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        named = numbers_in(talk)
        return named[-1] if named else order_number(talk.text) if asked else None

    async def ask(self, talk: Talk) -> None:
        mistyped = talk.intent in ABOUT_THE_NUMBER and LIKE_A_NUMBER.search(_squeeze(talk.text))
        await (self.ask_again(talk) if mistyped else super().ask(talk))

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
    own = frozenset({"cancel_order"})

    def fields(self, talk: Talk) -> list[Field]:
        values = {"order_number": talk["order_to_cancel"], "order_item": talk["item_to_cancel"]}
        return [Confirmed("utter_question_cancel", **values), *whose_phone(talk, "cancel")]

    def opens(self, talk: Talk) -> None:
        forget_old_proof(talk)


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


def numbers_in(talk: Talk) -> list[str]:
    """The order numbers in the message, each once."""
    read = (order_number(value) for value in talk.entities("order_number"))
    return list(dict.fromkeys(number for number in read if number))


def order_number(text: str) -> str | None:
    """QC and 8 digits, however typed; 8 digits alone will do."""
    match = re.fullmatch(r"(?:QC)?([0-9]{8})", _squeeze(text))
    return f"QC{match.group(1)}" if match else None


def _squeeze(text: str) -> str:
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
