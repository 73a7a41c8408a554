"""For browser tests: one browser and one gateway for the run, a fresh profile and fresh agents a test."""

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


@pytest.fixture(scope="session")
async def gateway(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, brain: Brain
) -> AsyncIterator[Gateway]:
    """The one gateway of most browser tests, on SQLite; a module with other wishes has its own."""
    folder = tmp_path_factory.mktemp("gateway")
    await asyncio.to_thread(shutil.copy, sqlite_template, folder / "jieli.sqlite")
    async with running_gateway(folder, {"BRAIN_URLS": brain.url, "BRAIN_TOKEN": brain.token}) as running:
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
    """Opens pages of the gateway, closes them before the office; a failure leaves pictures of them."""
    async with open_screens(browser, gateway.url) as opened:
        yield opened
        if request.node.stash.get(FAILED, False):
            await opened.take_pictures(request.node.name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report
