"""For browser tests: one browser for the run, one gateway for a module, fresh profiles and fresh agents
for each test.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.office import Office, open_office
from tests.browser.screens import Screens, open_screens
from tests.browser.shop import open_shop
from tests.support.browser import launch_options
from tests.support.gateway import Gateway, running_gateway
from tests.support.postgres import fresh_database

if TYPE_CHECKING:
    from tests.support.brain import Brain

FAILED = pytest.StashKey[bool]()

# much longer than anything takes, also on a busy machine
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(**launch_options())
        yield launched
        await launched.close()


@pytest.fixture(scope="module")
async def shared_database(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    sqlite_template: Path,
    postgres: str,
    postgres_template: str,
) -> AsyncIterator[str]:
    """The module's database: of the kind that it names in DATABASE, else SQLite."""
    if getattr(request.module, "DATABASE", "sqlite") == "postgresql":
        async with fresh_database(postgres, postgres_template) as url:
            yield url
    else:
        path = tmp_path_factory.mktemp("database") / "jieli.sqlite"
        await asyncio.to_thread(shutil.copy, sqlite_template, path)
        yield f"sqlite+aiosqlite:///{path}"


@pytest.fixture(scope="module")
async def gateway(
    tmp_path_factory: pytest.TempPathFactory, shared_database: str, brain: Brain
) -> AsyncIterator[Gateway]:
    """The module's gateway, with the run's one brain."""
    settings = {"DATABASE_URL": shared_database, "BRAIN_URLS": brain.url, "BRAIN_TOKEN": brain.token}
    async with running_gateway(tmp_path_factory.mktemp("gateway"), settings) as running:
        yield running


@pytest.fixture
def shop(gateway: Gateway) -> Iterator[str]:
    """A page of another site, with the gateway's chat button."""
    with open_shop(gateway.url) as address:
        yield address


@pytest.fixture
async def office(gateway: Gateway) -> AsyncIterator[Office]:
    """Who works here during this test; at its end nobody waits and nobody is served."""
    async with open_office(gateway.url) as opened:
        yield opened


@pytest.fixture
async def screens(
    request: pytest.FixtureRequest, browser: Browser, gateway: Gateway, office: Office
) -> AsyncIterator[Screens]:
    """Opens pages of the gateway; they are closed before the office is. After a failure there are pictures."""
    async with open_screens(browser, gateway.url) as opened:
        yield opened
        if request.node.stash.get(FAILED, False):
            await opened.take_pictures(request.node.name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report
