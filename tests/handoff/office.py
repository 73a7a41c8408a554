"""For the handoff's tests: an office with agents and customers, on a real database, its clock set by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import RowMapping, func, select

from bot.conversation import Conversation, Reason
from bot.http import Guard
from bot.messages import Address, Answer, Incoming, Kind, Language
from bot.notices import load_notices
from bot.settings import Settings
from bot.store import conversations, predictions, threads
from bot.store.database import Database
from bot.store.predictions import Outcome
from bot.store.tables import conversation, message
from bot.store.threads import Speaker
from handoff.agents import Me
from handoff.service import Handoff

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
OFFER, GONE = 45.0, 60.0


class Clock:
    """The office's time: stands still from now on, until it is moved on."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Office:
    """One gateway's agents' side. Nothing runs by itself: the tests call `settle` where the worker would."""

    def __init__(self, database: Database, clock: Clock, **environment: str) -> None:
        self.database = database
        self.clock = clock
        self.refusals: list[tuple[str, str]] = []
        self.brain = "ready"
        settings = {"JIELI_OFFER_SECONDS": OFFER, "JIELI_GONE_SECONDS": GONE, **environment}
        self.handoff = Handoff(
            database,
            Speaker({"web": False}, {}),
            load_notices(ROOT),
            Settings.model_validate(settings),
            lambda: self.brain,
            lambda *refusal: self.refusals.append(refusal),
            # hundreds of agents sign in here, and a good hash is a slow one; the tests of accounts have it
            hasher=PasswordHash([Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)]),
            now=clock,
        )
        self.app = FastAPI()
        self.app.add_middleware(Guard)
        self.handoff.mount(self.app)
        self._customers = 0

    async def settle(self) -> None:
        """One round of the queue's worker."""
        await self.handoff.queue.settle()

    async def later(self, seconds: float) -> None:
        """Time passes, and the worker makes a round."""
        self.clock.advance(seconds)
        await self.settle()

    async def agent(self, login: str, *, status: str = "ready", **more: Any) -> Agent:
        """A new agent, signed in."""
        values: dict[str, Any] = {"name": login.title(), "roles": ["agent"], "capacity": 3, **more}
        await self.handoff.accounts.create(login=login, password=PASSWORD, **values)
        agent = await self.signs_in(login)
        if status == "ready":
            await agent.is_("ready")
        return agent

    async def signs_in(self, login: str, password: str = PASSWORD) -> Agent:
        """An agent with a browser of his or her own."""
        agent = Agent(self)
        response = await agent.http.post("/session", json={"login": login, "password": password})
        assert response.status_code == 200, response.text
        agent.takes(response.json())
        return agent

    async def customer(self, text: str = "转人工", *, channel: str = "web", language: str = "zh") -> Customer:
        """A new customer who has written one message to the bot."""
        self._customers += 1
        address = Address(channel, "shop", f"u{self._customers}")
        return await Customer.arrives(self, address, Language(language), text)

    async def waiting(self, **customer: str) -> Customer:
        """A new customer who waits for a person."""
        arrived = await self.customer(**customer)
        await arrived.asks_for_a_person()
        return arrived

    async def state(self, chat: int) -> Conversation:
        """The conversation as the database has it."""
        async with self.database.read() as tx:
            row = await tx.one(select(conversation).where(conversation.c.id == chat))
        assert row is not None
        return conversations.as_value(row)

    async def queue(self) -> list[int]:
        """The ids of who waits, in order."""
        return [row.id for row in await self.handoff.lookups.queue()]


