"""For the queue, the desk and the screens: who the agents are, who is here, and how much each one has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ScalarSelect, func, select

from bot.conversation import State
from bot.store.database import Tx
from bot.store.tables import agent, conversation

LIVE = (State.OFFERED.value, State.ACTIVE.value)


class Status(StrEnum):
    """What an agent has asked for: READY means that conversations may be offered. DISABLED is an
    administrator's word: this agent cannot sign in.
    """

    READY = "ready"
    AWAY = "away"
    DISABLED = "disabled"


class StatusReason(StrEnum):
    """Why the product, and not the agent, has set the status: nobody seems to be at the desk."""

    IGNORED_OFFERS = "ignored_offers"


class Role(StrEnum):
    """AGENT serves customers, ADMIN reads everything and keeps the team."""

    AGENT = "agent"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Me:
    """The agent who is calling. `session` is the hash under which his or her session is kept."""

    id: int
    login: str
    name: str
    roles: frozenset[str]
    session: str
    csrf: str
    seen_at: datetime | None

    @property
    def is_admin(self) -> bool:
        return Role.ADMIN in self.roles

    @property
    def serves(self) -> bool:
        return Role.AGENT in self.roles


def load() -> ScalarSelect[int]:
    """How many conversations are offered to the agent of the row, or active with him or her."""
    live = conversation.c.state.in_(LIVE), conversation.c.closed_at.is_(None)
    held = select(func.count()).select_from(conversation).where(conversation.c.agent_id == agent.c.id, *live)
    return held.correlate(agent).scalar_subquery()


async def room(tx: Tx, agent_id: int, *, ready: bool = False) -> int:
    """Locks the agent until the commit and gives how many conversations he or she can still take.

    `ready`: none when the agent is not.
    """
    mine = agent.c.id == agent_id
    locked = await tx.one(select(agent.c.status).where(mine).with_for_update(key_share=True))
    if locked is None or (ready and locked["status"] != Status.READY):
        return 0
    # counted only now that the lock is ours: another gateway may have assigned one a moment ago
    return int(await tx.value(select(agent.c.capacity - load()).where(mine)))
