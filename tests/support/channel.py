"""For tests of inbox, outbox and router: a channel that is all there is, and tells what it was asked to
send.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import ClassVar

from fastapi import APIRouter

from bot.channels.base import Channel
from bot.errors import BadInput
from bot.messages import Address, Incoming, Kind, Outgoing


class Postcards(Channel):
    """Updates are JSON `{user, key, text}`; `fails` says what to raise for a message, by default nothing."""

    name: ClassVar[str] = "postcards"
    account = "office"

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.fails: Callable[[Outgoing], Exception | None] = lambda outgoing: None
        self._news = asyncio.Condition()

    def read(self, raw: bytes) -> Incoming | None:
        try:
            card = json.loads(raw)
            address = Address(self.name, self.account, card["user"])
            kind = Kind(card.get("kind", "text"))
            return Incoming(address, card["key"], kind, card["text"])
        except (ValueError, KeyError) as error:
            raise BadInput("not a postcard") from error

    async def send(self, outgoing: Outgoing) -> str | None:
        async with self._news:
            self.sent.append(outgoing)
            self._news.notify_all()
        if error := self.fails(outgoing):
            raise error
        return f"card-{outgoing.id}"

    async def has_sent(self, times: int, timeout: float = 10.0) -> list[Outgoing]:
        """Waits until `send` was called so many times."""
        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(lambda: len(self.sent) >= times)
        return self.sent

    @property
    def routes(self) -> APIRouter:
        return APIRouter()


def card(user: str, key: str, text: str, **also: str) -> bytes:
    """An update of the channel."""
    return json.dumps({"user": user, "key": key, "text": text, **also}).encode()


def lane(user: str) -> str:
    """The lane of a user's updates."""
    return Address(Postcards.name, Postcards.account, user).lane
