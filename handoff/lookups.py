"""For the agents' screens: conversations and agents as the database has them now."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, and_, func, select

from bot.conversation import WAITING, EventType, State
from bot.errors import Forbidden, NotFound
from bot.messages import Author
from bot.store.conversations import IN_ORDER, WAITS, places
from bot.store.database import Database, Tx
from bot.store.predictions import Outcome
from bot.store.staff import present
from bot.store.tables import agent, assignment, conversation, customer, event, message, outbox, prediction
from handoff import views
from handoff.agents import LIVE, Me, Status, load

_MESSAGES = 500
# the actions that change something in the business system
_DEEDS = frozenset(
    {
        "action_do_change_plan",
        "action_do_cancel_order",
        "action_book_visit",
        "action_book_callback",
        "action_open_complaint",
    }
)
_DEEDS_SHOWN = 5


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
        """What is offered to me or active with me, the longest unanswered first."""
        live = conversation.c.state.in_(LIVE), conversation.c.closed_at.is_(None)
        async with self._database.read() as tx:
            rows = await tx.all(_rows().where(conversation.c.agent_id == me.id, *live))
        return sorted(map(_row, rows), key=lambda row: (not row.unanswered_since, row.unanswered_since))

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
            messages = await _messages(tx, conversation_id, before)
            return views.Conversation(
                **_row(row).model_dump(),
                why=_why(row, events, messages),
                messages=[_message(one) for one in messages],
                events=[views.HistoryStep(**one) for one in events],
                suggestions=await _suggestions(tx, row),
                deeds=await _deeds(tx, conversation_id),
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
# the newest answer of a person since the handoff, and the first message that has none
_answered = (
    _newest.where(message.c.author == Author.AGENT.value, message.c.at >= conversation.c.enqueued_at)
    .correlate(conversation)
    .scalar_subquery()
)
_unanswered = (
    select(func.min(message.c.at))
    .where(message.c.conversation_id == conversation.c.id, message.c.author == Author.CUSTOMER.value)
    .where(message.c.seq > _answered)
    .correlate(conversation)
    .scalar_subquery()
)

# Whether a code was asked for by the answer to the customer's message before this one.
_earlier, _answer_to = message.alias(), prediction.alias()
_before = (
    select(func.max(_earlier.c.id))
    .where(_earlier.c.conversation_id == message.c.conversation_id, _earlier.c.id < message.c.id)
    .where(_earlier.c.author == Author.CUSTOMER.value)
    .correlate(message)
    .scalar_subquery()
)
_is_code = and_(
    message.c.author == Author.CUSTOMER.value,
    select(_answer_to.c.id)
    .where(_answer_to.c.message_id == _before, _answer_to.c.outcome == Outcome.ANSWERED.value)
    .where(_answer_to.c.slots["code_sent_to"].as_string().is_not(None))
    .where(_answer_to.c.slots["verified_phone"].as_string().is_(None))
    .where(_answer_to.c.slots["form_over"].as_boolean().is_not(True))
    .correlate(message)
    .exists(),
)
_CODE = re.compile(r"(?<!\d)\d(?:[ -]?\d){3,7}(?!\d)")

# What the bot said first about the message of a prediction.
_reply = message.alias()
_reply_seq = (
    select(func.min(_reply.c.seq))
    .where(_reply.c.conversation_id == prediction.c.conversation_id, _reply.c.id > prediction.c.message_id)
    .where(_reply.c.author == Author.BOT.value)
    .correlate(prediction)
    .scalar_subquery()
)
_told = (
    select(func.substr(_reply.c.text, 1, 200))
    .where(_reply.c.conversation_id == prediction.c.conversation_id, _reply.c.seq == _reply_seq)
    .correlate(prediction)
    .scalar_subquery()
)


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
            _answered.label("answered_seq"),
            _unanswered.label("unanswered_at"),
            _is_code.label("is_code"),
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
        unanswered_since=_unanswered_since(row),
        last=_last(row),
    )


def _person(person_id: int | None, name: str | None) -> views.Person | None:
    return None if person_id is None else views.Person(id=person_id, name=name or "")


def _unanswered_since(row: RowMapping) -> datetime | None:
    if row["state"] != State.ACTIVE.value:
        return None
    since: datetime | None = row["enqueued_at"] if row["answered_seq"] is None else row["unanswered_at"]
    return since


def _last(row: RowMapping) -> views.Last | None:
    if row["last_at"] is None:
        return None
    return views.Last(author=row["last_author"], text=_readable(row, row["last_text"]), at=row["last_at"])


def _readable(row: RowMapping, text: str) -> str:
    """A customer's code is nobody else's business."""
    return _CODE.sub(lambda code: re.sub(r"\d", "•", code[0]), text) if row["is_code"] else text


def _why(row: RowMapping, events: Sequence[RowMapping], messages: Sequence[RowMapping]) -> views.Why | None:
    handoffs = [one for one in events if one["type"] == EventType.HANDED_OFF]
    if not handoffs:
        return None
    known = {"text": None, "threshold": None, "ranking": [], "slots": {}, "failed": []} | (row["why"] or {})
    readable = {one["text"]: _readable(one, one["text"]) for one in messages}
    known["text"] = readable.get(known["text"], known["text"])
    known["failed"] = [readable.get(text, text) for text in known["failed"]]
    verified = _phone_verified(known["slots"], handoffs[-1]["at"])
    return views.Why(**known | {"reason": handoffs[-1]["data"]["reason"], "phone_verified": verified})


def _phone_verified(slots: dict[str, Any], at: datetime) -> bool | None:
    """Whether it was proven when the conversation was handed over: a proof does not hold for ever."""
    phone, proven, until = (slots.get(name) for name in ("phone", "verified_phone", "verified_until"))
    if not (phone or proven):
        return None
    return bool(proven and proven == (phone or proven) and until and until > at.timestamp())


async def _messages(tx: Tx, conversation_id: int, before: int | None) -> list[RowMapping]:
    statement = _thread().where(message.c.conversation_id == conversation_id)
    if before is not None:
        statement = statement.where(message.c.seq < before)
    rows = await tx.all(statement.order_by(message.c.seq.desc()).limit(_MESSAGES))
    return list(reversed(rows))


def _thread() -> Select[Any]:
    return (
        select(
            message,
            agent.c.name.label("agent_name"),
            outbox.c.state.label("delivery"),
            outbox.c.error.label("delivery_error"),
            _is_code.label("is_code"),
        )
        .outerjoin(agent, agent.c.id == message.c.agent_id)
        .outerjoin(outbox, outbox.c.message_id == message.c.id)
    )


def _message(row: RowMapping) -> views.Message:
    said_by_agent = row["author"] == Author.AGENT
    return views.Message.model_validate(
        {
            **row,
            "text": _readable(row, row["text"]),
            "name": row["agent_name"],
            "client_id": row["client_id"] if said_by_agent else None,
        }
    )


async def _suggestions(tx: Tx, row: RowMapping) -> list[views.Suggestion]:
    """Answers of the bot that came too late, since this handoff."""
    if row["enqueued_at"] is None:
        return []
    late = prediction.c.conversation_id == row["id"], prediction.c.at >= row["enqueued_at"]
    kept = select(prediction.c.suggestion, prediction.c.at).where(*late, prediction.c.suggestion.is_not(None))
    found = await tx.all(kept.order_by(prediction.c.id))
    return [views.Suggestion(text=text, at=one["at"]) for one in found for text in one["suggestion"] or ()]


async def _deeds(tx: Tx, conversation_id: int) -> list[views.Deed]:
    """What the bot had done in the business system, the latest last."""
    kept = prediction.c.conversation_id == conversation_id, prediction.c.outcome != Outcome.DROPPED.value
    done = select(prediction.c.actions, prediction.c.at, _told.label("told")).where(*kept)
    return [
        views.Deed(action=action["name"], at=one["at"], told=one["told"] or "")
        for one in await tx.all(done.order_by(prediction.c.id))
        for action in one["actions"]
        if action["name"] in _DEEDS
    ][-_DEEDS_SHOWN:]


def _agent(row: RowMapping) -> views.Agent:
    known = {
        name: row[name] for name in ("id", "login", "name", "roles", "capacity", "load", "status_reason")
    }
    asked_for = Status(row["status"])
    absent = asked_for is Status.READY and not row["here"]
    return views.Agent(**known, status=Status.AWAY if absent else asked_for)
