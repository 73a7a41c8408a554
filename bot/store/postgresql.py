"""For the database, where one machine is not enough: a PostgreSQL server that many gateways share."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import structlog
from sqlalchemy import URL, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.store.bus import REFRESH, Bus, Note

log = structlog.get_logger()

_CHANNEL = "jieli"


class PostgresqlServer:
    """Transactions and notes. A commit is on the server's disk before it returns."""

    def __init__(self, url: URL, bus: Bus) -> None:
        self._url = url
        self._bus = bus
        self._engine = create_async_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True)
        self._listener: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    @asynccontextmanager
    async def write(self, notes: list[Note]) -> AsyncIterator[AsyncConnection]:
        """Committed when the block ends, rolled back when it raises; `notes` are heard after the commit."""
        async with self._engine.begin() as connection:
            yield connection
            if notes:
                told = (func.pg_notify(_CHANNEL, json.dumps(note)) for note in notes)
                await connection.execute(select(*told))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Each statement sees what was committed when it began."""
        async with self._engine.begin() as connection:
            yield connection

    async def is_safe(self) -> None:
        """It is."""

    async def open(self) -> None:
        """Listens for the notes of all gateways."""
        self._listener = asyncio.create_task(self._listen())
        await asyncio.wait_for(self._listening.wait(), 10)

    async def close(self) -> None:
        """Ends the listener and every connection."""
        if self._listener:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
        await self._engine.dispose()

    async def _listen(self) -> None:
        dsn = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            try:
                await self._listen_once(dsn)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("database.listener_lost", error=repr(error))
                await asyncio.sleep(1)

    async def _listen_once(self, dsn: str) -> None:
        connection = await asyncpg.connect(dsn)
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            await connection.add_listener(_CHANNEL, lambda *heard: self._bus.publish(json.loads(heard[3])))
            if self._listening.is_set():
                self._bus.publish({"topic": REFRESH})
            self._listening.set()
            await lost.wait()
        finally:
            await connection.close(timeout=2)
