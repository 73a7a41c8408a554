"""For operators: brings the schema of a database to the newest migration, or says that it is not there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

from bot.errors import SettingsError

_MIGRATIONS = Path(__file__).resolve().parent.parent / "deploy" / "migrations"


def migrate(url: str) -> None:
    """Applies what is missing. `url` is SQLAlchemy's, with the driver that we use."""
    command.upgrade(_config(url), "head")


async def require_newest(url: str) -> None:
    """SettingsError when the schema is not the newest: gateways must not run on an old one."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            current = await connection.run_sync(
                lambda sync: MigrationContext.configure(sync).get_current_revision()
            )
    except OSError as error:
        raise SettingsError(f"DATABASE_URL: the database does not answer: {error}") from error
    finally:
        await engine.dispose()
    if current != ScriptDirectory.from_config(_config(url)).get_current_head():
        raise SettingsError("DATABASE_URL: its tables are not the newest; run `python -m bot migrate`")


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["url"] = url
    return config
