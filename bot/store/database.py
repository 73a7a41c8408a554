"""For whoever needs a transaction: one database, SQLite or PostgreSQL, with the same rules on both.

A write transaction on SQLite begins IMMEDIATE and one at a time in this process: a deferred one that turns
to writing fails at once when another writes, and SQLite's own waiting is a poll.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import structlog
from sqlalchemy import Connection, Executable, RowMapping, delete, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.schema import Table

from bot.errors import SettingsError
from bot.store.bus import REFRESH, Bus, Note
from bot.store.tables import lease

log = structlog.get_logger()

_CHANNEL = "jieli"


class Tx:
    """A transaction: runs statements, and collects notes that are heard when it has committed."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.notes: list[Note] = []

    async def run(self, statement: Executable, values: Sequence[Mapping[str, Any]] | None = None) -> int:
        """Runs a statement and gives the number of rows it touched."""
        result = await self._connection.execute(statement, values)
        return result.rowcount

    async def one(self, statement: Executable) -> RowMapping | None:
        """The first row, or None."""
        return (await self._connection.execute(statement)).mappings().first()

    async def all(self, statement: Executable) -> Sequence[RowMapping]:
        """Every row."""
        return (await self._connection.execute(statement)).mappings().all()

    async def value(self, statement: Executable) -> Any:
        """The first column of the first row, or None."""
        return (await self._connection.execute(statement)).scalar()

    async def insert(self, table: Table, **values: Any) -> int:
        """Adds a row and gives its id."""
        return int(await self.value(table.insert().values(**values).returning(table.c.id)))

    async def insert_new(self, table: Table, **values: Any) -> int | None:
        """Adds a row and gives its id, or None when a unique key says that it exists."""
        statement = self.upsert(table).values(**values).on_conflict_do_nothing()
        return await self.value(statement.returning(table.c.id))  # type: ignore[no-any-return]

    def upsert(self, table: Table) -> Any:
        """The dialect's INSERT, which knows ON CONFLICT."""
        make: type[Insert] = postgresql.Insert if self.is_postgresql else sqlite.Insert
        return make(table)

    def note(self, topic: str, **data: Any) -> None:
        """Tells the subscribers of `topic`, on every gateway, once this is committed."""
        self.notes.append({"topic": topic, **data})

    @property
    def is_postgresql(self) -> bool:
        return self._connection.dialect.name == "postgresql"


class Database:
    """Opens transactions and carries notes. `url` is SQLAlchemy's, with an asynchronous driver."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.bus = Bus()
        self.is_postgresql = self.url.get_backend_name() == "postgresql"
        self._engine = _postgresql(url) if self.is_postgresql else _sqlite(url)
        self._reading = self._engine.execution_options(jieli_reading=True)
        self._writer = asyncio.Lock()
        self._listener: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()
        self._lock_file: Any = None

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """A transaction that may change things: committed when the block ends, rolled back when it raises."""
        async with contextlib.AsyncExitStack() as stack:
            if not self.is_postgresql:
                await stack.enter_async_context(self._writer)
            tx = Tx(await stack.enter_async_context(self._engine.begin()))
            yield tx
            if self.is_postgresql and tx.notes:
                await tx.all(select(*(func.pg_notify(_CHANNEL, json.dumps(note)) for note in tx.notes)))
        if not self.is_postgresql:
            for note in tx.notes:
                self.bus.publish(note)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A transaction that only reads."""
        async with self._reading.begin() as connection:
            yield Tx(connection)

    async def open(self) -> None:
        """Listens for notes of other gateways; on SQLite makes sure that there is no other gateway."""
        if self.is_postgresql:
            self._listener = asyncio.create_task(self._listen())
            await asyncio.wait_for(self._listening.wait(), 10)
        else:
            self._lock_file = _lock(Path(str(self.url.database)))
            async with self.write() as tx:
                # whoever held them is dead, since the lock is ours
                await tx.run(delete(lease))

    async def answers(self) -> bool:
        """Whether the database answers just now."""
        try:
            async with self.read() as tx:
                return bool(await tx.value(select(1)))
        except (DBAPIError, OSError):
            return False

    async def close(self) -> None:
        """Ends the listener and every connection."""
        if self._listener:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
        await self._engine.dispose()
        if self._lock_file:
            self._lock_file.close()

    async def _listen(self) -> None:
        dsn = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
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
            await connection.add_listener(_CHANNEL, lambda *heard: self.bus.publish(json.loads(heard[3])))
            if self._listening.is_set():
                self.bus.publish({"topic": REFRESH})
            self._listening.set()
            await lost.wait()
        finally:
            await connection.close(timeout=2)


def _postgresql(url: str) -> AsyncEngine:
    return create_async_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True)


def _sqlite(url: str) -> AsyncEngine:
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, pool_size=8, max_overflow=8)
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("jieli_reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _lock(path: Path) -> Any:
    handle = path.with_suffix(".lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise SettingsError(
            f"JIELI_DATA: another gateway already runs on {path}; stop it, or set DATABASE_URL to PostgreSQL"
        ) from error
    return handle
