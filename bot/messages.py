"""For every part of the gateway: the frozen values that travel between a channel, the router and the brain.

Nothing of a client library passes this border.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Language(StrEnum):
    """The languages that customers are answered in."""

    ZH = "zh"
    EN = "en"


class Kind(StrEnum):
    """What a customer sent. Everything but TEXT and CHOICE has only a description as its text."""

    TEXT = "text"
    CHOICE = "choice"
    START = "start"
    PHOTO = "photo"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    LINK = "link"
    LEFT = "left"
    OTHER = "other"


# What the brain can read; everything else waits for an agent, or is answered with what the bot can do.
READABLE = frozenset({Kind.TEXT, Kind.CHOICE})


class Author(StrEnum):
    """Who said it, as every screen shows it."""

    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a customer is reached: the channel, the account of ours there, and the customer's id (or
    chat) there.
    """

    channel: str
    account: str
    user: str

    @property
    def lane(self) -> str:
        """The name under which this customer's messages are kept in order."""
        return f"{self.channel}:{self.account}:{self.user}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers offered below a message."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """A customer's message as a channel understood it.

    `key` is the client's or platform's id (unique per address), `language` what the platform says of the
    customer's language, `about` facts for the agent (file name, coordinates, ...).
    """

    address: Address
    key: str
    kind: Kind
    text: str
    choice: str | None = None
    name: str | None = None
    language: Language | None = None
    about: dict[str, Any] = field(default_factory=dict)
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One message to a customer, before it has a place in the thread."""

    text: str
    choices: tuple[Choice, ...] = ()
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way out: what a channel's `send` gets from the outbox."""

    id: int
    address: Address
    author: Author
    said: Said
    language: Language
    name: str | None = None
    # of a long message that goes out in several: how many arrived in an earlier attempt
    parts_sent: int = 0


@dataclass(frozen=True, slots=True)
class Likely:
    """An intent and the probability that it is the right one, 0 to 1."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the brain answers to one message. `state` is the dialogue's new state, opaque to the gateway.

    `intent` is what the message was taken for, also when it was a choice, which is in no `ranking`.
    """

    messages: tuple[Said, ...]
    state: dict[str, Any] | None
    ranking: tuple[Likely, ...]
    threshold: float
    slots: dict[str, Any]
    actions: tuple[dict[str, Any], ...]
    handoff: str | None
    model: str
    milliseconds: float
    asked_back: bool
    intent: Likely | None = None
