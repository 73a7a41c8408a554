"""For router and queue: which agents are here, as the database has heard of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from bot.store.database import Tx
from bot.store.tables import agent, session

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def present(now: datetime, gone_seconds: float) -> ColumnElement[bool]:
    """The condition that an agent is here: called, or had an event stream open, within `gone_seconds`."""
    return func.coalesce(agent.c.seen_at, _LONG_AGO) >= now - timedelta(seconds=gone_seconds)


def signed_in(now: datetime) -> ColumnElement[bool]:
    """The condition that an agent has a session that is not over."""
    live = select(session.c.agent_id).where(session.c.agent_id == agent.c.id, session.c.expires_at > now)
    return live.correlate(agent).exists()


async def anybody_online(tx: Tx, now: datetime, gone_seconds: float) -> bool:
    """Whether an agent who serves customers is at a screen, ready or not. Who ignores offers is not."""
    here = present(now, gone_seconds), signed_in(now), agent.c.status_reason.is_(None)
    return any("agent" in row["roles"] for row in await tx.all(select(agent.c.roles).where(*here)))


async def anybody_ready(tx: Tx, now: datetime, gone_seconds: float, *, but: int | None = None) -> bool:
    """Whether an agent, not `but`, is at work who could take a conversation, now or when another ends."""
    ready = agent.c.status == "ready", present(now, gone_seconds), agent.c.id.is_distinct_from(but)
    return await tx.value(select(agent.c.id).where(*ready).limit(1)) is not None
