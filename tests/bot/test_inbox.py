"""Updates are stored once, worked on in order within a lane and side by side across lanes, and found
again.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import select, update

from bot.inbox import Inbox, Rest, finish
from bot.messages import Incoming
from bot.store.database import Database, Tx
from bot.store.tables import inbox, lease
from tests.support.channel import Postcards, card, lane


class Reader:
    """Stands where the router stands: reads each message, when it is allowed to."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.read: dict[str, list[str]] = defaultdict(list)
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.at_work = 0
        self.most_at_work = 0
        self._news = asyncio.Condition()

    async def receive(self, tx: Tx, incoming: Incoming, row: int) -> Rest:
        return partial(self._go_on, incoming, row)

    async def _go_on(self, incoming: Incoming, row: int) -> None:
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        async with self._news:
            self._news.notify_all()
        await self.may_go_on.wait()
        async with self.database.write() as tx:
            assert await finish(tx, row)
        self.at_work -= 1
        async with self._news:
            self.read[incoming.address.user].append(incoming.text)
            self._news.notify_all()

    async def has_read(self, number: int) -> None:
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: sum(map(len, self.read.values())) >= number)

    async def works_on(self, number: int) -> None:
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: self.at_work >= number)


@asynccontextmanager
async def gateway(
    database: Database, owner: str, *, start: bool = True
) -> AsyncIterator[tuple[Inbox, Reader]]:
    reader = Reader(database)
    box = Inbox(database, owner, {"postcards": Postcards()}, reader.receive)
    if start:
        await box.start()
    yield box, reader
    reader.may_go_on.set()
    await box.stop()


async def put(box: Inbox, user: str, number: int) -> int | None:
    return await box.put(
        "postcards", "office", f"{user}-{number}", lane(user), card(user, f"{number}", f"{number}")
    )


async def test_order_is_kept_inside_a_lane_and_lanes_run_side_by_side(database: Database) -> None:
    async with gateway(database, "one") as (box, reader):
        reader.may_go_on.clear()
        for number in range(5):
            for user in ("ann", "ben", "cho"):
                await put(box, user, number)
        await reader.works_on(3)
        assert reader.most_at_work == 3
        reader.may_go_on.set()
        await reader.has_read(15)
    assert reader.read == {user: ["0", "1", "2", "3", "4"] for user in ("ann", "ben", "cho")}
    assert reader.most_at_work == 3


async def test_an_update_that_comes_twice_is_stored_and_read_once(database: Database) -> None:
    async with gateway(database, "one") as (box, reader):
        assert await put(box, "ann", 1) is not None
        assert await put(box, "ann", 1) is None
        await put(box, "ann", 2)
        await reader.has_read(2)
    assert reader.read["ann"] == ["1", "2"]


async def test_what_cannot_be_read_is_quarantined_with_its_bytes_and_stops_nobody(database: Database) -> None:
    async with gateway(database, "one") as (box, reader):
        bad = await box.put("postcards", "office", "bad", lane("ann"), b"\xff not a card")
        await put(box, "ann", 1)
        await reader.has_read(1)
    async with database.read() as tx:
        row = await tx.one(select(inbox).where(inbox.c.id == bad))
    assert row is not None
    assert (row["state"], row["raw"], row["error"]) == ("quarantined", b"\xff not a card", "not a postcard")


async def test_what_a_stopped_gateway_left_is_found_at_the_next_start(database: Database) -> None:
    async with gateway(database, "one", start=False) as (box, reader):
        reader.may_go_on.clear()
        await put(box, "ann", 1)
        await reader.works_on(1)
        await box.stop()  # the message at work is cut off
    assert reader.read["ann"] == [] or reader.read == {}
    async with database.write() as tx:  # its lease has run out
        await tx.run(update(lease).values(until=datetime.now(UTC) - timedelta(seconds=1)))
    async with gateway(database, "two") as (_, successor):
        await successor.has_read(1)
    assert successor.read["ann"] == ["1"]


async def test_two_gateways_never_work_on_one_lane_at_once(database: Database) -> None:
    async with gateway(database, "one") as (first, one), gateway(database, "two") as (second, two):
        one.may_go_on.clear()
        await put(first, "ann", 1)
        await one.works_on(1)
        for number in range(2, 6):
            await put(second, "ann", number)  # the second gateway receives them; the first has the lane
        one.may_go_on.set()
        await one.has_read(5)
    assert one.read["ann"] == ["1", "2", "3", "4", "5"]
    assert two.read == {}
