"""For agents: accept, reply, resolve, back to the queue; ready or away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import RowMapping, or_, select, update

from bot.conversation import State
from bot.dialogue import at_rest
from bot.errors import AlreadyExists, Forbidden, WrongState
from bot.messages import Author, Said
from bot.store.database import Database, Tx
from bot.store.tables import agent, message
from bot.store.threads import Speaker
from handoff.agents import Me, Status, room
from handoff.hold import Held, Teller, check_epoch, conflict, hold, move, refusal
from handoff.queue import Queue


class Desk:
    """What an agent does with a conversation.

    Every call takes the epoch that the agent saw; without one, only the present owner is checked.
    Raises NotFound, AlreadyClaimed, StaleEpoch or WrongState; the last three say who holds the conversation.
    """

    def __init__(
        self,
        database: Database,
        speaker: Speaker,
        teller: Teller,
        queue: Queue,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._speaker = speaker
        self._teller = teller
        self._queue = queue
        self._now = now

    async def accept(self, me: Me, conversation_id: int, epoch: int | None = None) -> None:
        """Takes an offer made to me, or claims a waiting conversation when I have room. Twice is once."""
        if not me.serves:
            raise Forbidden("You do not serve customers.")
        async with self._database.write() as tx:
            held = await hold(tx, conversation_id)
            await check_epoch(tx, held.value, epoch)
            if held.value.state is State.ACTIVE and held.value.agent == me.id:
                return
            if held.value.state is State.QUEUED:
                await self._claim(tx, me, held)
            await move(tx, held.value, me.id, lambda one: one.accept(me.id))
            await _is_at_the_desk(tx, me)
            await self._teller.tell(tx, held, "accepted", agent=me.name)

    async def reply(
        self,
        me: Me,
        conversation_id: int,
        text: str,
        *,
        client_id: str | None = None,
        epoch: int | None = None,
    ) -> int:
        """Says something to the customer and gives the message's id, the same for the same `client_id`."""
        async with self._database.write() as tx:
            held = await hold(tx, conversation_id)
            said_before = await _said_before(tx, me, held, client_id)
            if said_before is not None:
                return said_before
            await check_epoch(tx, held.value, epoch)
            if held.value.state is not State.ACTIVE or held.value.agent != me.id:
                raise await refusal(tx, held.value, me.id)
            said = await self._speaker.say(
                tx,
                held.customer,
                held.value.id,
                Author.AGENT,
                Said(text),
                agent_id=me.id,
                client_id=client_id,
            )
        if said is None:
            raise AlreadyExists("Another message has this id.")
        return said

    async def resolve(self, me: Me, conversation_id: int, epoch: int | None = None) -> None:
        """Gives the conversation back to the bot, which starts with nothing open."""
        async with self._database.write() as tx:
            held = await hold(tx, conversation_id)
            await check_epoch(tx, held.value, epoch)
            resting = {"dialogue": at_rest(held.row["dialogue"])}
            await move(tx, held.value, me.id, lambda one: one.resolve(me.id), **resting)
            await self._teller.tell(tx, held, "resolved")

    async def requeue(self, me: Me, conversation_id: int, epoch: int | None = None) -> None:
        """Gives an offer or a conversation of mine back to the front of the queue."""
        async with self._database.write() as tx:
            held = await hold(tx, conversation_id)
            await check_epoch(tx, held.value, epoch)
            moved = await move(tx, held.value, me.id, lambda one: one.requeue(me.id))
            await _is_at_the_desk(tx, me)
            if moved.before.state is State.ACTIVE:
                await self._teller.tell_requeued(tx, held, me.id)

    async def set_status(self, me: Me, status: Status) -> None:
        """Ready for offers, or away: then open offers go to somebody else, and what I serve stays with me."""
        if status is Status.READY and not me.serves:
            raise Forbidden("You do not serve customers.")
        # an agent who says so again knows why it was changed
        other = or_(agent.c.status != status.value, agent.c.status_reason.is_not(None))
        mine = update(agent).where(agent.c.id == me.id, agent.c.status != Status.DISABLED.value, other)
        async with self._database.write() as tx:
            await tx.run(mine.values(status=status.value, status_since=self._now(), status_reason=None))
            await _is_at_the_desk(tx, me)
            tx.note("agent", id=me.id)
        if status is Status.AWAY:
            await self._queue.take_back(me.id)

    async def _claim(self, tx: Tx, me: Me, held: Held) -> None:
        if await room(tx, me.id) <= 0:
            raise await conflict(
                tx, held.value, WrongState, "You serve as many customers as you can: resolve one first."
            )
        await tx.run(update(agent).where(agent.c.id == me.id).values(assigned_at=self._now()))


async def _is_at_the_desk(tx: Tx, me: Me) -> None:
    """Only offers that run out one after the other count as ignored."""
    ignoring = agent.c.id == me.id, agent.c.ignored_offers > 0
    await tx.run(update(agent).where(*ignoring).values(ignored_offers=0))


async def _said_before(tx: Tx, me: Me, held: Held, client_id: str | None) -> int | None:
    """An agent whose connection broke sends again, whatever has become of the conversation meanwhile."""
    if client_id is None:
        return None
    same = message.c.customer_id == held.customer["id"], message.c.author == Author.AGENT.value
    row: RowMapping | None = await tx.one(
        select(message.c.id, message.c.agent_id, message.c.conversation_id).where(
            *same, message.c.client_id == client_id
        )
    )
    if row is None:
        return None
    if row["agent_id"] != me.id or row["conversation_id"] != held.value.id:
        raise AlreadyExists("Another message has this id.")
    return int(row["id"])
