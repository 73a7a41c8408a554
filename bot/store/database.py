"""For whoever needs a transaction: one database, SQLite or PostgreSQL, with the same rules on both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, RowMapping, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.schema import Table

from bot.store.bus import Bus, Note
from bot.store.postgresql import PostgresqlServer
from bot.store.sqlite import SqliteFile

Values = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class Tx:
    """A transaction: runs statements, and collects notes that are heard when it has committed.

    A statement that is made once, and given its `values` at each call, is compiled once too.
    """

    def __init__(self, connection: Connection | AsyncConnection, notes: list[Note] | None = None) -> None:
        self._connection = connection
        self._notes = notes if notes is not None else []
        self.is_postgresql = connection.dialect.name == "postgresql"

    async def run(self, statement: Executable, values: Values = None) -> int:
        """Runs a statement and gives the number of rows it touched."""
        return (await self._execute(statement, values)).rowcount

    async def one(self, statement: Executable, values: Values = None) -> RowMapping | None:
        """The first row, or None."""
        return (await self._execute(statement, values)).mappings().first()

    async def all(self, statement: Executable, values: Values = None) -> Sequence[RowMapping]:
        """Every row."""
        return (await self._execute(statement, values)).mappings().all()

    async def value(self, statement: Executable, values: Values = None) -> Any:
        """The first column of the first row, or None."""
        return (await self._execute(statement, values)).scalar()

    async def insert(self, table: Table, **values: Any) -> int:
        """Adds a row and gives its id."""
        return int(await self.value(_insert(table), values))

    async def insert_new(self, table: Table, **values: Any) -> int | None:
        """Adds a row and gives its id, or None when a unique key says that it exists."""
        return await self.value(_insert_new(table, self.is_postgresql), values)  # type: ignore[no-any-return]

    async def alone(self, purpose: int) -> None:
        """Until this transaction ends, no other one is alone for the same purpose: a number that is used for
        nothing else. On SQLite every writer is alone.
        """
        if self.is_postgresql:
            await self.value(select(func.pg_advisory_xact_lock(purpose)))

    def note(self, topic: str, **data: Any) -> None:
        """Tells the subscribers of `topic`, on every gateway, once this is committed."""
        self._notes.append({"topic": topic, **data})

    async def _execute(self, statement: Executable, values: Values) -> CursorResult[Any]:
        if isinstance(self._connection, Connection):
            return self._connection.execute(statement, values)
        return await self._connection.execute(statement, values)


class Database:
    """Opens transactions and carries notes. `url` is SQLAlchemy's."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.bus = Bus()
        self.is_postgresql = self.url.get_backend_name() == "postgresql"
        store = PostgresqlServer if self.is_postgresql else SqliteFile
        self._store = store(self.url, self.bus)

    @asynccontextmanager
    async def write(self, *, durable: bool = True) -> AsyncIterator[Tx]:
        """A transaction that may change things: committed when the block ends, rolled back when it raises.

        A killed process takes back no commit. A `durable` one waits until a power cut cannot, either.
        """
        notes: list[Note] = []
        async with self._store.write(notes) as connection:
            yield Tx(connection, notes)
        if durable:
            await self._store.is_safe()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A transaction that only reads."""
        async with self._store.read() as connection:
            yield Tx(connection)

    async def is_safe(self) -> None:
        """Waits until a power cut can take back nothing that is committed now."""
        await self._store.is_safe()

    async def open(self) -> None:
        """Listens for notes of other gateways; on SQLite makes sure that there is no other gateway."""
        await self._store.open()

    async def answers(self) -> bool:
        """Whether the database answers just now."""
        try:
            async with self.read() as tx:
                return bool(await tx.value(select(1)))
        except (DBAPIError, OSError):
            return False

    async def close(self) -> None:
        """Ends every connection."""
        await self._store.close()


def upsert(table: Table, *, is_postgresql: bool) -> Any:
    """The dialect's INSERT, which knows ON CONFLICT."""
    make: type[Insert] = postgresql.Insert if is_postgresql else sqlite.Insert
    return make(table)


@cache
def _insert(table: Table) -> Executable:
    return table.insert().returning(table.c.id)


@cache
def _insert_new(table: Table, is_postgresql: bool) -> Any:
    return upsert(table, is_postgresql=is_postgresql).on_conflict_do_nothing().returning(table.c.id)
