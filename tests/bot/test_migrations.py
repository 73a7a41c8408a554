"""The migrations make exactly the tables that the code knows, on both databases."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from bot.errors import SettingsError
from bot.migrate import require_newest
from bot.store.tables import metadata


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": False})
    found = compare_metadata(context, metadata)
    # SQLite cannot tell the expressions of an index, so what it says of this one means nothing
    unreadable = "ix_conversation_waiting" if connection.dialect.name == "sqlite" else None
    return [one for one in found if unreadable is None or getattr(one[1], "name", "") != unreadable]


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
async def test_migrated_tables_are_the_tables_of_the_code(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        with create_engine(database_url).connect() as sync:
            assert _differences(sync) == []
        return
    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


async def test_a_gateway_does_not_start_on_an_empty_postgresql(postgres: str) -> None:
    with pytest.raises(SettingsError, match="python -m bot migrate"):
        await require_newest(postgres)
