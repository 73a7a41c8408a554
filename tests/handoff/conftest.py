"""For the handoff's tests: an office on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from bot.store.database import Database
from tests.handoff.office import Clock, Office


@pytest.fixture
def clock() -> Clock:
    """The time, set by hand."""
    return Clock()


@pytest.fixture
def office(database: Database, clock: Clock) -> Office:
    """An office with nobody in it."""
    return Office(database, clock)
