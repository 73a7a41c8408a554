"""For journeys: a visitor of the web chat and an agent at the desk, who act over HTTP as their screens do."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.gateway import ADMIN_PASSWORD

PATIENCE = 10.0


@dataclass(frozen=True)
class Heard:
    """A message that reached somebody."""

    seq: int
    author: str
    name: str | None
    text: str
    choices: tuple[dict[str, str], ...]

    @property
    def titles(self) -> list[str]:
        return [choice["title"] for choice in self.choices]


class WebCustomer:
    """A visitor with one session; `heard` is the thread as the live stream brought it."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client = client
        self.token = token
        self.heard: list[Heard] = []
        self.states: list[dict[str, Any]] = []
        self._news = asyncio.Condition()
        self._seen = 0

    async def says(self, text: str, *, choice: str | None = None, key: str | None = None) -> None:
        """Writes a message; the gateway has stored it when this returns."""
        body = {"id": key or secrets.token_hex(8), "text": text} | ({"choice": choice} if choice else {})
        response = await self.client.post("/channels/web/messages", json=body)
        assert response.status_code == 202, response.text

    async def hears(self, what: str | Callable[[Heard], bool], timeout: float = PATIENCE) -> Heard:
        """The next message that is not the customer's own and contains (or fulfils) `what`;
        earlier ones are passed.
        """
        fits = what if callable(what) else lambda heard: what in heard.text
        async with asyncio.timeout(timeout), self._news:
            while True:
                while self._seen < len(self.heard):
                    heard = self.heard[self._seen]
                    self._seen += 1
                    if heard.author != "customer" and fits(heard):
                        return heard
                await self._news.wait()

    async def taps(self, title: str) -> None:
        """Taps the newest choice with this title."""
        choices = [c for heard in self.heard for c in heard.choices if c["title"] == title]
        assert choices, f"nobody offered {title!r}"
        await self.says(title, choice=choices[-1]["id"])

    async def thread(self, after: int = 0) -> list[dict[str, Any]]:
        """What the page shows after a reload."""
        response = await self.client.get("/channels/web/messages", params={"after": after})
        assert response.status_code == 200
        thread: list[dict[str, Any]] = response.json()
        return thread

    async def reaches(self, *states: str, timeout: float = PATIENCE) -> None:
        """Waits until the stream has told one of these states; those that are over at once it leaves out."""
        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(lambda: any(told["state"] in states for told in self.states))

    async def listen(self, connected: asyncio.Event) -> None:
        """Reads the live stream until cancelled."""
        async with self.client.stream("GET", "/channels/web/events") as stream:
            connected.set()
            async for name, data in _events(stream):
                async with self._news:
                    if name == "message":
                        self.heard.append(_heard(data))
                    elif name == "state":
                        self.states.append(data)
                    self._news.notify_all()


@asynccontextmanager
async def web_customer(
    url: str, language: str | None = None, *, token: str | None = None
) -> AsyncIterator[WebCustomer]:
    """A new visitor, or the one with this token who comes back; with the live stream open."""
    async with httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(10, read=60)) as client:
        if token is None:
            begun = await client.post("/channels/web/sessions", json={"language": language})
            assert begun.status_code == 201, begun.text
            token = begun.json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        customer = WebCustomer(client, str(token))
        connected = asyncio.Event()
        listening = asyncio.create_task(customer.listen(connected))
        await asyncio.wait_for(connected.wait(), PATIENCE)
        try:
            yield customer
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


