"""For the agents' screens: conversations and agents as the database has them now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, and_, func, select

from bot.conversation import WAITING, EventType
from bot.errors import Forbidden, NotFound
from bot.messages import Author
from bot.store.conversations import IN_ORDER, WAITS, places
from bot.store.database import Database, Tx
from bot.store.staff import present
from bot.store.tables import agent, assignment, conversation, customer, event, message, outbox, prediction
from handoff import views
from handoff.agents import LIVE, Me, Status, load

_MESSAGES = 500


class Lookups:
    """What agents may read."""

    def __init__(self, database: Database, *, gone_seconds: float, now: Callable[[], datetime]) -> None:
        self._database = database
        self._gone_seconds = gone_seconds
        self._now = now

    async def queue(self) -> list[views.Row]:
        """Who waits, and to whom they are offered, in the order in which they are served."""
        async with self._database.read() as tx:
            return [_row(one) for one in await tx.all(_rows().where(WAITS))]

    async def mine(self, me: Me) -> list[views.Row]:
        """What is offered to me or active with me, the longest waiting first."""
        live = conversation.c.state.in_(LIVE), conversation.c.closed_at.is_(None)
        async with self._database.read() as tx:
            return [_row(one) for one in await tx.all(_rows().where(conversation.c.agent_id == me.id, *live))]

    async def row(self, conversation_id: int) -> views.Row:
        """One conversation as lists show it. Raises NotFound."""
        async with self._database.read() as tx:
            return _row(await _one(tx, conversation_id))

    async def conversation(self, me: Me, conversation_id: int, before: int | None) -> views.Conversation:
        """One conversation whole. Raises NotFound; Forbidden when it is another agent's, or nobody's yet."""
        async with self._database.read() as tx:
            row = await _one(tx, conversation_id)
            if not await _may_read(tx, me, row):
                raise Forbidden("This conversation is another agent's, or the bot's.")
            events = await tx.all(
                select(event).where(event.c.conversation_id == conversation_id).order_by(event.c.id)
            )
            return views.Conversation(
                **_row(row).model_dump(),
                why=_why(row, events),
                messages=await _messages(tx, conversation_id, before),
                events=[views.HistoryStep(**one) for one in events],
                suggestions=await _suggestions(tx, row),
            )

    async def message(self, message_id: int) -> views.Message:
        """One message. Raises NotFound."""
        async with self._database.read() as tx:
            row = await tx.one(_thread().where(message.c.id == message_id))
        if row is None:
            raise NotFound("There is no such message.")
        return _message(row)

    async def agents(self, agent_id: int | None = None) -> list[views.Agent]:
        """Every agent by name, or one."""
        here = present(self._now(), self._gone_seconds)
        statement = select(agent, load().label("load"), here.label("here")).order_by(agent.c.name, agent.c.id)
        if agent_id is not None:
            statement = statement.where(agent.c.id == agent_id)
        async with self._database.read() as tx:
            return [_agent(one) for one in await tx.all(statement)]

    async def agent(self, agent_id: int) -> views.Agent:
        """One agent. Raises NotFound."""
        for one in await self.agents(agent_id):
            return one
        raise NotFound("There is no such agent.")

    async def waiting(self) -> int:
        """How many customers wait for an agent, offered ones included."""
        async with self._database.read() as tx:
            return int(await tx.value(select(func.count()).select_from(conversation).where(WAITS)))

    async def whereabouts(self, conversations: Collection[int]) -> list[Whereabouts]:
        """What events tell of these conversations."""
        where = conversation.c.id, conversation.c.epoch, conversation.c.state, _last_seq.label("last_seq")
        served = assignment.c.conversation_id.in_(conversations), assignment.c.accepted_at.is_not(None)
        readers: dict[int, set[int]] = {one: set() for one in conversations}
        async with self._database.read() as tx:
            rows = await tx.all(select(*where).where(conversation.c.id.in_(conversations)))
            for share in await tx.all(select(assignment).where(*served)):
                readers[share["conversation_id"]].add(share["agent_id"])
        return [Whereabouts(**one, readers=frozenset(readers[one["id"]])) for one in rows]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a conversation stands. `readers` are the agents who serve or have served it."""

    id: int
    epoch: int
    state: str
    last_seq: int
    readers: frozenset[int]

    def concerns(self, me: Me) -> bool:
        """Whether this agent may read the conversation."""
        return me.is_admin or self.state in WAITING or me.id in self.readers


async def _one(tx: Tx, conversation_id: int) -> RowMapping:
    row = await tx.one(_rows().where(conversation.c.id == conversation_id))
    if row is None:
        raise NotFound("There is no such conversation.")
    return row


