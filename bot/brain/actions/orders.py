"""For customers: what becomes of an order that is named: where it is, whether it can be cancelled, ..."""

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

from bot.brain.actions.business import BusinessSilent, Refused, look_up, make_sense_of
from bot.brain.actions.talk import Talk

MOST = 3  # orders in one answer
STATUSES = {
    "paid": "unsent",
    "packed": "unsent",
    "shipped": "sent",
    "delivered": "arrived",
    "returned": "returned",
    "cancelled": "cancelled",
}
OTHER = re.compile(
    r"另外|另一|别的|別的|其他|其它|哪个订单|\b(?:other|another|different|which)\b", re.IGNORECASE
)
FIELDS = ("number", "status", "status_zh", "item", "item_zh")
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

NEXT = {"unsent": "utter_order_unsent", "arrived": "utter_order_arrived"}  # what can be done with it now


@dataclass(frozen=True)
class Order:
    """An order as the business system tells it, in the customer's language."""

    number: str
    status: str
    item: str
    carrier: str | None
    tracking: str | None
    eta: str | None
    arrives: str  # the same, in words
    stage: str  # unsent, sent, arrived, returned, cancelled, or unknown

    @classmethod
    def read(cls, talk: Talk, answer: dict[str, Any]) -> Order:
        return cls(
            number=answer["number"],
            status=talk.named(answer, "status"),
            item=talk.named(answer, "item"),
            carrier=talk.named(answer, "carrier"),
            tracking=answer.get("tracking"),
            eta=talk.day(answer["eta"], nearly=True) if answer.get("eta") else None,
            arrives=_arrives(talk, answer.get("eta")),
            stage=STATUSES.get(answer["status"], "unknown"),
        )

    @property
    def line(self) -> str:
        """As one of several."""
        return " · ".join(filter(None, (self.number, self.item, self.status, self.arrives)))

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


def _arrives(talk: Talk, eta: str | None) -> str:
    if not eta:
        return ""
    day = talk.day(eta, nearly=True)
    return f"预计{day}送到" if talk.language == "zh" else f"due {day}"


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
        if numbers := numbers_in(talk) or told_lately(talk):
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
    talk.remember("order_answered", question)
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
        talk.say("utter_which_to_cancel", buttons=[chip("cancel_order", order) for order in unsent])


def _tell(talk: Talk, order: Order) -> None:
    talk.say("utter_order_status", **order.values)
    if order.carrier:
        talk.say("utter_order_carrier", **order.values)
    if order.eta:
        talk.say("utter_order_eta", **order.values)
    if order.stage in NEXT:
        talk.say(NEXT[order.stage])


def chip(intent: str, order: Order) -> dict[str, str]:
    return {"title": order.number, "payload": f"/{intent}{json.dumps({'order_number': order.number})}"}


async def _fetch(talk: Talk, number: str, asker: str) -> Order | None:
    try:
        answer = await look_up(talk.tracker, f"/orders/{number}", asker)
    except Refused:
        return None
    return Order.read(talk, make_sense_of(answer, *FIELDS))


def numbers_in(talk: Talk) -> list[str]:
    """The order numbers in the message, each once."""
    read = (order_number(value) for value in talk.entities("order_number"))
    return list(dict.fromkeys(number for number in read if number))


def told_lately(talk: Talk) -> list[str]:
    """The order that was talked about last, while orders still are the topic and no other one is meant."""
    about_it = talk["topic"] in {*QUESTIONS, "order_status"} and not OTHER.search(talk.text)
    return [talk["last_order"]] if about_it and talk["last_order"] else []


def order_number(text: str) -> str | None:
    """QC and 8 digits, however typed; 8 digits alone will do."""
    match = re.fullmatch(r"(?:QC)?([0-9]{8})", squeeze(text))
    return f"QC{match.group(1)}" if match else None


def squeeze(text: str) -> str:
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
