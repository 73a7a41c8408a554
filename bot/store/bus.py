"""For whoever waits for news: notes that are heard after the commit that caused them, on every gateway.

Inside one process a note is handed to the subscribers directly; between gateways it travels by PostgreSQL's
NOTIFY, which delivers in the order of the commits. A note is a hint: whoever hears one reads the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Note = dict[str, Any]

# Sent when notes may have been missed (the connection to PostgreSQL broke): everybody reads again.
REFRESH = "refresh"
_BACKLOG = 1000


class Bus:
    """Hands notes to subscribers by topic; a note without a subscriber is forgotten."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, set[asyncio.Queue[Note]]] = {}

    def publish(self, note: Note) -> None:
        """Hands `note` (its `topic` decides) to everybody who listens, without waiting."""
        topics = list(self._subscriptions) if note["topic"] == REFRESH else [note["topic"]]
        for topic in topics:
            for queue in self._subscriptions.get(topic, ()):
                _put(queue, note)

    def is_heard(self, topic: str) -> bool:
        """Whether anybody listens to `topic` in this process."""
        return topic in self._subscriptions

    @contextmanager
    def subscribe(self, *topics: str) -> Iterator[asyncio.Queue[Note]]:
        """A queue that gets the notes of `topics` until the block is left."""
        queue: asyncio.Queue[Note] = asyncio.Queue(_BACKLOG)
        for topic in topics:
            self._subscriptions.setdefault(topic, set()).add(queue)
        try:
            yield queue
        finally:
            for topic in topics:
                self._subscriptions[topic].discard(queue)
                if not self._subscriptions[topic]:
                    del self._subscriptions[topic]


async def next_note(notes: asyncio.Queue[Note], seconds: float) -> Note | None:
    """The next note; None when none comes in so many seconds.

    Not by `asyncio.wait_for`: before Python 3.12 it loses a cancellation that comes together with a note, and
    whoever stops the reader then waits for ever.
    """
    try:
        async with asyncio.timeout(seconds):
            return await notes.get()
    except TimeoutError:
        return None


def _put(queue: asyncio.Queue[Note], note: Note) -> None:
    if queue.full():
        # A reader this slow has missed something: one order to read again stands for all of it.
        while not queue.empty():
            queue.get_nowait()
        note = {"topic": REFRESH}
    queue.put_nowait(note)
