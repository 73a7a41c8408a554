"""For administrators: changing an agent, and ending an account."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select, update

from bot.errors import LastAdmin, NotFound
from bot.store.database import Database, Tx
from bot.store.tables import agent
from handoff.accounts import Accounts
from handoff.agents import Me, Role, Status
from handoff.queue import Queue


class Team:
    """The agents, as their administrators keep them."""

    def __init__(
        self, database: Database, accounts: Accounts, queue: Queue, *, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._queue = queue
        self._now = now

    async def change(
        self,
        me: Me,
        agent_id: int,
        *,
        name: str | None = None,
        roles: Collection[str] | None = None,
        capacity: int | None = None,
        password: str | None = None,
        disabled: bool | None = None,
    ) -> None:
        """Changes what is given. A new password ends the agent's sessions, but for the one that calls; so
        does being disabled. Who is signed in nowhere gives everything back to the queue.

        Raises NotFound; LastAdmin when nobody could change anything any more.
        """
        hashed = None if password is None else await self._accounts.hash(password)
        chosen = None if roles is None else sorted(set(roles))
        given = {"name": name, "roles": chosen, "capacity": capacity, "password": hashed}
        values: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        async with self._database.write() as tx:
            rows = await _everybody(tx)
            if agent_id not in rows:
                raise NotFound("There is no such agent.")
            values |= self._status(rows[agent_id], values.get("roles"), disabled)
            if not any(_is_admin(one, values if one["id"] == agent_id else {}) for one in rows.values()):
                raise LastAdmin
            if values:
                await tx.run(update(agent).where(agent.c.id == agent_id).values(**values))
            if disabled:
                await self._accounts.end_sessions(tx, agent_id)
            elif hashed is not None:
                await self._accounts.end_sessions(tx, agent_id, but=me.session)
            tx.note("agent", id=agent_id)
        await self._queue.take_back(agent_id)

    def _status(
        self, row: RowMapping, roles: Collection[str] | None, disabled: bool | None
    ) -> dict[str, Any]:
        """The status that follows from the change: who is enabled again, or serves no longer, is away."""
        was = Status(row["status"])
        enabled = was is Status.DISABLED and disabled is False
        retired = was is Status.READY and roles is not None and Role.AGENT not in roles
        becomes = Status.DISABLED if disabled else Status.AWAY if enabled or retired else was
        changed = {"status": becomes.value, "status_since": self._now(), "status_reason": None}
        return {} if becomes is was else changed


async def _everybody(tx: Tx) -> dict[int, RowMapping]:
    """Locks every agent: two administrators who disable each other at once must not both succeed."""
    rows = await tx.all(
        select(agent.c.id, agent.c.roles, agent.c.status).order_by(agent.c.id).with_for_update(key_share=True)
    )
    return {row["id"]: row for row in rows}


def _is_admin(row: RowMapping, change: dict[str, Any]) -> bool:
    after = {**row, **change}
    return Role.ADMIN in after["roles"] and after["status"] != Status.DISABLED