async def _may_read(tx: Tx, me: Me, row: RowMapping) -> bool:
    if me.is_admin or row["state"] in WAITING:
        return True
    served = assignment.c.conversation_id == row["id"], assignment.c.agent_id == me.id
    handled = select(assignment.c.id).where(*served, assignment.c.accepted_at.is_not(None))
    return await tx.value(handled.limit(1)) is not None


_newest = select(func.max(message.c.seq)).where(message.c.conversation_id == conversation.c.id)
_last_seq = func.coalesce(_newest.correlate(conversation).scalar_subquery(), 0)
# what bot and system say around a handoff is the same for everybody: a list shows what people said
_by_people = message.c.author.in_((Author.CUSTOMER.value, Author.AGENT.value))
_last_of_people = _newest.where(_by_people).correlate(conversation).scalar_subquery()


def _rows() -> Select[Any]:
    place = places()
    # one at most: message numbers are unique within a customer
    last = and_(message.c.customer_id == conversation.c.customer_id, message.c.seq == _last_of_people)
    return (
        select(
            conversation,
            customer.c.channel,
            customer.c.language,
            customer.c.name.label("customer_name"),
            agent.c.name.label("agent_name"),
            place.c.position,
            _last_seq.label("last_seq"),
            message.c.author.label("last_author"),
            func.substr(message.c.text, 1, 200).label("last_text"),
            message.c.at.label("last_at"),
        )
        .join(customer, customer.c.id == conversation.c.customer_id)
        .outerjoin(agent, agent.c.id == conversation.c.agent_id)
        .outerjoin(place, place.c.id == conversation.c.id)
        .outerjoin(message, last)
        .order_by(*IN_ORDER)
    )


def _row(row: RowMapping) -> views.Row:
    return views.Row(
        **{name: row[name] for name in ("id", "state", "epoch", "reason", "channel", "language", "last_seq")},
        customer=views.Customer(id=row["customer_id"], name=row["customer_name"] or None),
        enqueued_at=row["enqueued_at"],
        offered_until=row["offered_until"],
        agent=_person(row["agent_id"], row["agent_name"]),
        position=row["position"],
        last=_last(row),
    )


def _person(person_id: int | None, name: str | None) -> views.Person | None:
    return None if person_id is None else views.Person(id=person_id, name=name or "")


def _last(row: RowMapping) -> views.Last | None:
    if row["last_at"] is None:
        return None
    return views.Last(author=row["last_author"], text=row["last_text"], at=row["last_at"])


def _why(row: RowMapping, events: Sequence[RowMapping]) -> views.Why | None:
    handoffs = [one for one in events if one["type"] == EventType.HANDED_OFF]
    if not handoffs:
        return None
    known = {"text": None, "threshold": None, "ranking": [], "slots": {}, "failed": []} | (row["why"] or {})
    return views.Why(**known | {"reason": handoffs[-1]["data"]["reason"]})


async def _messages(tx: Tx, conversation_id: int, before: int | None) -> list[views.Message]:
    statement = _thread().where(message.c.conversation_id == conversation_id)
    if before is not None:
        statement = statement.where(message.c.seq < before)
    rows = await tx.all(statement.order_by(message.c.seq.desc()).limit(_MESSAGES))
    return [_message(one) for one in reversed(rows)]


def _thread() -> Select[Any]:
    return (
        select(
            message,
            agent.c.name.label("agent_name"),
            outbox.c.state.label("delivery"),
            outbox.c.error.label("delivery_error"),
        )
        .outerjoin(agent, agent.c.id == message.c.agent_id)
        .outerjoin(outbox, outbox.c.message_id == message.c.id)
    )


def _message(row: RowMapping) -> views.Message:
    said_by_agent = row["author"] == Author.AGENT
    return views.Message.model_validate(
        {**row, "name": row["agent_name"], "client_id": row["client_id"] if said_by_agent else None}
    )


async def _suggestions(tx: Tx, row: RowMapping) -> list[views.Suggestion]:
    """Answers of the bot that came too late, since this handoff."""
    if row["enqueued_at"] is None:
        return []
    late = prediction.c.conversation_id == row["id"], prediction.c.at >= row["enqueued_at"]
    kept = select(prediction.c.suggestion, prediction.c.at).where(*late, prediction.c.suggestion.is_not(None))
    found = await tx.all(kept.order_by(prediction.c.id))
    return [views.Suggestion(text=text, at=one["at"]) for one in found for text in one["suggestion"] or ()]


def _agent(row: RowMapping) -> views.Agent:
    known = {
        name: row[name] for name in ("id", "login", "name", "roles", "capacity", "load", "status_reason")
    }
    asked_for = Status(row["status"])
    absent = asked_for is Status.READY and not row["here"]
    return views.Agent(**known, status=Status.AWAY if absent else asked_for)
