"""For customers who wait: each is offered to an agent in turn, and comes back when the agent does not serve.

All of it is rows, so a restart forgets nothing, and any number of gateways may do this at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, and_, case, false, func, not_, or_, select, update

from bot.conversation import Conversation, Moved, State
from bot.notices import BACK_TO_BOT
from bot.store import conversations
from bot.store.database import Database, Tx
from bot.store.tables import agent, conversation
from handoff.agents import LIVE, Status, load, present, room
from handoff.hold import Teller, hold, move

log = structlog.get_logger()

_SWEEP_SECONDS = 1.0
# the name of PostgreSQL's lock, any number that nothing else uses
_OFFERING = 0x6A69656C69


class Queue:
    """Offers who waits to whom is free, and takes back what is not served."""

    def __init__(
        self,
        database: Database,
        teller: Teller,
        *,
        offer_seconds: float,
        gone_seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._teller = teller
        self._offer_seconds = offer_seconds
        self._gone_seconds = gone_seconds
        self._now = now
        self._watching_since = now()
        self._worker: asyncio.Task[None] | None = None

    async def settle(self) -> None:
        """Takes back what is not served, then offers until nobody waits or nobody is free."""
        await self.take_back()
        while await self.offer_next():
            pass

    async def offer_next(self) -> bool:
        """Offers the first who waits to the agent whose turn it is. False when there is nothing to do."""
        if not await self._somebody_waits():
            return False
        async with self._database.write() as tx:
            await _alone(tx)
            # one that is just being changed is passed over
            row = await tx.one(_waiting.with_for_update(skip_locked=True))
            if row is None:
                return False
            waiting, now = conversations.as_value(row), self._now()
            agent_id = await self._whose_turn(tx, waiting.excluded)
            if agent_id is None:
                return False
            if await room(tx, agent_id, ready=True) > 0:
                await move(tx, waiting, agent_id, lambda one: one.offer(agent_id, now, self._offer_seconds))
                await tx.run(update(agent).where(agent.c.id == agent_id).values(assigned_at=now))
        return True

    async def take_back(self, agent_id: int | None = None) -> None:
        """Puts back offers that ran out or whose agent is away, and everything of agents who are gone.

        `agent_id`: only what this agent has.
        """
        overdue = self._not_served()
        if agent_id is not None:
            overdue = overdue.where(conversation.c.agent_id == agent_id)
        async with self._database.read() as tx:
            rows = await tx.all(overdue)
        for row in rows:
            async with self._database.write() as tx:
                await self._take_back_one(tx, row["id"])

    async def start(self) -> None:
        """Begins to watch. Agents who were here before the gateway stopped get time to come back."""
        self._watching_since = self._now()
        self._worker = asyncio.create_task(self._watch(), name="queue")

    async def stop(self) -> None:
        """Ends the watch."""
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker

    async def _watch(self) -> None:
        with self._database.bus.subscribe("queue", "agent", "conversation") as notes:
            while True:
                try:
                    await self.settle()
                except Exception:
                    # nothing is lost: the rows are still there, and the next round comes within a second
                    log.exception("queue.round_failed")
                    await asyncio.sleep(_SWEEP_SECONDS)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(notes.get(), _SWEEP_SECONDS)
                while not notes.empty():
                    notes.get_nowait()

    async def _take_back_one(self, tx: Tx, conversation_id: int) -> None:
        held, now = await hold(tx, conversation_id), self._now()
        overdue = await tx.one(self._not_served().where(conversation.c.id == conversation_id))
        if overdue is None or held.value.agent is None:
            return  # served, or taken back, while we waited for the lock
        gone: bool = overdue["gone"]
        moved = await move(tx, held.value, held.value.agent, lambda one: _way_back(one, now, gone=gone))
        if moved.before.state is State.ACTIVE:
            await self._teller.tell(tx, held, "requeued", BACK_TO_BOT)

    def _not_served(self) -> Select[tuple[int, bool]]:
        now = self._now()
        # a gateway that has just started has not had time to hear from anybody
        settled = now - self._watching_since >= timedelta(seconds=self._gone_seconds)
        gone = not_(present(now, self._gone_seconds)) if settled else false()
        away = and_(
            conversation.c.state == State.OFFERED.value,
            or_(conversation.c.offered_until <= now, agent.c.status != Status.READY.value),
        )
        return (
            select(conversation.c.id, gone.label("gone"))
            .join(agent, agent.c.id == conversation.c.agent_id)
            .where(conversation.c.closed_at.is_(None), conversation.c.state.in_(LIVE), or_(away, gone))
            .order_by(conversation.c.enqueued_at, conversation.c.id)
        )

    async def _somebody_waits(self) -> bool:
        async with self._database.read() as tx:
            return await tx.one(_waiting.with_only_columns(conversation.c.id)) is not None

    async def _whose_turn(self, tx: Tx, excluded: int | None) -> int | None:
        """The least loaded, then the longest idle; who has just let this one pass comes last."""
        free = agent.c.status == Status.READY.value, present(self._now(), self._gone_seconds)
        turn = select(agent.c.id).where(*free, load() < agent.c.capacity).limit(1)
        passed = case((agent.c.id == excluded, 1), else_=0)
        found: int | None = await tx.value(
            turn.order_by(passed, load(), agent.c.assigned_at.asc().nulls_first(), agent.c.id)
        )
        return found


async def _alone(tx: Tx) -> None:
    """One gateway offers at a time: two at once might serve the second customer before the first."""
    if tx.is_postgresql:
        await tx.value(select(func.pg_advisory_xact_lock(_OFFERING)))


def _way_back(one: Conversation, now: datetime, *, gone: bool) -> Moved:
    if one.state is State.OFFERED and one.offered_until is not None and one.offered_until <= now:
        return one.expire_offer(now)
    if gone or one.agent is None:
        return one.lose_agent()
    return one.requeue(one.agent)


_waiting = (
    select(conversation)
    .where(conversation.c.state == State.QUEUED.value, conversation.c.closed_at.is_(None))
    .order_by(conversation.c.priority.desc(), conversation.c.enqueued_at, conversation.c.id)
    .limit(1)
)