class Agent:
    """A person at the desk, with the live stream open."""

    def __init__(self, client: httpx.AsyncClient, csrf: str, agent: dict[str, Any]) -> None:
        self.client, self.csrf, self.me = client, csrf, agent
        self.news: list[tuple[str, dict[str, Any]]] = []
        self._news = asyncio.Condition()

    async def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Any call of the API, with the token that unsafe ones need."""
        return await self.client.request(
            method, f"/api/v1{path}", json=body, headers={"X-CSRF-Token": self.csrf}
        )

    async def is_(self, status: str) -> None:
        """Sets the own status: ready or away."""
        response = await self.call("PUT", "/me/status", {"status": status})
        assert response.status_code == 200, response.text

    async def queue(self) -> list[dict[str, Any]]:
        response = await self.call("GET", "/queue")
        assert response.status_code == 200, response.text
        rows: list[dict[str, Any]] = response.json()
        return rows

    async def sees(
        self, wanted: Callable[[dict[str, Any]], bool], timeout: float = PATIENCE
    ) -> dict[str, Any]:
        """Waits until a conversation of the queue, or of one's own, fulfils `wanted`."""
        async with asyncio.timeout(timeout), self._news:
            while True:
                mine: list[dict[str, Any]] = (await self.call("GET", "/conversations")).json()
                for row in [*await self.queue(), *mine]:
                    if wanted(row):
                        return row
                await self._news.wait()

    async def accepts(self, conversation: int, **epoch: int) -> dict[str, Any]:
        return await self._acts(conversation, "accept", epoch)

    async def resolves(self, conversation: int) -> dict[str, Any]:
        return await self._acts(conversation, "resolve", {})

    async def requeues(self, conversation: int) -> dict[str, Any]:
        return await self._acts(conversation, "requeue", {})

    async def replies(self, conversation: int, text: str) -> dict[str, Any]:
        response = await self.call("POST", f"/conversations/{conversation}/reply", {"text": text})
        assert response.status_code == 201, response.text
        message: dict[str, Any] = response.json()
        return message

    async def reads(self, conversation: int) -> dict[str, Any]:
        response = await self.call("GET", f"/conversations/{conversation}")
        assert response.status_code == 200, response.text
        whole: dict[str, Any] = response.json()
        return whole

    async def hears(self, conversation: int, text: str, timeout: float = PATIENCE) -> dict[str, Any]:
        """Waits until a customer's message with `text` stands in the conversation."""
        async with asyncio.timeout(timeout), self._news:
            while True:
                messages: list[dict[str, Any]] = (await self.reads(conversation))["messages"]
                for message in messages:
                    if message["author"] == "customer" and text in message["text"]:
                        return message
                await self._news.wait()

    async def _acts(self, conversation: int, act: str, body: dict[str, Any]) -> dict[str, Any]:
        response = await self.call("POST", f"/conversations/{conversation}/{act}", body)
        assert response.status_code == 200, response.text
        row: dict[str, Any] = response.json()
        return row

    async def listen(self, connected: asyncio.Event) -> None:
        """Reads the live stream until cancelled."""
        async with self.client.stream("GET", "/api/v1/events") as stream:
            connected.set()
            async for event in _events(stream):
                async with self._news:
                    self.news.append(event)
                    self._news.notify_all()


@asynccontextmanager
async def agent_at_desk(
    url: str, login: str = "admin", password: str = ADMIN_PASSWORD
) -> AsyncIterator[Agent]:
    """An agent who has signed in and looks at the screen; away until told otherwise."""
    async with httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(10, read=60)) as client:
        signed_in = await client.post("/api/v1/session", json={"login": login, "password": password})
        assert signed_in.status_code == 200, signed_in.text
        agent = Agent(client, signed_in.json()["csrf"], signed_in.json()["agent"])
        connected = asyncio.Event()
        listening = asyncio.create_task(agent.listen(connected))
        await asyncio.wait_for(connected.wait(), PATIENCE)
        try:
            yield agent
        finally:
            await agent.call("PUT", "/me/status", {"status": "away"})
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def _events(stream: httpx.Response) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    name = "message"
    async for line in stream.aiter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)
        elif not line:
            name = "message"


def _heard(data: dict[str, Any]) -> Heard:
    return Heard(data["seq"], data["author"], data["name"], data["text"], tuple(data["choices"]))