class Customer:
    """Somebody on a channel, and the one open conversation."""

    def __init__(self, office: Office, address: Address, row: RowMapping, chat: int) -> None:
        self.office, self.address, self.row, self.chat = office, address, row, chat
        self._said = 0

    @classmethod
    async def arrives(cls, office: Office, address: Address, language: Language, text: str) -> Customer:
        async with office.database.write() as tx:
            row = await threads.customer_of(tx, _incoming(address, 0, text), language)
            chat = (await conversations.open_for(tx, row["id"]))["id"]
            await threads.add_incoming(tx, _incoming(address, 0, text), row, chat)
        return cls(office, address, row, chat)

    async def asks_for_a_person(self, reason: Reason = Reason.ASKED, **also: Any) -> None:
        """The bot hands over, as the router does it."""
        self.office.clock.advance(0.001)
        async with self.office.database.write() as tx:
            row = await conversations.locked(tx, self.chat)
            assert row is not None
            moved = conversations.as_value(row).hand_off(reason, self.office.clock())
            await conversations.apply(tx, moved, **also)

    async def says(self, text: str) -> None:
        """Writes another message, stored as the router does it."""
        self._said += 1
        incoming = _incoming(self.address, self._said, text)
        async with self.office.database.write() as tx:
            row = await threads.customer_of(tx, incoming, Language(self.row["language"]))
            chat = (await conversations.open_for(tx, row["id"]))["id"]
            await threads.add_incoming(tx, incoming, row, chat)

    async def is_understood(self, *actions: str, **slots: Any) -> None:
        """The brain has read the newest message: what it did about it, and what it knows now."""
        async with self.office.database.write() as tx:
            newest = select(func.max(message.c.id)).where(message.c.conversation_id == self.chat)
            answer = Answer(
                messages=(),
                state=None,
                ranking=(),
                threshold=0.5,
                slots=slots,
                actions=tuple({"name": action} for action in actions),
                handoff=None,
                model="m",
                milliseconds=1.0,
                asked_back=False,
            )
            await predictions.keep(tx, self.chat, await tx.value(newest), answer, Outcome.ANSWERED)

    async def withdraws(self) -> None:
        """Would rather go on with the bot."""
        async with self.office.database.write() as tx:
            row = await conversations.locked(tx, self.chat)
            assert row is not None
            await conversations.apply(tx, conversations.as_value(row).withdraw())

    async def is_answered_by_the_brain(self) -> None:
        """It is back, as the comeback does it."""
        async with self.office.database.write() as tx:
            row = await conversations.locked(tx, self.chat)
            assert row is not None
            await conversations.apply(tx, conversations.as_value(row).brain_is_back())

    async def heard(self) -> list[str]:
        """What the gateway and the agents have said, in order."""
        said = select(message.c.text).where(
            message.c.conversation_id == self.chat, message.c.author.in_(("system", "agent"))
        )
        async with self.office.database.read() as tx:
            return [row["text"] for row in await tx.all(said.order_by(message.c.seq))]


class Agent:
    """An agent at a screen: every act is a call of the API."""

    def __init__(self, office: Office) -> None:
        self.office = office
        # the same host as the page's own, so that Origin can be tried
        transport = httpx.ASGITransport(office.app)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://desk.example:8080/api/v1")
        self.id = 0
        self.csrf = ""

    def takes(self, signed_in: dict[str, Any]) -> None:
        """Remembers who it is, and the token of the calls that change something."""
        self.id, self.csrf = signed_in["agent"]["id"], signed_in["csrf"]
        self.http.headers["X-CSRF-Token"] = self.csrf

    async def is_(self, status: str) -> None:
        response = await self.http.put("/me/status", json={"status": status})
        assert response.status_code == 200, response.text

    async def tries(self, act: str, chat: int, **body: Any) -> httpx.Response:
        """An act that may be refused."""
        return await self.http.post(f"/conversations/{chat}/{act}", json=body)

    async def does(self, act: str, chat: int, **body: Any) -> dict[str, Any]:
        """An act that must be carried out."""
        response = await self.tries(act, chat, **body)
        assert response.is_success, response.text
        done: dict[str, Any] = response.json()
        return done

    async def reads(self, path: str) -> Any:
        response = await self.http.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    async def me(self) -> Me:
        """This agent as the gateway knows the caller."""
        return await self.office.handoff.accounts.who(self.http.cookies["jieli_session"])


def _incoming(address: Address, number: int, text: str) -> Incoming:
    return Incoming(address, f"k{number}", Kind.TEXT, text)
