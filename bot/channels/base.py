"""For whoever adds a channel: what the gateway asks of it, and nothing more.

A channel verifies and stores what its platform brings (`Inbox.receive`), acknowledges, and later turns the
stored bytes into an `Incoming`. It sends an `Outgoing`, and says by the error it raises what became of it
(`bot.errors.DeliveryError`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from fastapi import APIRouter

from bot.messages import Address, Incoming, Outgoing


class Channel(ABC):
    """One platform, one account of ours there."""

    name: ClassVar[str]
    # False where customers fetch their messages themselves: nothing goes through the outbox then.
    pushes: ClassVar[bool] = True
    # Seconds for which the outbox holds an answer back, because the platform's own reply window may carry it.
    reply_window: ClassVar[float] = 0.0

    account: str

    @abstractmethod
    def read(self, raw: bytes) -> Incoming | None:
        """A stored update as a message; None when it is none of a customer's messages (then it is done).

        Raises BadInput when it cannot be understood: the update is quarantined, never lost.
        """

    @abstractmethod
    async def send(self, outgoing: Outgoing) -> str | None:
        """Delivers, and gives the provider's id of the message. Raises a DeliveryError leaf otherwise.

        Must end within 10 seconds: the outbox's lease lasts 15.
        """

    async def stored(self, incoming: Incoming) -> None:  # noqa: B027
        """Called when the message is in the thread: answers a tapped button.

        Best effort, like the next: what it raises is logged, and the message goes on.
        """

    async def thinking(self, incoming: Incoming) -> None:  # noqa: B027
        """Called when the answer takes more than a moment: shows typing, where that is cheap."""

    async def typing(self, address: Address) -> None:  # noqa: B027
        """Shows the customer that an answer is being written. Best effort."""

    @property
    @abstractmethod
    def routes(self) -> APIRouter:
        """The channel's own HTTP routes, mounted at `/channels/{name}`."""

    async def start(self) -> None:  # noqa: B027
        """Called once, when inbox and outbox run: registers a webhook, or starts to poll."""

    async def stop(self) -> None:  # noqa: B027
        """Called once, at the end."""
