"""For channels and the router: what customers sent, stored once before it is acknowledged, worked on in
order.

A row is `new` until its message has been answered or has reached a person; a gateway that dies in between
leaves it `new`, and it is found again. What cannot be understood is `quarantined`, with its bytes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import structlog
from sqlalchemy import bindparam, select, update

from bot.channels.base import Channel
from bot.errors import BadInput
from bot.lanes import Lanes, free_lane, take_lease
from bot.messages import Incoming
from bot.store.database import Database, Tx
from bot.store.tables import inbox, is_new

log = structlog.get_logger()

Rest = Callable[[], Awaitable[None]]

TOPIC = "inbox"
# Heard when an update has been dealt with: a channel with a reply window waits for it.
DONE = "inbox.done"
_LEASE = "in:"
# Longer than the brain's budget with its retry; a customer of a gateway that died waits this long.
_LEASE_SECONDS = 10.0

_next_two = (
    select(inbox.c.id, inbox.c.channel, inbox.c.raw)
    .where(inbox.c.lane == bindparam("lane"), is_new)
    .order_by(inbox.c.id)
    .limit(2)
)
_finish = update(inbox).where(inbox.c.id == bindparam("row"), is_new)


class Inbox:
    """The received updates. `receive` is the router's: it gets each message in the order of its lane, in the
    transaction that looked for it, and gives back what is left to do when that has committed.
    """

    def __init__(
        self,
        database: Database,
        owner: str,
        channels: Mapping[str, Channel],
        receive: Callable[[Tx, Incoming, int], Awaitable[Rest]],
    ) -> None:
        self._database = database
        self._owner = owner
        self._channels = channels
        self._receive = receive
        self._lanes = Lanes(database, owner, TOPIC, self._step, self._waiting)

    async def put(self, channel: str, account: str, key: str, lane: str, raw: bytes) -> int | None:
        """Stores an update under its unique key; None when it is there already. Acknowledge after this."""
        async with self._database.write(durable=False) as tx:
            row = await tx.insert_new(
                inbox,
                channel=channel,
                account=account,
                key=key,
                lane=lane,
                raw=raw,
                state="new",
                received_at=datetime.now(UTC),
            )
        if row is not None:
            self._lanes.kick(lane)
        await self._database.is_safe()
        return row

    async def quarantine(self, channel: str, account: str, key: str, raw: bytes, error: str) -> None:
        """Keeps an authenticated update that no lane or message can be read from."""
        async with self._database.write() as tx:
            await tx.insert_new(
                inbox,
                channel=channel,
                account=account,
                key=key,
                raw=raw,
                state="quarantined",
                error=error,
                received_at=datetime.now(UTC),
            )
        log.warning("inbox.quarantined", channel=channel, key=key, error=error)

    async def start(self) -> None:
        """Begins with what was left over."""
        await self._lanes.start()

    async def stop(self) -> None:
        """Ends the messages at work; the rest stays `new`."""
        await self._lanes.stop()

    async def _step(self, lane: str) -> bool:
        async with self._database.write(durable=False) as tx:
            holder = await take_lease(tx, _LEASE + lane, self._owner, _LEASE_SECONDS)
            if holder != self._owner:
                tx.note(TOPIC, lane=lane, owner=holder)
                return False
            rows = await tx.all(_next_two, {"lane": lane})
            rest = await self._begin(tx, rows[0]["id"], rows[0]["channel"], rows[0]["raw"]) if rows else None
        if rest:
            await rest()
        # what is stored from now on is told by a note
        return len(rows) > 1

    async def _begin(self, tx: Tx, row: int, channel: str, raw: bytes) -> Rest | None:
        try:
            incoming = self._channels[channel].read(raw)
        except BadInput as error:
            await finish(tx, row, state="quarantined", error=str(error))
            log.warning("inbox.quarantined", channel=channel, row=row, error=str(error))
            return None
        if incoming is None:
            await finish(tx, row)
            return None
        return await self._receive(tx, incoming, row)

    async def _waiting(self) -> list[str]:
        async with self._database.read() as tx:
            rows = await tx.all(
                select(inbox.c.lane)
                .where(
                    is_new,
                    inbox.c.channel.in_(self._channels),
                    free_lane(inbox.c.lane, _LEASE, self._owner),
                )
                .group_by(inbox.c.lane)
                .limit(500)
            )
        return [row["lane"] for row in rows]


async def finish(tx: Tx, row: int, *, state: str = "done", error: str | None = None) -> bool:
    """Marks an update as done, in the transaction that did it. False when it was done already."""
    values = {"row": row, "state": state, "error": error, "done_at": datetime.now(UTC)}
    if await tx.run(_finish, values) != 1:
        return False
    tx.note(DONE, row=row)
    return True
