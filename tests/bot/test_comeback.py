"""The brain was silent and is back: who waited only for it is answered, everybody else is left to the agents.

The brain is played here, so that it can be silent, slow or wrong at will; journeys have the real one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select

from bot.channels.base import Channel
from bot.comeback import Comeback
from bot.conversation import Conversation, Moved, Reason, State
from bot.dialogue import Dialogue
from bot.errors import BrainDown, BrainFailed
from bot.messages import Address, Answer, Incoming, Kind, Said
from bot.notices import load_notices
from bot.outage_answers import OutageAnswers
from bot.outages import load_subjects
from bot.router import Router
from bot.store import conversations
from bot.store.database import Database
from bot.store.tables import agent, conversation, inbox, message
from bot.store.threads import Speaker

ROOT = Path(__file__).parents[2]
ADDRESS = Address("web", "web", "u1")


class Brain:
    """Answers everything with an echo, unless told otherwise."""

    def __init__(self) -> None:
        self.well = False
        self.fails = False
        self.asked: list[str] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def ask(
        self, conversation: int, message: int, text: str, state: dict[str, Any] | None, **_: Any
    ) -> Answer:
        if not self.well:
            raise BrainDown("silent")
        self.asked.append(text)
        if self.fails:
            raise BrainFailed("wrong")
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            await meanwhile()
        handoff = "asked" if text == "a person please" else None
        turns = [*(state or {}).get("turns", []), text]
        return Answer((Said(f"re: {text}"),), {"turns": turns}, (), 0.5, {}, (), handoff, "m", 1.0, True)


class Web:
    """A channel whose updates are the customer's words; `photo` is a picture."""

    def read(self, raw: bytes) -> Incoming:
        key, _, text = raw.decode().partition(" ")
        return Incoming(ADDRESS, key, Kind.PHOTO if text == "photo" else Kind.TEXT, text)

    async def stored(self, incoming: Incoming) -> None:
        pass

    async def thinking(self, incoming: Incoming) -> None:
        pass


class Shop:
    """Router and comeback on one database, with a customer who writes."""

    def __init__(self, database: Database) -> None:
        self.database, self.brain = database, Brain()
        self.channels = {"web": cast(Channel, Web())}
        self.parts = Speaker({"web": False}, {}), load_notices(ROOT)
        dialogue = cast(Dialogue, self.brain)
        outages = OutageAnswers(load_subjects(ROOT), self.parts[1])
        self.router = Router(database, dialogue, *self.parts, outages, self.channels, gone_seconds=60)
        self.comeback = self.another_gateway("one")
        self._written = 0

    def another_gateway(self, owner: str) -> Comeback:
        dialogue = cast(Dialogue, self.brain)
        return Comeback(self.database, owner, dialogue, *self.parts, self.channels, lambda: "ready")

    async def says(self, text: str) -> None:
        self._written += 1
        raw = f"k{self._written} {text}".encode()
        async with self.database.write() as tx:
            row = await tx.insert(
                inbox,
                channel="web",
                account="web",
                key=f"k{self._written}",
                lane=ADDRESS.lane,
                raw=raw,
                state="new",
                received_at=datetime.now(UTC),
            )
            go_on = await self.router.receive(tx, Web().read(raw), row)
        await go_on()

    async def state(self) -> Conversation:
        async with self.database.read() as tx:
            row = await tx.one(select(conversation))
        assert row is not None
        return conversations.as_value(row)

    async def heard(self) -> list[tuple[str, str]]:
        """Who has said what, the customer's own words apart."""
        said = select(message.c.author, message.c.text).where(message.c.author != "customer")
        async with self.database.read() as tx:
            return [(row["author"], row["text"]) for row in await tx.all(said.order_by(message.c.seq))]

    async def moves(self, step: Callable[[Conversation], Moved]) -> None:
        async with self.database.write() as tx:
            row = await tx.one(select(conversation))
            assert row is not None
            await conversations.apply(tx, step(conversations.as_value(row)))

    async def hires(self) -> int:
        now = datetime.now(UTC)
        known = {"login": "ann", "name": "Ann", "password": "", "roles": ["agent"], "capacity": 1}
        async with self.database.write() as tx:
            return await tx.insert(agent, **known, status="away", status_since=now, created_at=now)


@pytest.fixture
def shop(database: Database) -> Shop:
    """A shop whose brain is silent."""
    return Shop(database)


