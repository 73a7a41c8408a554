"""Messages go out in order, are tried again where that is safe, and are shown as unknown where nobody
knows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from bot.errors import CustomerGone, OutcomeUnknown, Rejected, TryAgain
from bot.messages import Address, Author, Incoming, Kind, Language, Outgoing, Said
from bot.outbox import Outbox
from bot.store import conversations, threads
from bot.store.database import Database
from bot.store.tables import lease, outbox
from bot.store.threads import Speaker
from tests.support.channel import Postcards


@dataclass
class Office:
    database: Database
    channel: Postcards
    box: Outbox
    speaker: Speaker

    async def says(self, user: str, *texts: str) -> None:
        """The bot says something to a customer."""
        address = Address("postcards", "office", user)
        async with self.database.write() as tx:
            who = await threads.customer_of(tx, Incoming(address, "k", Kind.TEXT, ""), Language.EN)
            conversation = await conversations.open_for(tx, who["id"])
            for text in texts:
                await self.speaker.say(tx, who, conversation["id"], Author.BOT, Said(text))

    async def states(self) -> list[tuple[str, int]]:
        async with self.database.read() as tx:
            rows = await tx.all(select(outbox.c.state, outbox.c.attempts).order_by(outbox.c.id))
        return [(row["state"], row["attempts"]) for row in rows]

    async def settled(self) -> list[tuple[str, int]]:
        """Waits until nothing is being sent, and gives state and attempts of each message."""
        with self.database.bus.subscribe("delivery") as notes:
            while any(state == "sending" for state, _ in await self.states()):
                await notes.get()
        return await self.states()

    async def time_passes(self) -> None:
        """Whatever waits for its next try is due now."""
        async with self.database.write() as tx:
            await tx.run(update(outbox).values(due_at=datetime.now(UTC) - timedelta(seconds=1)))


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    channel = Postcards()
    box = Outbox(database, "one", {"postcards": channel})
    await box.start()
    yield Office(database, channel, box, Speaker({"postcards": True}, {}))
    await box.stop()


def once(error: Exception) -> object:
    """Fails the first send and no other."""
    errors = [error]
    return lambda outgoing: errors.pop() if errors else None


async def test_messages_to_a_customer_arrive_in_order(office: Office) -> None:
    await office.says("ann", "one", "two", "three")
    sent = await office.channel.has_sent(3)
    assert [outgoing.said.text for outgoing in sent] == ["one", "two", "three"]
    assert await office.settled() == [("sent", 1)] * 3


async def test_a_send_that_asked_for_patience_is_tried_again_before_the_next(office: Office) -> None:
    office.channel.fails = once(TryAgain("slow down", after=30))  # type: ignore[assignment]
    await office.says("ann", "one", "two")
    await office.channel.has_sent(1)
    assert await office.settled() == [("queued", 1), ("queued", 0)]
    await office.time_passes()
    sent = await office.channel.has_sent(3)
    assert [outgoing.said.text for outgoing in sent] == ["one", "one", "two"]
    assert await office.settled() == [("sent", 2), ("sent", 1)]


async def test_the_platforms_wish_for_patience_is_kept(office: Office) -> None:
    office.channel.fails = once(TryAgain("slow down", after=300))  # type: ignore[assignment]
    asked = datetime.now(UTC)
    await office.says("ann", "one")
    await office.channel.has_sent(1)
    await office.settled()
    async with office.database.read() as tx:
        due = await tx.value(select(outbox.c.due_at))
    assert due >= asked + timedelta(seconds=300)


async def test_the_first_pause_is_short_and_the_next_is_longer(office: Office) -> None:
    office.channel.fails = lambda outgoing: TryAgain("busy")
    await office.says("ann", "one")
    pauses = []
    for attempt in (1, 2):
        await office.channel.has_sent(attempt)
        assert await office.settled() == [("queued", attempt)]
        async with office.database.read() as tx:
            pauses.append((await tx.value(select(outbox.c.due_at)) - datetime.now(UTC)).total_seconds())
        await office.time_passes()
    assert pauses[0] < 1.3
    assert 1.3 < pauses[1] < 4


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (OutcomeUnknown("timed out"), "unknown"),
        (Rejected("too long"), "failed"),
        (RuntimeError("a fault of ours"), "unknown"),
    ],
)
async def test_what_failed_or_is_unknown_is_never_repeated_and_stops_nothing(
    office: Office, error: Exception, state: str
) -> None:
    office.channel.fails = once(error)  # type: ignore[assignment]
    await office.says("ann", "one", "two")
    sent = await office.channel.has_sent(2)
    assert [outgoing.said.text for outgoing in sent] == ["one", "two"]
    assert await office.settled() == [(state, 1), ("sent", 1)]


async def test_a_customer_who_is_gone_cancels_what_is_queued(office: Office) -> None:
    gone = CustomerGone("blocked")
    office.channel.fails = lambda outgoing: gone if outgoing.said.text == "one" else None
    await office.says("ann", "one", "two")
    await office.says("ben", "hello")
    await office.channel.has_sent(2)
    assert await office.settled() == [("failed", 1), ("cancelled", 0), ("sent", 1)]


async def test_a_send_that_a_dead_gateway_began_is_unknown_and_not_repeated(database: Database) -> None:
    channel, speaker = Postcards(), Speaker({"postcards": True}, {})
    dead = Outbox(database, "dead", {"postcards": channel})
    office = Office(database, channel, dead, speaker)
    await office.says("ann", "one", "two")
    async with database.write() as tx:  # it died right after it had claimed the first
        first = select(outbox.c.id).order_by(outbox.c.id).limit(1).scalar_subquery()
        await tx.run(update(outbox).where(outbox.c.id == first).values(state="sending", attempts=1))
        until = datetime.now(UTC) - timedelta(seconds=1)
        lane = Address("postcards", "office", "ann").lane
        await tx.run(lease.insert().values(name=f"out:{lane}", owner="dead", until=until))
    successor = Outbox(database, "two", {"postcards": channel})
    await successor.start()
    sent = await channel.has_sent(1)
    assert [outgoing.said.text for outgoing in sent] == ["two"]
    assert await office.settled() == [("unknown", 1), ("sent", 1)]
    await successor.stop()


async def test_parts_that_arrived_are_told_at_the_next_try(office: Office) -> None:
    office.channel.fails = once(TryAgain("slow down", parts_sent=2))  # type: ignore[assignment]
    await office.says("ann", "a long one")
    await office.channel.has_sent(1)
    await office.settled()
    await office.time_passes()
    sent: list[Outgoing] = await office.channel.has_sent(2)
    assert [outgoing.parts_sent for outgoing in sent] == [0, 2]
