"""On SQLite: what is committed is there at once, and safe from a power cut before anybody outside hears of
it.
"""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.inbox import Inbox, Rest
from bot.messages import Incoming
from bot.outbox import Outbox
from bot.store import sqlite
from bot.store.database import Database, Tx
from bot.store.tables import signin_failure
from bot.store.threads import Speaker
from tests.bot.test_outbox import Office
from tests.support.channel import Postcards, card, lane


@pytest.fixture
async def database(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Database]:
    await asyncio.to_thread(shutil.copy, sqlite_template, tmp_path / "jieli.sqlite")
    opened = Database(f"sqlite:///{tmp_path / 'jieli.sqlite'}")
    await opened.open()
    yield opened
    await opened.close()


class Disk:
    """The disk, which writes through when it is let."""

    def __init__(self) -> None:
        self.asked = self.done = 0
        self._may_go_on = threading.Event()
        self._may_go_on.set()

    @contextmanager
    def stalled(self) -> Iterator[None]:
        self._may_go_on.clear()
        try:
            yield
        finally:
            self._may_go_on.set()

    def write_through(self, file: int) -> None:
        self.asked += 1
        self._may_go_on.wait(10)
        self.done += 1


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(sqlite, "_write_through", made.write_through)
    return made


async def add(database: Database, login: str, *, durable: bool = True) -> None:
    async with database.write(durable=durable) as tx:
        await tx.insert(signin_failure, login=login, address="here", at=datetime.now(UTC))


async def logins(database: Database) -> list[str]:
    async with database.read() as tx:
        rows = await tx.all(select(signin_failure.c.login).order_by(signin_failure.c.id))
    return [row["login"] for row in rows]


async def test_a_commit_is_seen_at_once_and_returns_when_it_is_on_the_disk(
    database: Database, disk: Disk
) -> None:
    with disk.stalled():
        writing = asyncio.create_task(add(database, "ann"))
        while not disk.asked:
            await asyncio.sleep(0)
        assert await logins(database) == ["ann"]
        assert not writing.done()
    await writing
    assert disk.done == 1


async def test_those_who_come_while_the_disk_is_at_work_share_the_next_time(
    database: Database, disk: Disk
) -> None:
    with disk.stalled():
        writing = [asyncio.create_task(add(database, "first"))]
        while not disk.asked:
            await asyncio.sleep(0)
        writing += [asyncio.create_task(add(database, f"{number}")) for number in range(20)]
        while len(await logins(database)) < 21:
            await asyncio.sleep(0)
    await asyncio.gather(*writing)
    assert disk.done == 2


async def test_who_gives_up_waiting_takes_the_disk_from_nobody(database: Database, disk: Disk) -> None:
    with disk.stalled():
        impatient, patient = (asyncio.create_task(add(database, name)) for name in ("ann", "ben"))
        while len(await logins(database)) < 2:
            await asyncio.sleep(0)
        impatient.cancel()
    await patient
    assert impatient.cancelled() or await asyncio.wait([impatient])
    assert await logins(database) == ["ann", "ben"]


async def test_what_need_not_outlive_a_power_cut_does_not_wait(database: Database, disk: Disk) -> None:
    with disk.stalled():
        await add(database, "ann", durable=False)
    assert (await logins(database), disk.asked) == (["ann"], 0)


async def test_a_block_that_raises_leaves_nothing_and_stops_nobody(database: Database) -> None:
    async def add_and_fail() -> None:
        async with database.write() as tx:
            await tx.insert(signin_failure, login="ann", address="here", at=datetime.now(UTC))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await add_and_fail()
    await add(database, "ben")
    assert await logins(database) == ["ben"]


async def test_an_update_is_acknowledged_when_it_is_safe_and_worked_on_before(
    database: Database, disk: Disk
) -> None:
    received = asyncio.Event()

    async def go_on() -> None:
        received.set()

    async def receive(tx: Tx, incoming: Incoming, row: int) -> Rest:
        return go_on

    box = Inbox(database, "one", {"postcards": Postcards()}, receive)
    with disk.stalled():
        update = card("ann", "1", "hi")
        putting = asyncio.create_task(box.put("postcards", "office", "1", lane("ann"), update))
        await asyncio.wait_for(received.wait(), 10)
        assert not putting.done()
    assert await putting is not None
    await box.stop()


async def test_nothing_is_sent_before_it_is_safe(database: Database, disk: Disk) -> None:
    channel = Postcards()
    box = Outbox(database, "one", {"postcards": channel})
    office = Office(database, channel, box, Speaker({"postcards": True}, {}))
    await box.start()
    with disk.stalled():
        saying = asyncio.create_task(office.says("ann", "hello"))
        while disk.asked == 0 or [state for state, _ in await office.states()] != ["sending"]:
            await asyncio.sleep(0)
        assert channel.sent == []
    await saying
    await channel.has_sent(1)
    await box.stop()
