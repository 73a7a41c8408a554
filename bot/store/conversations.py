"""For router and desk: a conversation's row in and out of the pure state machine, with its history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, Subquery, and_, bindparam, func, select, update

from bot.conversation import OPEN, WAITING, Conversation, Moved, Reason, State
from bot.errors import StaleEpoch
from bot.store.database import Tx
from bot.store.tables import assignment, conversation, event

# Who waits, and in which order they are served: one definition for queue, screens and notices.
WAITS = and_(conversation.c.state.in_(sorted(WAITING)), conversation.c.closed_at.is_(None))
IN_ORDER = (conversation.c.priority.desc(), conversation.c.enqueued_at, conversation.c.id)


async def open_for(tx: Tx, customer_id: int) -> RowMapping:
    """The customer's open conversation, locked; a new one with the bot when there is none."""
    row = await tx.one(_open, {"customer": customer_id})
    if row is None:
        await tx.insert_new(
            conversation,
            customer_id=customer_id,
            state=State.BOT.value,
            epoch=0,
            priority=0,
            dialogue_version=0,
            opened_at=datetime.now(UTC),
        )
        row = await tx.one(_open, {"customer": customer_id})
    assert row is not None
    return row


async def locked(tx: Tx, conversation_id: int) -> RowMapping | None:
    """The row, locked until the transaction ends; None when there is no such conversation."""
    return await tx.one(_this, {"conversation": conversation_id})


_open = (
    select(conversation)
    .where(conversation.c.customer_id == bindparam("customer"), conversation.c.closed_at.is_(None))
    .with_for_update()
)
_this = select(conversation).where(conversation.c.id == bindparam("conversation")).with_for_update()


def as_value(row: RowMapping) -> Conversation:
    """The part of the row that the state machine knows."""
    return Conversation(
        id=row["id"],
        state=State(row["state"]),
        epoch=row["epoch"],
        reason=Reason(row["reason"]) if row["reason"] else None,
        agent=row["agent_id"],
        offered_until=row["offered_until"],
        excluded=row["excluded_id"],
        enqueued_at=row["enqueued_at"],
        priority=row["priority"],
    )


async def apply(tx: Tx, moved: Moved, **also: Any) -> None:
    """Writes a transition, its event and what it means for the assignment; `also` are further columns."""
    before, after, now = moved.before, moved.after, datetime.now(UTC)
    changed = await tx.run(
        update(conversation)
        .where(conversation.c.id == before.id, conversation.c.epoch == before.epoch)
        .values(
            state=after.state.value,
            epoch=after.epoch,
            reason=after.reason.value if after.reason else None,
            agent_id=after.agent,
            offered_until=after.offered_until,
            excluded_id=after.excluded,
            enqueued_at=after.enqueued_at,
            priority=after.priority,
            closed_at=None if after.state in OPEN else now,
            **also,
        )
    )
    if changed != 1:
        raise StaleEpoch
    await tx.insert(
        event,
        conversation_id=after.id,
        epoch=after.epoch,
        type=moved.event.type.value,
        actor=moved.event.actor,
        data=dict(moved.event.data),
        at=now,
    )
    await _assign(tx, moved, now)
    tx.note(
        "conversation",
        id=after.id,
        epoch=after.epoch,
        state=after.state.value,
        agent=after.agent or before.agent,
    )
    if State.QUEUED in {before.state, after.state} or State.OFFERED in {before.state, after.state}:
        tx.note("queue")


async def _assign(tx: Tx, moved: Moved, now: datetime) -> None:
    before, after = moved.before, moved.after
    live = and_(assignment.c.conversation_id == after.id, assignment.c.ended_at.is_(None))
    if before.agent is not None and before.agent != after.agent:
        await tx.run(update(assignment).where(live).values(ended_at=now, outcome=moved.event.type.value))
        tx.note("agent", id=before.agent)
    if after.agent is not None and before.agent != after.agent:
        accepted = now if after.state is State.ACTIVE else None
        await tx.insert(
            assignment, conversation_id=after.id, agent_id=after.agent, offered_at=now, accepted_at=accepted
        )
    elif after.agent is not None and after.state is State.ACTIVE:
        await tx.run(update(assignment).where(live).values(accepted_at=now))


def places() -> Subquery:
    """Everybody who waits with the place in the queue, 1 for the next to be served."""
    place = func.row_number().over(order_by=IN_ORDER).label("position")
    return select(conversation.c.id, place).where(WAITS).subquery()


async def position(tx: Tx, waiting: Conversation) -> int:
    """The place of one who waits."""
    place = places()
    return int(await tx.value(select(place.c.position).where(place.c.id == waiting.id)))
