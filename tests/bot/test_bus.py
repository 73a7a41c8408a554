"""Notes between the parts of a gateway."""

from __future__ import annotations

import asyncio

import pytest

from bot.store.bus import Bus, next_note


async def test_a_reader_is_stopped_even_as_a_note_comes() -> None:
    """A gateway that stops at this moment waits for the reader, which must not begin another round."""
    bus = Bus()
    with bus.subscribe("queue") as notes:
        reader = asyncio.create_task(next_note(notes, 600))
        await asyncio.sleep(0)  # it listens
        await asyncio.sleep(0)
        bus.publish({"topic": "queue"})
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader


async def test_a_reader_that_hears_nothing_goes_on_in_time() -> None:
    with Bus().subscribe("queue") as notes:
        assert await next_note(notes, 0.01) is None