async def test_who_waits_for_the_brain_is_answered_once(shop: Shop) -> None:
    """Two gateways see it come back: one answer, a kind word before it, and the bot has the word again."""
    await shop.says("what does the bill say")
    assert (await shop.state()).reason is Reason.BRAIN_DOWN
    shop.brain.well = True
    gateways = shop.comeback, shop.another_gateway("two")
    await asyncio.gather(*(one.answer_all() for one in gateways))
    await asyncio.gather(*(one.answer_all() for one in gateways))
    (_, sorry), (author, back), answer = await shop.heard()
    assert "none of my colleagues is at work" in sorry
    assert (author, "I'm back" in back) == ("system", True)
    assert answer == ("bot", "re: what does the bill say")
    assert shop.brain.asked == ["what does the bill say"]
    after = await shop.state()
    assert (after.state, after.reason) == (State.BOT, None)
    await shop.says("and now")
    assert (await shop.heard())[-1] == ("bot", "re: and now")


async def test_a_silent_brain_is_asked_again_later(shop: Shop) -> None:
    """Nothing is said and nothing is lost while it stays silent."""
    await shop.says("what does the bill say")
    await shop.comeback.answer_all()
    assert (await shop.state()).state is State.QUEUED
    shop.brain.well = True
    await shop.comeback.answer_all()
    assert (await shop.state()).state is State.BOT


async def test_everything_written_meanwhile_is_answered_in_order(shop: Shop) -> None:
    """Also what arrives while the brain thinks of the first; each turn builds on the one before."""
    await shop.says("what does the bill say")
    await shop.says("and the one before")
    shop.brain.well = True
    shop.brain.meanwhile = lambda: shop.says("hello?")
    await shop.comeback.answer_all()
    assert (await shop.state()).state is State.QUEUED
    await shop.comeback.answer_all()
    texts = ["what does the bill say", "and the one before", "hello?"]
    assert (await shop.heard())[-3:] == [("bot", f"re: {text}") for text in texts]
    async with shop.database.read() as tx:
        assert await tx.value(select(conversation.c.dialogue)) == {"turns": texts}


async def test_an_offer_made_meanwhile_stands(shop: Shop) -> None:
    """An agent was asked while the brain thought: the bot keeps out of it, then and in the next round."""
    await shop.says("what does the bill say")
    ann, shop.brain.well = await shop.hires(), True
    shop.brain.meanwhile = lambda: shop.moves(lambda one: one.offer(ann, datetime.now(UTC), 45))
    await shop.comeback.answer_all()
    await shop.comeback.answer_all()
    assert (await shop.state()).agent == ann
    assert [author for author, _ in await shop.heard()] == ["system"]


async def test_whom_an_agent_gave_back_waits_for_an_agent(shop: Shop) -> None:
    """The conversation has gone on since: the question is no longer the bot's."""
    await shop.says("what does the bill say")
    ann = await shop.hires()
    await shop.moves(lambda one: one.accept(ann))
    await shop.moves(lambda one: one.requeue(ann))
    shop.brain.well = True
    await shop.comeback.answer_all()
    assert (await shop.state()).state is State.QUEUED
    assert shop.brain.asked == []


@pytest.mark.parametrize(
    ("wish", "reason"), [("a person please", Reason.ASKED), ("photo", Reason.UNREADABLE)]
)
async def test_who_wants_a_person_keeps_the_place(shop: Shop, wish: str, reason: Reason) -> None:
    """The agent reads the true reason; the customer, who waits already, hears nothing new."""
    await shop.says("what does the bill say")
    await shop.says(wish)
    before, shop.brain.well = await shop.state(), True
    await shop.comeback.answer_all()
    await shop.comeback.answer_all()
    after = await shop.state()
    assert (after.state, after.reason, after.epoch) == (State.QUEUED, reason, before.epoch + 1)
    assert (after.enqueued_at, after.priority) == (before.enqueued_at, before.priority)
    assert [author for author, _ in await shop.heard()] == ["system", "system"]
    assert len(shop.brain.asked) <= 2


async def test_what_the_brain_fails_at_is_left_to_a_person(shop: Shop) -> None:
    """It is well and fails at this one: asked once more, not for ever."""
    await shop.says("what does the bill say")
    shop.brain.well = shop.brain.fails = True
    await shop.comeback.answer_all()
    await shop.comeback.answer_all()
    assert shop.brain.asked == ["what does the bill say"]
    assert (await shop.state()).reason is Reason.BRAIN_DOWN
