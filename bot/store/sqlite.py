"""For the database, on one machine: a SQLite file, used in the event loop's own thread.

A statement takes microseconds, less than waking a thread for it would. What takes long is the disk: a commit
is written at once, and made safe in a thread, for all transactions that wait just then together.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import URL, Connection, create_engine, delete, event

from bot.errors import SettingsError
from bot.store.bus import Bus, Note
from bot.store.tables import lease

_write_through = getattr(os, "fdatasync", os.fsync)  # macOS has only the latter
# WAL with synchronous=NORMAL writes no commit through to the disk: `_Disk` does, where it is asked for
_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=2000")


class SqliteFile:
    """Transactions on one file. Writers take turns in the order in which they came."""

    def __init__(self, url: URL, bus: Bus) -> None:
        self._path = Path(str(url.database)).resolve()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._bus = bus
        self._engine = create_engine(url.set(drivername="sqlite"), isolation_level="AUTOCOMMIT")
        event.listen(self._engine, "connect", _set_up)
        self._turn = asyncio.Lock()
        self._writer: Connection | None = None
        self._disk = _Disk(self._path.with_name(f"{self._path.name}-wal"))
        self._lock_file: IO[str] | None = None

    @asynccontextmanager
    async def write(self, notes: list[Note]) -> AsyncIterator[Connection]:
        """Committed when the block ends, rolled back when it raises; `notes` are heard after the commit.

        It begins IMMEDIATE: a transaction that turns to writing later fails at once when another writes.
        """
        async with self._turn:
            self._writer = self._writer or self._engine.connect()
            with _transaction(self._writer, "BEGIN IMMEDIATE"):
                yield self._writer
        for note in notes:
            self._bus.publish(note)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """Sees what was committed when the block began."""
        with self._engine.connect() as connection, _transaction(connection, "BEGIN"):
            yield connection

    async def is_safe(self) -> None:
        """Waits until all that is committed now is on the disk."""
        await self._disk.is_safe()

    async def open(self) -> None:
        """Makes sure that there is no other gateway. Raises SettingsError."""
        self._lock_file = _locked(self._path)
        async with self.write([]) as connection:
            # whoever held them is dead, since the lock is ours
            connection.execute(delete(lease))

    async def close(self) -> None:
        """Ends every connection; what was committed is safe."""
        if self._writer:
            await self._disk.is_safe()
            self._writer.close()
        self._disk.close()
        self._engine.dispose()
        if self._lock_file:
            self._lock_file.close()


class _Disk:
    """The log that commits are written to. It is made safe once for all who wait."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._file: int | None = None
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def is_safe(self) -> None:
        """Waits until all that is committed now is on the disk."""
        if self._next is None:
            self._next = asyncio.create_task(self._run(self._running))
        await asyncio.shield(self._next)

    async def _run(self, before: asyncio.Task[None] | None) -> None:
        if before and not before.done():
            await asyncio.wait([before])
        # whoever commits from now on comes too late for this one
        self._running, self._next = self._next, None
        if self._file is None:
            self._file = os.open(self._log, os.O_RDWR)
        await asyncio.to_thread(_write_through, self._file)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)


def _locked(path: Path) -> IO[str]:
    file = path.with_suffix(".lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise SettingsError(
            f"JIELI_DATA: another gateway already runs on {path}; stop it, or set DATABASE_URL to PostgreSQL"
        ) from error
    return file


@contextmanager
def _transaction(connection: Connection, begin: str) -> Iterator[None]:
    connection.exec_driver_sql(begin)
    try:
        yield
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        if connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
            connection.exec_driver_sql("ROLLBACK")
        raise


def _set_up(connection: Any, _: Any) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()
