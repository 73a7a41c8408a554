"""For every test: one trained model, one brain and one PostgreSQL server for the whole run."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.store.database import Database
from tests.support import gateway as gateways
from tests.support.business import Business, running_business
from tests.support.postgres import fresh_database, start_postgres

if TYPE_CHECKING:
    from tests.support.brain import Brain

ROOT = Path(__file__).parents[1]
BRAIN_PYTHON = ROOT / ".venv-brain" / "bin" / "python"


@pytest.fixture(scope="session")
def model() -> Path:
    """The model of the content as it is now, trained unless it is there."""
    command = [str(BRAIN_PYTHON), "-m", "bot.brain", "train", "--content", str(ROOT)]
    command += ["--out", str(ROOT / "var" / "models")]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return Path(done.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="session")
def business() -> Iterator[Business]:
    """The demo company's business API, which a test may switch off."""
    with running_business(secrets.token_hex(8)) as running:
        yield running


@pytest.fixture(scope="session")
def brain(model: Path, business: Business) -> Iterator[Brain]:
    """The one brain of the run, warm."""
    from tests.support.brain import start_brain

    environment = {"BUSINESS_API_URL": business.url, "BUSINESS_API_TOKEN": business.token}
    running = start_brain(model, environment)
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server; the URL of its empty database."""
    with start_postgres() as url:
        yield url


@pytest.fixture(scope="session")
async def postgres_template(postgres: str) -> AsyncIterator[str]:
    """A database with the newest tables, to be copied."""
    async with fresh_database(postgres) as url:
        gateways.migrate(url)
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest tables, to be copied."""
    path = tmp_path_factory.mktemp("template") / "jieli.sqlite"
    gateways.migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    sqlite_template: Path,
    postgres: str,
    postgres_template: str,
) -> AsyncIterator[str]:
    """An empty database with the newest tables: each test runs on SQLite and on PostgreSQL."""
    if request.param == "postgresql":
        async with fresh_database(postgres, postgres_template) as url:
            yield url
    else:
        await asyncio.to_thread(shutil.copy, sqlite_template, tmp_path / "jieli.sqlite")
        yield f"sqlite:///{tmp_path / 'jieli.sqlite'}"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The same, opened."""
    opened = Database(database_url)
    await opened.open()
    yield opened
    await opened.close()
