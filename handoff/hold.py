"""For the queue and the desk: taking hold of a conversation, and telling its customer what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select

from bot.conversation import Conversation, Moved, NotAllowed
from bot.errors import AlreadyClaimed, Conflict, NotFound, StaleEpoch, WrongState
from bot.messages import Author, Language
from bot.notices import BACK_TO_BOT, Notices
from bot.store import conversations
from bot.store.database import Tx
from bot.store.staff import anybody_ready
from bot.store.tables import agent, conversation, customer
from bot.store.threads import Speaker


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation whose rows are locked until the transaction ends."""

    customer: RowMapping
    row: RowMapping
    value: Conversation


async def hold(tx: Tx, conversation_id: int) -> Held:
    """Locks a conversation and its customer. Raises NotFound."""
    # customer, conversation, agent: everybody locks in this order, or two transactions wait for each other
    who = select(customer).join(conversation, conversation.c.customer_id == customer.c.id)
    mine = who.where(conversation.c.id == conversation_id).with_for_update(of=customer, key_share=True)
    customer_row = await tx.one(mine)
    row = await conversations.locked(tx, conversation_id)
    if customer_row is None or row is None:
        raise NotFound("There is no such conversation.")
    return Held(customer_row, row, conversations.as_value(row))


async def check_epoch(tx: Tx, value: Conversation, epoch: int | None) -> None:
    """Raises StaleEpoch when the agent saw an epoch that has passed."""
    if epoch is not None and epoch != value.epoch:
        raise await conflict(tx, value, StaleEpoch)


async def move(
    tx: Tx, value: Conversation, agent_id: int, step: Callable[[Conversation], Moved], **also: Any
) -> Moved:
    """Carries out a transition that concerns this agent; `also` are further columns of the conversation.

    Raises AlreadyClaimed or WrongState when it is not possible.
    """
    try:
        moved = step(value)
    except NotAllowed as error:
        raise await refusal(tx, value, agent_id) from error
    await conversations.apply(tx, moved, **also)
    # how much the agent has is different now
    tx.note("agent", id=agent_id)
    return moved


async def refusal(tx: Tx, value: Conversation, agent_id: int) -> Conflict:
    """The error for an agent who may not: another has the conversation, or its state does not allow it."""
    return await conflict(tx, value, WrongState if value.agent in {None, agent_id} else AlreadyClaimed)


async def conflict(tx: Tx, value: Conversation, kind: type[Conflict], message: str = "") -> Conflict:
    """An error of this kind that says who holds the conversation now."""
    name = await tx.value(select(agent.c.name).where(agent.c.id == value.agent))
    person = None if value.agent is None else {"id": value.agent, "name": name}
    return kind(message, holder={"state": value.state.value, "epoch": value.epoch, "agent": person})


class Teller:
    """Tells customers, in their language, what becomes of their conversation."""

    def __init__(
        self, speaker: Speaker, notices: Notices, *, gone_seconds: float, now: Callable[[], datetime]
    ) -> None:
        self._speaker = speaker
        self._notices = notices
        self._gone_seconds = gone_seconds
        self._now = now

    async def tell_requeued(self, tx: Tx, held: Held, agent_id: int) -> None:
        """Says that this agent had to go, and what to expect: a place, or that nobody else is at work."""
        ready = await anybody_ready(tx, self._now(), self._gone_seconds, but=agent_id)
        notice = "requeued" if ready else "requeued_offline"
        place = await conversations.position(tx, held.value)
        await self.tell(tx, held, notice, BACK_TO_BOT, position=place)

    async def tell(self, tx: Tx, held: Held, notice: str, *choices: str, **values: Any) -> None:
        """Says a notice, in the transaction that made it true."""
        said = self._notices.said(notice, Language(held.customer["language"]), *choices, **values)
        await self._speaker.say(tx, held.customer, held.value.id, Author.SYSTEM, said)
