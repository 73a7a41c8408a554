"""For customers: asks the business system about an order; the order form's check of the number."""

from __future__ import annotations

import itertools
import logging
import os
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import aiohttp
from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

SECONDS = 1.5  # a customer is waiting: rather an honest "not now" than a late answer
ATTEMPTS = 3
LIKE_A_NUMBER = re.compile(r"QC\d|\d{6,}")
ABOUT_THE_NUMBER = {"order_status", "inform_order_number"}
LOG = logging.getLogger("brain")


class LookUpOrder(Action):
    """Tells the order's state, or that there is none; when there is no telling, the rules say what to do."""

    def name(self) -> str:
        return "action_look_up_order"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        number = tracker.get_slot("order_number")
        try:
            order = await _fetch(
                number, idempotency_key=f"{tracker.latest_message['message_id']}:{self.name()}"
            )
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
            LOG.warning("lookup_failed", extra={"reason": f"{type(error).__name__}: {error}"})
            return _looked_up(number, "failed")
        if order is None:
            dispatcher.utter_message(response="utter_order_unknown", order_number=number)
            return _looked_up(number, "unknown")
        _tell(dispatcher, order, tracker.get_slot("language"))
        return _looked_up(number, "found")


class ValidateOrderForm(FormValidationAction):
    def name(self) -> str:
        return "validate_order_form"

    def validate_order_number(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        number = order_number(str(value))
        if number and not _is_mistyped(tracker.latest_message):  # else it is one from an earlier message
            return {"order_number": number, "order_number_attempts": None}
        attempts = (tracker.get_slot("order_number_attempts") or 0) + 1
        return {"order_number": None, "order_number_attempts": attempts}

    async def required_slots(
        self,
        domain_slots: list[str],
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[str]:
        """After the last attempt the form ends without a number; a rule then calls a person."""
        return [] if (tracker.get_slot("order_number_attempts") or 0) >= ATTEMPTS else domain_slots


class AskOrderNumber(Action):
    """The form's question; right after what was to be a number and is none, it says so."""

    def name(self) -> str:
        return "action_ask_order_number"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        since = itertools.takewhile(lambda event: event["event"] != "user", reversed(tracker.events))
        refused = any(event.get("name") == "order_number_attempts" and event["value"] for event in since)
        refused = refused or _is_mistyped(tracker.latest_message)
        dispatcher.utter_message(response=f"utter_{'invalid' if refused else 'ask'}_order_number")
        return []


@dataclass(frozen=True)
class Order:
    number: str
    status: dict[str, str]
    item: dict[str, str]
    carrier: dict[str, str | None]
    tracking: str | None
    eta: str | None


def order_number(text: str) -> str | None:
    """QC and 8 digits, however typed; 8 digits alone will do."""
    match = re.fullmatch(r"(?:QC)?([0-9]{8})", _squeeze(text))
    return f"QC{match.group(1)}" if match else None


def _is_mistyped(message: dict[str, Any]) -> bool:
    """Whether this is about an order, and what looks like its number is none."""
    text = message.get("text") or ""
    given = order_number(text) or any(each["entity"] == "order_number" for each in message["entities"])
    about = message["intent"]["name"] in ABOUT_THE_NUMBER
    return about and not given and bool(LIKE_A_NUMBER.search(_squeeze(text)))


def _squeeze(text: str) -> str:
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()


def _looked_up(number: str, result: str) -> list[dict[str, Any]]:
    """The next question may be about another order: the number stays for the agent to read only."""
    return [SlotSet("order_lookup", result), SlotSet("last_order", number), SlotSet("order_number", None)]


async def _fetch(number: str, idempotency_key: str) -> Order | None:
    """The order, or None when there is none. Raises when the business system gives no proper answer."""
    url = os.environ.get("BUSINESS_API_URL")
    if not url:
        raise ValueError("BUSINESS_API_URL is not set")
    headers = {"Authorization": f"Bearer {os.environ.get('BUSINESS_API_TOKEN', '')}"}
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with (
        aiohttp.ClientSession(headers=headers, timeout=timeout) as http,
        http.get(
            f"{url.rstrip('/')}/orders/{number}", headers={"Idempotency-Key": idempotency_key}
        ) as response,
    ):
        if response.status == 404:
            return None
        response.raise_for_status()
        order = await response.json()
    return Order(
        number=order["number"],
        status={"en": order["status"], "zh": order["status_zh"]},
        item={"en": order["item"], "zh": order["item_zh"]},
        carrier={"en": order.get("carrier"), "zh": order.get("carrier_zh") or order.get("carrier")},
        tracking=order.get("tracking"),
        eta=order.get("eta"),
    )


def _tell(dispatcher: CollectingDispatcher, order: Order, language: str) -> None:
    dispatcher.utter_message(
        response="utter_order_status",
        order_number=order.number,
        order_status_text=order.status[language],
        order_item=order.item[language],
    )
    if carrier := order.carrier[language]:
        dispatcher.utter_message(
            response="utter_order_carrier", order_carrier=carrier, order_tracking=order.tracking or "–"
        )
    if order.eta:
        dispatcher.utter_message(response="utter_order_eta", order_eta=order.eta)
