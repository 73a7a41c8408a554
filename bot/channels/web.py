"""For customers on the company's own web page: sessions, messages, and a live stream of what is said.

Nothing is pushed: the page reads the thread, so a message is delivered when it is committed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field
from sqlalchemy import RowMapping, and_, select
from sse_starlette import EventSourceResponse, ServerSentEvent

from bot.channels.base import Channel
from bot.conversation import WAITING, State
from bot.errors import BadInput, NotAuthenticated, TooLarge
from bot.http import check_origin, refused
from bot.messages import Address, Author, Choice, Incoming, Kind, Language, Outgoing
from bot.store import conversations
from bot.store.bus import REFRESH, Note
from bot.store.database import Database, Tx
from bot.store.tables import agent, conversation, customer, message, web_session
from bot.streams import event_stream

Put = Callable[[str, str, str, str, bytes], Awaitable[int | None]]
Opening = Callable[[Language], Awaitable[tuple[Choice, ...]]]

# the page stops the customer there, with a word about it
LONGEST = 5000
# there is one page
_ACCOUNT = "site"


class NewSession(BaseModel):
    """What a page may say of its visitor."""

    language: Language | None = None


class Written(BaseModel):
    """One message of the visitor. `id` is made by the page and used against duplicates."""

    id: str = Field(min_length=1, max_length=100)
    text: str
    choice: str | None = Field(None, max_length=100)


class WebChannel(Channel):
    """The chat page and the widget."""

    name: ClassVar[str] = "web"
    pushes: ClassVar[bool] = False
    account = _ACCOUNT

    def __init__(self, database: Database, put: Put, opening: Opening, public_url: str | None) -> None:
        self._database = database
        self._put = put
        self._opening = opening
        self._public_url = public_url

    def read(self, raw: bytes) -> Incoming:
        """The stored message; BadInput when it is none of ours."""
        try:
            stored = json.loads(raw)
            written = Written.model_validate(stored["written"])
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput("not a message of the web chat") from error
        return Incoming(
            address=Address(self.name, self.account, stored["user"]),
            key=written.id,
            kind=Kind.CHOICE if written.choice else Kind.TEXT,
            text=written.text,
            choice=written.choice,
            language=Language(stored["language"]) if stored["language"] else None,
        )

    async def send(self, outgoing: Outgoing) -> str | None:
        """Never called: the page reads the thread."""
        raise AssertionError("the web channel does not push")

    async def thinking(self, incoming: Incoming) -> None:
        """Tells the page that the bot is at work."""
        self._database.bus.publish(
            {"topic": "typing", "user": incoming.address.user, "author": Author.BOT.value}
        )

    @property
    def routes(self) -> APIRouter:
        """`/channels/web`: opening, sessions, messages, state, events."""
        router = APIRouter(dependencies=[Depends(self._from_here)])
        visitor = Depends(self._visitor)

        @router.get("/opening")
        async def opening(language: Language) -> list[dict[str, str]]:
            return [asdict(choice) for choice in await self._opening(language)]

        @router.post("/sessions", status_code=201)
        async def begin(new: NewSession | None = None) -> dict[str, str]:
            return await self._begin(new.language if new else None)

        @router.post("/messages", status_code=202)
        async def write(written: Written, who: RowMapping = visitor) -> dict[str, str]:
            await self._write(who, written)
            return {"id": written.id}

        @router.get("/messages")
        async def thread(after: int = 0, who: RowMapping = visitor) -> list[dict[str, Any]]:
            async with self._database.read() as tx:
                return await _thread(tx, who["user"], after)

        @router.get("/state")
        async def state(who: RowMapping = visitor) -> dict[str, Any]:
            async with self._database.read() as tx:
                return (await _state(tx, who["user"])).told

        @router.get("/events")
        async def events(
            after: int = 0, last_event_id: Annotated[int | None, Header()] = None, who: RowMapping = visitor
        ) -> EventSourceResponse:
            stream = self._events(who["user"], last_event_id if last_event_id is not None else after)
            return event_stream(stream)

        return router

    async def _from_here(self, request: Request) -> None:
        check_origin(request, self._public_url)

    async def _visitor(self, authorization: Annotated[str, Header()] = "") -> RowMapping:
        scheme, _, token = authorization.partition(" ")
        async with self._database.read() as tx:
            # only the hash is compared, so how long that takes tells nothing about the token
            known = await tx.one(select(web_session).where(web_session.c.token_hash == _hash(token)))
        if scheme.lower() != "bearer" or known is None:
            refused("web", "token")
            raise NotAuthenticated("This chat is not known here.", remedy="Begin a new chat.")
        return known

    async def _begin(self, language: Language | None) -> dict[str, str]:
        token, user = secrets.token_urlsafe(32), secrets.token_hex(12)
        async with self._database.write() as tx:
            values = {
                "token_hash": _hash(token),
                "user": user,
                "language": language,
                "created_at": datetime.now(UTC),
            }
            await tx.run(web_session.insert().values(**values))
        return {"session": user, "token": token}

    async def _write(self, who: RowMapping, written: Written) -> None:
        if len(written.text) > LONGEST:
            raise TooLarge(f"A message has at most {LONGEST} characters.", remedy="Send it in several.")
        stored = {"user": who["user"], "language": who["language"], "written": written.model_dump()}
        lane = Address(self.name, self.account, who["user"]).lane
        raw = json.dumps(stored, ensure_ascii=False).encode("utf-8", "surrogatepass")
        await self._put(self.name, self.account, f"{who['user']}:{written.id}", lane, raw)

    async def _events(self, user: str, after: int) -> AsyncGenerator[ServerSentEvent]:
        shown = _State(None, None, None, State.BOT, {})
        with self._database.bus.subscribe("thread", "conversation", "queue", "typing", "agent") as notes:
            note: Note = {"topic": REFRESH}
            while True:
                if note["topic"] == "typing":
                    yield _event("typing", {"author": note["author"]})
                else:
                    # words alone change nothing about who has the word
                    same = note["topic"] == "thread" and shown.conversation is not None
                    async with self._database.read() as tx:
                        messages = await _thread(tx, user, after)
                        state = shown if same else await _state(tx, user)
                    for one in messages:
                        after = one["seq"]
                        yield _event("message", one, str(after))
                    if state.told != shown.told:
                        yield _event("state", state.told)
                    shown = state
                note = await notes.get()
                while not shown.concerned_by(note, user):
                    note = await notes.get()


@dataclass(frozen=True, slots=True)
class _State:
    """What a stream has told last, and so which notes are news to it."""

    customer: int | None
    conversation: int | None
    agent: int | None
    state: State
    told: dict[str, Any]

    def concerned_by(self, note: Note, user: str) -> bool:
        match note["topic"]:
            case "typing":
                return bool(note["user"] == user)
            case "thread":
                return self.customer is None or note["customer"] == self.customer
            case "conversation":
                return bool(note["id"] == self.conversation)
            case "agent":
                return bool(self.state is State.ACTIVE and note["id"] == self.agent)
            case "queue":
                return self.state in WAITING
        return True


async def _thread(tx: Tx, user: str, after: int) -> list[dict[str, Any]]:
    said = (
        select(message, agent.c.name)
        .join(customer, customer.c.id == message.c.customer_id)
        .outerjoin(agent, agent.c.id == message.c.agent_id)
        .where(_is(user), message.c.seq > after)
        .order_by(message.c.seq)
        .limit(1000)
    )
    return [
        {
            "seq": row["seq"],
            "id": row["client_id"] if row["author"] == Author.CUSTOMER else None,
            "author": row["author"],
            "name": row["name"],
            "text": row["text"],
            "choices": row["choices"],
            "image": row["image"],
            "at": row["at"].isoformat(),
        }
        for row in await tx.all(said)
    ]


async def _state(tx: Tx, user: str) -> _State:
    row = await tx.one(
        select(conversation, agent.c.name.label("agent_name"))
        .join(customer, customer.c.id == conversation.c.customer_id)
        .outerjoin(agent, agent.c.id == conversation.c.agent_id)
        .where(_is(user), conversation.c.closed_at.is_(None))
    )
    if row is None:
        return _State(
            None, None, None, State.BOT, {"state": State.BOT.value, "position": None, "agent": None}
        )
    held = conversations.as_value(row)
    told = {
        "state": held.state.value,
        "position": await conversations.position(tx, held) if held.state in WAITING else None,
        "agent": row["agent_name"] if held.state is State.ACTIVE else None,
    }
    return _State(row["customer_id"], row["id"], held.agent, held.state, told)


def _is(user: str) -> Any:
    same_place = and_(customer.c.channel == WebChannel.name, customer.c.account == _ACCOUNT)
    return and_(same_place, customer.c.user == user)


def _event(name: str, data: dict[str, Any], number: str | None = None) -> ServerSentEvent:
    return ServerSentEvent(event=name, id=number, data=json.dumps(data, ensure_ascii=False))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
