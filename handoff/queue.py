"""For customers who wait: each is offered to an agent in turn, and comes back when the agent does not serve.

All of it is rows, so a restart forgets nothing, and any number of gateways may do this at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import RowMapping, Select, and_, false, not_, or_, select, update

from bot.conversation import Conversation, EventType, Moved, State
from bot.store import conversations
from bot.store.conversations import IN_ORDER
from bot.store.database import Database, Tx
from bot.store.staff import present, signed_in
from bot.store.tables import agent, assignment, conversation
from bot.store.watch import Watch
from handoff.agents import LIVE, Status, StatusReason, load, room
from handoff.hold import Teller, hold, move

log = structlog.get_logger()

# who has let so many in a row run out is not at the desk
_IGNORED_OFFERS = 2
# who has served a customer and gave him or her back is not asked again for so long
GAVE_BACK = timedelta(minutes=5)
# two gateways that offer at once might serve the second customer before the first
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
        self._watch = Watch("queue", database.bus, ("queue", "agent", "conversation"), self.settle)

    async def settle(self) -> None:
        """Takes back what is not served, then offers until nobody waits or nobody is free."""
        await self.take_back()
        while await self.offer_next():
            pass

    async def offer_next(self) -> bool:
        """Offers the first who waits to the agent whose turn it is. False when there is nothing to do."""
        if not await self._somebody_waits_and_is_free():
            return False
        async with self._database.write() as tx:
            await tx.alone(_OFFERING)
            turns, declined, now = await self._turns(tx), await self._declined(tx), self._now()
            # one that is just being changed is passed over
            row = await tx.one(_first(turns, declined).with_for_update(skip_locked=True)) if turns else None
            if row is None:
                return False
            waiting = conversations.as_value(row)
            agent_id = _next(waiting, turns, declined)
            if await room(tx, agent_id, ready=True) > 0:
                await move(tx, waiting, agent_id, lambda one: one.offer(agent_id, now, self._offer_seconds))
                await tx.run(update(agent).where(agent.c.id == agent_id).values(assigned_at=now))
        return True

    async def take_back(self, agent_id: int | None = None) -> None:
        """Puts back offers that ran out or whose agent is away, and everything of agents who are gone
        or have signed out.

        `agent_id`: only what this agent has.
        """
        overdue = self._not_served()
        if agent_id is not None:
            overdue = overdue.where(conversation.c.agent_id == agent_id)
        while rows := await self._all(overdue):
            for row in rows:
                async with self._database.write() as tx:
                    await self._take_back_one(tx, row["id"])

    async def start(self) -> None:
        """Begins to watch. Agents who were here before the gateway stopped get time to come back."""
        self._watching_since = self._now()
        self._watch.start()

    async def stop(self) -> None:
        """Ends the watch."""
        await self._watch.stop()

    async def _take_back_one(self, tx: Tx, conversation_id: int) -> None:
        held, now = await hold(tx, conversation_id), self._now()
        still = await tx.one(self._not_served().where(conversation.c.id == conversation_id))
        if still is None or held.value.agent is None:
            return  # served, or taken back, while we waited for the lock
        moved = await move(tx, held.value, held.value.agent, lambda one: _way_back(one, now))
        if moved.event.type is EventType.OFFER_EXPIRED:
            await self._count_ignored(tx, held.value.agent)
        if moved.before.state is State.ACTIVE:
            await self._teller.tell_requeued(tx, held, held.value.agent)

    async def _count_ignored(self, tx: Tx, agent_id: int) -> None:
        """Sets an agent away whose offers only run out, or customers would wait for nobody."""
        mine, ignored = agent.c.id == agent_id, agent.c.ignored_offers + 1
        count = update(agent).where(mine).values(ignored_offers=ignored)
        if int(await tx.value(count.returning(agent.c.ignored_offers))) < _IGNORED_OFFERS:
            return
        away = {"status": Status.AWAY.value, "status_since": self._now()}
        ready = mine, agent.c.status == Status.READY.value
        await tx.run(
            update(agent).where(*ready).values(**away, status_reason=StatusReason.IGNORED_OFFERS.value)
        )

    async def _all(self, statement: Select[Any]) -> Sequence[RowMapping]:
        async with self._database.read() as tx:
            return await tx.all(statement)

    def _not_served(self) -> Select[tuple[int]]:
        now = self._now()
        # a gateway that has just started has not had time to hear from anybody
        settled = now - self._watching_since >= timedelta(seconds=self._gone_seconds)
        gone = not_(present(now, self._gone_seconds)) if settled else false()
        away = and_(
            conversation.c.state == State.OFFERED.value,
            or_(conversation.c.offered_until <= now, agent.c.status != Status.READY.value),
        )
        return (
            select(conversation.c.id)
            .join(agent, agent.c.id == conversation.c.agent_id)
            .where(conversation.c.closed_at.is_(None), conversation.c.state.in_(LIVE))
            .where(or_(away, gone, not_(signed_in(now))))
            .order_by(*IN_ORDER)
        )

    async def _somebody_waits_and_is_free(self) -> bool:
        async with self._database.read() as tx:
            return await tx.one(_waiting) is not None and bool(await self._turns(tx))

    async def _turns(self, tx: Tx) -> list[int]:
        """The agents who have room now: the least loaded first, then the longest idle."""
        free = agent.c.status == Status.READY.value, present(self._now(), self._gone_seconds)
        turns = select(agent.c.id).where(*free, load() < agent.c.capacity)
        in_turn = load(), agent.c.assigned_at.asc().nulls_first(), agent.c.id
        return [row["id"] for row in await tx.all(turns.order_by(*in_turn))]

    async def _declined(self, tx: Tx) -> dict[int, set[int]]:
        """By waiting conversation: who sent it back, offered or served, and is not asked again at once."""
        now, served = self._now(), assignment.c.accepted_at.is_not(None)
        lately = or_(
            and_(not_(served), assignment.c.ended_at > now - timedelta(seconds=self._offer_seconds)),
            and_(served, assignment.c.ended_at > now - GAVE_BACK),
        )
        rows = await tx.all(
            select(assignment.c.conversation_id, assignment.c.agent_id)
            .join(conversation, conversation.c.id == assignment.c.conversation_id)
            .where(*_waits, conversation.c.excluded_id.is_not(None))
            .where(assignment.c.outcome == EventType.REQUEUED.value, lately)
        )
        declined: dict[int, set[int]] = defaultdict(set)
        for row in rows:
            declined[row["conversation_id"]].add(row["agent_id"])
        return declined


_waits = conversation.c.state == State.QUEUED.value, conversation.c.closed_at.is_(None)
_waiting = select(conversation).where(*_waits).order_by(*IN_ORDER).limit(1)


def _first(turns: list[int], declined: dict[int, set[int]]) -> Select[Any]:
    """The first who waits and whom somebody would serve: one whom nobody wants does not hold up the rest."""
    nobody = [conversation_id for conversation_id, agents in declined.items() if agents >= set(turns)]
    return _waiting.where(conversation.c.id.not_in(nobody))


def _next(waiting: Conversation, turns: list[int], declined: dict[int, set[int]]) -> int:
    """Whose turn it is; who has just let this one pass comes last."""
    willing = [agent_id for agent_id in turns if agent_id not in declined.get(waiting.id, ())]
    return min(willing, key=lambda agent_id: agent_id == waiting.excluded)


def _way_back(one: Conversation, now: datetime) -> Moved:
    ran_out = one.state is State.OFFERED and one.offered_until is not None and one.offered_until <= now
    return one.expire_offer(now) if ran_out else one.lose_agent()
