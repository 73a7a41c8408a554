"""For inbox and outbox: work that is done in order within a lane and side by side across lanes, on any
gateway.

A lease row says which gateway works on a lane. It is not given back but runs out, so that a busy customer's
lane stays where it is; a gateway that finds a lane leased tells the owner, and what a dead gateway left is
found when its lease has run out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import cache

import structlog
from sqlalchemy import Column, ColumnElement, Executable, and_, bindparam, or_, select

from bot.store.database import Database, Tx, upsert
from bot.store.tables import UTCDateTime, lease

log = structlog.get_logger()

_SWEEP_SECONDS = 1.0
_ERROR_PAUSE_SECONDS = 1.0


class Lanes:
    """Runs `step(lane)` until it says False, never twice at once for one lane.

    `waiting` gives the lanes that have something due now; the sweep asks it once a second, which finds
    what a note did not bring: retries, and the work of a gateway that died.
    """

    def __init__(
        self,
        database: Database,
        owner: str,
        topic: str,
        step: Callable[[str], Awaitable[bool]],
        waiting: Callable[[], Awaitable[list[str]]],
    ) -> None:
        self._database = database
        self._owner = owner
        self._topic = topic
        self._step = step
        self._waiting = waiting
        self._working: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._loops: list[asyncio.Task[None]] = []

    def kick(self, lane: str) -> None:
        """There may be work on this lane now."""
        if lane in self._working:
            self._again.add(lane)
            return
        task = asyncio.create_task(self._work(lane), name=f"{self._topic} {lane}")
        self._working[lane] = task

    async def start(self) -> None:
        """Finds what was left over, and listens."""
        self._loops = [asyncio.create_task(self._sweep()), asyncio.create_task(self._listen())]

    async def stop(self) -> None:
        """Lets what is being worked on end, for at most 5 seconds."""
        for task in self._loops:
            task.cancel()
        if self._working:
            await asyncio.wait(list(self._working.values()), timeout=5)
        for task in list(self._working.values()):
            task.cancel()

    async def _work(self, lane: str) -> None:
        try:
            while True:
                self._again.discard(lane)
                if not await self._step(lane) and lane not in self._again:
                    break
        except Exception:
            # nothing is lost: the row is still there, and the sweep comes back to it
            log.exception("lanes.step_failed", topic=self._topic, lane=lane)
            await asyncio.sleep(_ERROR_PAUSE_SECONDS)
        finally:
            self._working.pop(lane, None)

    async def _sweep(self) -> None:
        while True:
            try:
                for lane in await self._waiting():
                    self.kick(lane)
            except Exception:
                log.exception("lanes.sweep_failed", topic=self._topic)
            await asyncio.sleep(_SWEEP_SECONDS)

    async def _listen(self) -> None:
        with self._database.bus.subscribe(self._topic) as notes:
            while True:
                note = await notes.get()
                if note.get("owner") in {None, self._owner} and "lane" in note:
                    self.kick(note["lane"])


async def take_lease(tx: Tx, name: str, owner: str, seconds: float) -> str:
    """Takes or renews a lease, and gives its owner afterwards: `owner` when it was had."""
    now = datetime.now(UTC)
    wish = {"name": name, "owner": owner, "until": now + timedelta(seconds=seconds), "now": now}
    taken = await tx.value(_take(tx.is_postgresql), wish)
    return str(taken or await tx.value(select(lease.c.owner).where(lease.c.name == name)) or owner)


@cache
def _take(is_postgresql: bool) -> Executable:
    wish = upsert(lease, is_postgresql=is_postgresql)
    mine, run_out = lease.c.owner == wish.excluded.owner, lease.c.until < bindparam("now", type_=UTCDateTime)
    taken: Executable = wish.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": wish.excluded.owner, "until": wish.excluded.until},
        where=or_(mine, run_out),
    ).returning(lease.c.owner)
    return taken


def free_lane(lane: Column[str], prefix: str, owner: str) -> ColumnElement[bool]:
    """The condition that no other gateway has the lease of this lane just now."""
    others = and_(lease.c.name == prefix + lane, lease.c.owner != owner, lease.c.until >= datetime.now(UTC))
    return ~select(lease.c.name).where(others).exists()
