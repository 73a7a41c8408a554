"""For whoever calls the agents' API: the values it takes and gives, as its OpenAPI description shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from bot.conversation import State
from bot.messages import Author, Kind, Language
from handoff.agents import Role, Status, StatusReason


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("a NUL character cannot be stored")
    return text


_Storable = AfterValidator(_storable)
_Line = StringConstraints(strip_whitespace=True, min_length=1, max_length=120)
_Login = StringConstraints(
    strip_whitespace=True, min_length=2, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]*$"
)

_Name = Annotated[str, _Line, _Storable]
_NewPassword = Annotated[str, Field(min_length=10, max_length=200)]
_Roles = Annotated[set[Role], Field(min_length=1)]
_Capacity = Annotated[int, Field(ge=1, le=20)]


class SignIn(BaseModel):
    """What an agent signs in with."""

    login: Annotated[str, Field(max_length=64), _Storable]
    password: Annotated[str, Field(max_length=200)]


class NewAgent(BaseModel):
    """An agent to be added."""

    login: Annotated[str, _Login]
    password: _NewPassword
    name: _Name
    roles: _Roles = {Role.AGENT}
    capacity: _Capacity = 3


class AgentChange(BaseModel):
    """What is to be different about an agent; what is left out stays.

    With a new password, or disabled, the agent is signed out everywhere, and gives everything back to the
    queue. Who is disabled cannot sign in.
    """

    name: _Name | None = None
    roles: _Roles | None = None
    capacity: _Capacity | None = None
    password: _NewPassword | None = None
    disabled: bool | None = None


class PasswordChange(BaseModel):
    """The password that holds now, and the one that is to hold."""

    current: Annotated[str, Field(max_length=200)]
    new: _NewPassword


class StatusChange(BaseModel):
    """Ready for offers, or away."""

    status: Literal[Status.READY, Status.AWAY]


class Step(BaseModel):
    """Accept, resolve or requeue: with the epoch that the agent saw, or without."""

    epoch: int | None = None


class Reply(Step):
    """What the agent says. `id` is made by the client: the same id is the same message."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), _Storable]
    id: Annotated[str, _Line, _Storable] | None = None


class Customer(BaseModel):
    """A customer. `name` is null where the channel knows none, as for visitors of the web page."""

    id: int
    name: str | None


class Person(BaseModel):
    """An agent, by name."""

    id: int
    name: str


class Agent(Person):
    """An agent. `status` is `away` for who is not here; `load` counts offered and active conversations.

    `status_reason` is given when the product set the status: after two offers in a row that ran out.
    """

    login: str
    roles: list[Role]
    capacity: int
    status: Status
    status_reason: StatusReason | None
    load: int


class SignedIn(BaseModel):
    """The agent of this session, and what `X-CSRF-Token` has to say on calls that change something.

    `elsewhere`: signed in in another browser, too. Whom the agent serves then stays when this session ends.
    """

    csrf: str
    agent: Agent
    elsewhere: bool


class Last(BaseModel):
    """The newest message of the customer or an agent, at most 200 characters of it."""

    author: Author
    text: str
    at: datetime


class Row(BaseModel):
    """A conversation as lists show it. `position` is the place in the queue, 1 is next.

    `unanswered_since`: in hand, and nobody has answered since; the first message counts, or the handoff.
    """

    id: int
    state: State
    epoch: int
    reason: str | None
    channel: str
    language: Language
    customer: Customer
    enqueued_at: datetime | None
    offered_until: datetime | None
    agent: Person | None
    position: int | None
    unanswered_since: datetime | None
    last: Last | None
    last_seq: int


class Likely(BaseModel):
    """An intent and the probability that it was meant, 0 to 1."""

    name: str
    confidence: float


class Why(BaseModel):
    """Why the bot handed over: the likeliest intents against the threshold, what is known, what it missed.

    `phone_verified`: whether a code had proven the number in the slot `phone`; null when there is none.
    """

    reason: str
    text: str | None
    threshold: float | None
    ranking: list[Likely]
    slots: dict[str, Any]
    phone_verified: bool | None
    failed: list[str]


class Choice(BaseModel):
    """One of the answers offered below a message."""

    id: str
    title: str


class Message(BaseModel):
    """A message of the thread. `client_id` is the id that the agent's client made.

    `delivery` is null where there is none to follow: what customers say, and what they fetch themselves.
    """

    id: int
    client_id: str | None
    seq: int
    author: Author
    name: str | None
    kind: Kind
    text: str
    choices: list[Choice]
    image: str | None
    about: dict[str, Any]
    at: datetime
    delivery: Literal["queued", "sending", "sent", "unknown", "failed", "cancelled"] | None
    delivery_error: str | None


class HistoryStep(BaseModel):
    """A transition. `actor` is `bot`, `customer`, `system` or `agent:ID`."""

    type: str
    at: datetime
    actor: str
    data: dict[str, Any]


class Suggestion(BaseModel):
    """What the bot would have said, had nobody taken over."""

    text: str
    at: datetime


class Deed(BaseModel):
    """Something the bot had done in the business system, and what it told the customer of it."""

    action: str
    at: datetime
    told: str


class Conversation(Row):
    """A conversation whole: at most the newest 500 messages before `before`."""

    why: Why | None
    messages: list[Message]
    events: list[HistoryStep]
    suggestions: list[Suggestion]
    deeds: list[Deed]


# as long as a text can sensibly be is said by the rules of a notice, in words; this only bounds the work
_Text = Annotated[str, Field(max_length=5000), _Storable]
_Names = list[_Text]


class InBoth(BaseModel):
    """A text in both of the customers' languages."""

    zh: _Text
    en: _Text


class Area(BaseModel):
    """A place's names, as customers may write them; the first is the one that they read."""

    zh: _Names
    en: _Names


class NewOutage(BaseModel):
    """An outage notice to be pinned. Without an area it is for everybody."""

    subjects: Annotated[list[_Text], Field(max_length=50)]
    area: Area | None = None
    text: InBoth
    until: AwareDatetime


class OutageChange(BaseModel):
    """What is to be different about a notice; what is left out stays."""

    text: InBoth | None = None
    until: AwareDatetime | None = None


class OutageSubject(BaseModel):
    """What a notice may be about."""

    name: str
    title: InBoth


class Outage(BaseModel):
    """An outage notice. `pinned_by` is null when it was pinned on the command line.

    `answered` counts its answers; `want_news` customers asked to be told when it is over, `not_meant` said
    that their trouble was another.
    """

    id: int
    subjects: list[str]
    area: Area | None
    text: InBoth
    until: datetime
    pinned_at: datetime
    pinned_by: Person | None
    ended_at: datetime | None
    live: bool
    answered: int
    want_news: int
    not_meant: int


class Outages(BaseModel):
    """The notices, and the subjects that one may have."""

    subjects: list[OutageSubject]
    notices: list[Outage]


class System(BaseModel):
    """How the installation is."""

    brain: Literal["ready", "starting", "down"]
    waiting: int
    version: str


class Holder(BaseModel):
    """Who has a conversation now."""

    state: State
    epoch: int
    agent: Person | None


class Problem(BaseModel):
    """What went wrong, and who can do what about it."""

    code: str
    message: str
    remedy: str
    holder: Holder | None


class Refusal(BaseModel):
    """Every answer that is not a success."""

    error: Problem
