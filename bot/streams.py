"""For pages that listen: server-sent events that come to a proper end when the gateway stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import anyio
from sse_starlette import EventSourceResponse, ServerSentEvent

_SIGN_OF_LIFE_SECONDS = 15
# how long a stream may take to end by itself when the gateway stops
_GRACE_SECONDS = 2.0

Events = AsyncGenerator[ServerSentEvent]


def event_stream(events: Events) -> EventSourceResponse:
    """The answer that sends these events as they come."""
    closing = anyio.Event()
    return EventSourceResponse(
        _until(closing, events),
        ping=_SIGN_OF_LIFE_SECONDS,
        shutdown_event=closing,
        shutdown_grace_period=_GRACE_SECONDS,
    )


async def _until(closing: anyio.Event, events: Events) -> Events:
    over = asyncio.ensure_future(closing.wait())
    try:
        while True:
            coming = asyncio.ensure_future(anext(events, None))
            try:
                await asyncio.wait({coming, over}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not coming.done():
                    coming.cancel()
                    await asyncio.wait({coming})
            event = None if coming.cancelled() else coming.result()
            if event is None:
                return
            yield event
    finally:
        over.cancel()
        await events.aclose()
