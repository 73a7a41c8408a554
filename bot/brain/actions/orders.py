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
from bot.brain.actions.order_answers import ANSWERS, NEEDS, NEXT, QUESTIONS, STATUSES
from bot.brain.actions.talk import Talk, excerpt
from bot.brain.articles import named

MOST = 3  # orders in one answer
OTHER = re.compile(
    r"另外|另一|别的|別的|其他|其它|哪个订单|\b(?:other|another|different|which)\b", re.IGNORECASE
)
SEVERAL = re.compile(r"两[个件单样]|都|全部|\b(?:both|all|two)\b", re.IGNORECASE)
ALL = re.compile(r"(?<!两[个件单样])(?:都|全部)|\ball\b", re.IGNORECASE)
REMEMBERED = 5  # articles
FIELDS = ("number", "status", "status_zh", "item", "item_zh")


@dataclass(frozen=True)
class Order:
    """An order as the business system tells it, in the customer's language."""

    number: str
    status: str
    item: str
    carrier: str | None
    tracking: str | None
    eta: str | None  # in words
    arrives: str  # the same, as a sentence
    stage: str  # unsent, sent, arrived, returned, cancelled, or unknown

    @classmethod
    def read(cls, talk: Talk, answer: dict[str, Any]) -> Order:
        day = answer.get("eta")
        eta = talk.day(day, nearly=True) if day else None
        return cls(
            number=answer["number"],
            status=talk.named(answer, "status"),
            item=talk.named(answer, "item"),
            carrier=talk.named(answer, "carrier"),
            tracking=answer.get("tracking"),
            eta=eta,
            arrives=_arrives(talk, eta),
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
    return (f"预计{eta}送到" if talk.language == "zh" else f"due {eta}") if eta else ""


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
            talk.remember("order_wish", excerpt(talk.text, 100))  # and the article that is named, too
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
    try:
        orders = await asyncio.gather(*(_fetch(talk, number, asker) for number in numbers[:MOST]))
    except BusinessSilent:
        talk.hand_over("lookup_failed", "utter_lookup_failed")
        return
    for number, order in zip(numbers, orders, strict=False):
        if order is None:
            talk.say("utter_order_unknown", order_number=number)
    answer_of(talk, [order for order in orders if order], question)
    if len(numbers) > MOST:
        talk.say("utter_too_many_orders")


def answer_of(talk: Talk, orders: list[Order], question: str) -> None:
    """Say of each what the question asks for."""
    talk.remember("order_question", None)
    talk.remember("order_answered", question if question in QUESTIONS else "order_status")
    remember_articles(talk, orders)
    if len(orders) == 1:
        _answer(talk, orders[0], question)
    elif orders:
        _answer_of_several(talk, orders, question)


def remember_articles(talk: Talk, orders: list[Order]) -> None:
    """An order that has been shown may be named by what is in it; the newest ones come last."""
    shown = {order.number: order.item for order in orders}
    before = {number: item for number, item in (talk["orders_shown"] or {}).items() if number not in shown}
    talk.remember("orders_shown", dict([*before.items(), *shown.items()][-REMEMBERED:]))


def _answer(talk: Talk, order: Order, question: str) -> None:
    if (question, order.stage) == ("cancel_order", "unsent"):
        talk.remember("order_to_cancel", order.number)
        talk.remember("item_to_cancel", order.item)
        talk.remember("cancel_offer", True)
    elif (response := ANSWERS.get((question, order.stage))) and _is_known(order, response):
        talk.say(response, **order.values)
    else:
        _tell(talk, order)


def _is_known(order: Order, response: str) -> bool:
    return bool(getattr(order, NEEDS.get(response, "number")))


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
    """The order that is named by its article, or else the one that was talked about last, while orders still
    are the topic and no other one is meant.
    """
    if talk["topic"] not in {*QUESTIONS, "order_status"}:
        return []
    shown = talk["orders_shown"] or {}
    if article := named(talk.text, shown):
        return [article]
    if SEVERAL.search(talk.text) and len(shown) > 1:
        return list(shown)[-MOST:] if ALL.search(talk.text) else list(shown)[-2:]
    return [talk["last_order"]] if talk["last_order"] and not OTHER.search(talk.text) else []


def order_number(text: str) -> str | None:
    """QC and 8 digits, however typed; 8 digits alone will do."""
    match = re.fullmatch(r"(?:QC)?([0-9]{8})", squeeze(text))
    return f"QC{match.group(1)}" if match else None


def squeeze(text: str) -> str:
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
