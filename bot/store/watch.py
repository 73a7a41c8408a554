"""For what is done because rows say so: looked at after each note, and once a second in case one was lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from bot.store.bus import Bus, next_note

log = structlog.get_logger()

_SWEEP_SECONDS = 1.0


class Watch:
    """Calls `look` when it starts, after notes under one of `topics`, and at least once a second."""

    def __init__(
        self, name: str, bus: Bus, topics: tuple[str, ...], look: Callable[[], Awaitable[None]]
    ) -> None:
        self._name = name
        self._bus = bus
        self._topics = topics
        self._look = look
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to watch."""
        self._worker = asyncio.create_task(self._watch(), name=self._name)

    async def stop(self) -> None:
        """Ends the watch; what is left to do is found again."""
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker

    async def _watch(self) -> None:
        with self._bus.subscribe(*self._topics) as notes:
            while True:
                try:
                    await self._look()
                except Exception:
                    # nothing is lost: the rows are still there, and the next round comes within a second
                    log.exception("watch.round_failed", watch=self._name)
                    await asyncio.sleep(_SWEEP_SECONDS)
                await next_note(notes, _SWEEP_SECONDS)
                while not notes.empty():
                    notes.get_nowait()
