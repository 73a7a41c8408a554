"""For the measurements: Jieli as it ships: gateway, brain and SQLite, with Telegram on the other side."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench.platform import TOKEN, Platform, running_platform
from tests.bench.program import FOLDER
from tests.support.gateway import ROOT, START_SECONDS, running_gateway


@asynccontextmanager
async def running_jieli() -> AsyncIterator[Platform]:
    """A gateway on an empty database, with its own brain; given is the platform its customers write on."""
    # on the disk where var/ is: each commit waits for it
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="jieli-") as name:
        folder, models = Path(name), ROOT / "var" / "models"
        models.mkdir(parents=True, exist_ok=True)
        (folder / "models").symlink_to(models)
        async with running_platform() as platform:
            settings = {
                "JIELI_PUBLIC_URL": "{url}",
                "TELEGRAM_TOKEN": TOKEN,
                "TELEGRAM_API_URL": platform.url,
            }
            async with running_gateway(folder, settings) as gateway:
                await gateway.answers()
                await asyncio.wait_for(platform.registered.wait(), START_SECONDS)
                yield platform
