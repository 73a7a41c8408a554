"""For journeys: whole gateways, on SQLite and on PostgreSQL, with the real brain and fake platforms
around them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.brain import Brain
from tests.support.gateway import Gateway, running_gateway

Start = Callable[..., Awaitable[Gateway]]


@pytest.fixture
async def start(tmp_path: Path, database_url: str, brain: Brain) -> AsyncIterator[Start]:
    """Starts a gateway with these settings, on this test's database and the run's one brain."""
    async with AsyncExitStack() as stack:

        async def started(**settings: str) -> Gateway:
            environment = {
                "DATABASE_URL": database_url,
                "BRAIN_URLS": brain.url,
                "BRAIN_TOKEN": brain.token,
                **settings,
            }
            return await stack.enter_async_context(running_gateway(tmp_path, environment))

        yield started


@pytest.fixture
async def gateway(start: Start) -> Gateway:
    """A gateway with the web channel alone."""
    return await start()
