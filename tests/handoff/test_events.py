"""What agents' screens hear, over a real connection: a server on loopback, streams that stay open."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import select, update

from bot.conversation import State
from bot.messages import Author, Said
from bot.store.bus import REFRESH
from bot.store.database import Database
from bot.store.tables import agent, outbox
from bot.store.threads import Speaker
from handoff.accounts import IDLE
from tests.handoff.office import OFFER, Agent, Clock, Office

PATIENCE = 20
# streams look after their session and the agent's presence every tenth of a second
QUICK = {"JIELI_GONE_SECONDS": "0.4"}

Event = tuple[str, dict[str, Any]]


class Server(uvicorn.Server):
    """Says when its doors are open."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.open = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.open.set()


class Screen:
    """An agent's open event stream."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def hears(self) -> Event:
        """The next event."""
        event = await self._next()
        assert event is not None, "the stream ended"
        return event

    async def hears_of(self, name: str, **data: Any) -> dict[str, Any]:
        """The next event of this name with these values; others are passed over."""
        while True:
            heard, told = await self.hears()
            if heard == name and data.items() <= told.items():
                return told

    async def ends(self) -> None:
        """Waits until the gateway ends the stream."""
        while await self._next() is not None:
            pass

    async def _next(self) -> Event | None:
        name = ""
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    return name, json.loads(value)
        return None


@pytest.fixture
async def office(database: Database, clock: Clock) -> AsyncIterator[Office]:
    """An office whose streams run."""
    office = Office(database, clock, **QUICK)
    await office.handoff.events.start()
    yield office
    await office.handoff.events.stop()


@pytest.fixture
async def door(office: Office) -> AsyncIterator[str]:
    """The address of the office's server."""
    server = Server(uvicorn.Config(office.app, port=0, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    await asyncio.wait_for(server.open.wait(), PATIENCE)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@asynccontextmanager
async def screen(door: str, agent: Agent) -> AsyncIterator[Screen]:
    """The agent's stream, from its hello on."""
    cookies = {"jieli_session": agent.http.cookies["jieli_session"]}
    async with (
        httpx.AsyncClient(cookies=cookies, timeout=PATIENCE) as http,
        http.stream("GET", f"{door}/api/v1/events") as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        opened = Screen(response)
        assert await opened.hears() == ("hello", {})
        yield opened


async def test_a_handoff_as_screens_hear_it(office: Office, door: str) -> None:
    """Enqueued, written to, taken by a colleague: everybody hears where the conversation is."""
    ann = await office.agent("ann", status="away")
    bo = await office.agent("bo", status="away")
    async with screen(door, bo) as bos:
        waiting = await office.waiting()
        chat = {"id": waiting.chat, "epoch": 1, "state": "queued"}
        assert await bos.hears_of("queue") == {}
        assert await bos.hears_of("conversation", **chat) == {**chat, "last_seq": 1}
        await waiting.says("hello?")
        assert (await bos.hears_of("conversation", **chat))["last_seq"] == 2
        await ann.does("accept", waiting.chat)
        assert await bos.hears_of("queue") == {}
        taken = await bos.hears_of("conversation", id=waiting.chat)
        assert (taken["state"], taken["epoch"]) == ("active", 2)


async def test_what_is_said_concerns_who_may_read_it(office: Office, door: str) -> None:
    """Talks of the bot, and of colleagues, do not wake every screen; an administrator's hears all."""
    ann = await office.agent("ann", status="away")
    boss = await office.agent("boss", status="away", roles=["admin"])
    talking = await office.customer()
    async with screen(door, ann) as anns, screen(door, boss) as bosss:
        await talking.says("only the bot hears me")
        office.database.bus.publish({"topic": "brain"})
        assert await bosss.hears_of("conversation") == {
            "id": talking.chat,
            "epoch": 0,
            "state": "bot",
            "last_seq": 2,
        }
        assert await anns.hears() == ("status", {"brain": "ready"})


async def test_delivery_reaches_who_spoke(office: Office, door: str) -> None:
    """What became of a message is told, so that its mark changes on the screen."""
    served = await office.waiting(channel="telegram")
    ann = await office.agent("ann", status="away")
    await ann.does("accept", served.chat)
    async with office.database.write() as tx:
        speaker = Speaker({"telegram": True}, {})
        said = await speaker.say(tx, served.row, served.chat, Author.AGENT, Said("hi"), agent_id=ann.id)
    async with screen(door, ann) as anns:
        async with office.database.write() as tx:
            await tx.run(update(outbox).where(outbox.c.message_id == said).values(state="sent"))
            tx.note("delivery", conversation=served.chat, message=said, state="sent")
        assert (await anns.hears_of("conversation", id=served.chat))["state"] == State.ACTIVE


async def test_agents_and_brain(office: Office, door: str) -> None:
    """Who is ready, and how the brain is."""
    ann = await office.agent("ann", status="away")
    bo = await office.agent("bo", status="away")
    async with screen(door, bo) as bos:
        await ann.is_("ready")
        assert await bos.hears_of("agent", id=ann.id) == {
            "id": ann.id,
            "status": "ready",
            "status_reason": None,
        }
        office.brain = "down"
        office.database.bus.publish({"topic": "brain"})
        assert await bos.hears_of("status") == {"brain": "down"}


async def test_an_open_screen_is_presence(office: Office, door: str) -> None:
    """No call for hours, but the stream is open: the agent is here."""
    ann = await office.agent("ann")
    async with screen(door, ann) as anns:
        office.clock.advance(3600)
        await anns.hears_of("agent", id=ann.id, status="ready")
        async with office.database.read() as tx:
            assert await tx.value(select(agent.c.seen_at)) == office.clock()
        waiting = await office.waiting()
        await office.settle()
        assert (await office.state(waiting.chat)).agent == ann.id


async def test_a_screen_hears_why_it_gets_no_more_offers(office: Office, door: str) -> None:
    """Two offers ran out before an open screen: it is told that its agent is away, and for what reason."""
    await office.waiting()
    ann = await office.agent("ann", capacity=1)
    async with screen(door, ann) as anns:
        for _ in range(2):
            await office.settle()
            office.clock.advance(OFFER)
            await ann.reads("/queue")
            await office.settle()
        await anns.hears_of("agent", id=ann.id, status="away", status_reason="ignored_offers")


async def test_stream_ends_with_the_session(office: Office, door: str) -> None:
    """Signed out, here or by the clock: nothing more is told to this browser."""
    ann = await office.agent("ann", status="away")
    async with screen(door, ann) as anns:
        assert (await ann.http.delete("/session")).status_code == 204
        await anns.ends()
    bo = await office.agent("bo", status="away")
    async with screen(door, bo) as bos:
        office.clock.time += IDLE
        await bos.ends()


async def test_signing_out_elsewhere_ends_nothing_here(office: Office, door: str) -> None:
    """Two browsers, one signs out: the other goes on."""
    ann = await office.agent("ann", status="away")
    other = await office.signs_in("ann")
    async with screen(door, ann) as anns:
        assert (await other.http.delete("/session")).status_code == 204
        await anns.hears_of("agent", id=ann.id)
        await office.waiting()
        await anns.hears_of("queue")


async def test_who_missed_something_comes_back(office: Office, door: str) -> None:
    """When notes were lost the stream ends: whoever opens it again reads everything."""
    ann = await office.agent("ann", status="away")
    async with screen(door, ann) as anns:
        office.database.bus.publish({"topic": REFRESH})
        await anns.ends()
    async with screen(door, ann) as anns:
        await office.waiting()
        await anns.hears_of("queue")


async def test_screens_come_and_go(office: Office, door: str) -> None:
    """Thirty streams that break off at any moment leave every connection of the database free."""
    ann = await office.agent("ann", status="away")

    async def comes_and_goes(number: int) -> None:
        async with screen(door, ann):
            await asyncio.sleep(number / 100)

    waiting = await office.waiting()
    async with asyncio.timeout(60):
        async with asyncio.TaskGroup() as group:
            for number in range(30):
                group.create_task(comes_and_goes(number))
            for number in range(10):
                await waiting.says(str(number))
        assert len((await ann.reads(f"/conversations/{waiting.chat}"))["messages"]) == 11
