"""For actions: asks the company's business system over HTTP, and says so when it gives no proper answer.

README.md lists the calls.
"""

from __future__ import annotations

import logging
import os
from typing import Any

import aiohttp
from rasa_sdk import Tracker

SECONDS = 1.5  # a customer is waiting: rather an honest "not now" than a late answer
LOG = logging.getLogger("brain")


class BusinessSilent(Exception):
    """No answer, a late one, or none that makes sense: the action says so and calls a person."""


class Refused(Exception):
    """The business system says why not: 403 somebody else's, 404 no such, 409 too late, 429 too often."""

    def __init__(self, status: int) -> None:
        super().__init__(f"refused with {status}")
        self.status = status


async def look_up(tracker: Tracker, path: str, asker: str) -> Any:
    """The answer to GET. Raises Refused, BusinessSilent."""
    return await _ask(tracker, "GET", path, asker, None)


async def order_done(tracker: Tracker, path: str, asker: str, body: dict[str, Any]) -> Any:
    """The answer to POST, which has one effect however often this message is asked again.
    Raises Refused, BusinessSilent.
    """
    return await _ask(tracker, "POST", path, asker, body)


def make_sense_of(answer: Any, *fields: str) -> dict[str, Any]:
    """The answer, if it is an object with these fields. Raises BusinessSilent."""
    if not isinstance(answer, dict) or not all(field in answer for field in fields):
        LOG.warning("lookup_failed", extra={"reason": f"an answer without {', '.join(fields)}"})
        raise BusinessSilent
    return answer


def make_sense_of_all(answer: Any, *fields: str) -> list[dict[str, Any]]:
    """The same for a list. Raises BusinessSilent."""
    if not isinstance(answer, list):
        LOG.warning("lookup_failed", extra={"reason": "an answer that is no list"})
        raise BusinessSilent
    return [make_sense_of(each, *fields) for each in answer]


async def _ask(tracker: Tracker, method: str, path: str, asker: str, body: dict[str, Any] | None) -> Any:
    url = os.environ.get("BUSINESS_API_URL", "").rstrip("/")
    headers = {
        "Authorization": f"Bearer {os.environ.get('BUSINESS_API_TOKEN', '')}",
        "Idempotency-Key": f"{tracker.latest_message['message_id']}:{asker}",
    }
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as http,
            http.request(method, f"{url}{path}", json=body) as response,
        ):
            if response.status in {403, 404, 409, 429}:
                raise Refused(response.status)
            response.raise_for_status()
            return await response.json()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        # neither path nor body: they name customers
        LOG.warning("lookup_failed", extra={"reason": f"{asker}: {type(error).__name__}"})
        raise BusinessSilent from error
