"""For Alembic: how to reach the database that `bot.migrate` named."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from alembic import context
from sqlalchemy import URL, Connection, create_engine, make_url, pool
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store.tables import UTCDateTime, metadata


def _plain_moment(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Migrations stand by themselves: they name no class of ours."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, render_item=_plain_moment
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_on_sqlite(url: URL) -> None:
    with create_engine(url, poolclass=pool.NullPool).begin() as connection:
        _run(connection)


async def _run_on_postgresql(url: URL) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


_url = make_url(context.config.attributes["url"])
if _url.get_backend_name() == "sqlite":
    _run_on_sqlite(_url)
else:
    asyncio.run(_run_on_postgresql(_url))
