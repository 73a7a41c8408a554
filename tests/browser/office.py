"""For browser tests: the agents of one test, hired by the admin over HTTP, and the tidying after it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace

from tests.support.people import Agent, agent_at_desk


@dataclass(frozen=True)
class Hired:
    """A new agent, who has never signed in."""

    name: str
    login: str
    password: str


class Office:
    """`admin` sees everything that goes on, and stays away."""

    def __init__(self, url: str, admin: Agent) -> None:
        self.url = url
        self.admin = admin
        self.hired: list[Hired] = []

    async def hires(self, name: str, capacity: int = 3) -> Hired:
        new = Hired(name, f"agent-{secrets.token_hex(4)}", secrets.token_hex(8))
        body = {**asdict(new), "roles": ["agent"], "capacity": capacity}
        response = await self.admin.call("POST", "/agents", body)
        assert response.status_code == 201, response.text
        self.hired.append(new)
        return new

    def learns(self, who: Hired, password: str) -> None:
        """From now on this agent has another password."""
        self.hired[self.hired.index(who)] = replace(who, password=password)

    async def tidy(self) -> None:
        """Ends whatever the test has left open."""
        for one in self.hired:
            async with agent_at_desk(self.url, one.login, one.password) as agent:
                await _resolve_all(agent)
        await _resolve_all(self.admin)
        for row in await self.admin.queue():
            await self.admin.accepts(row["id"])
            await self.admin.resolves(row["id"])
        for notice in (await self.admin.call("GET", "/outages")).json()["notices"]:
            if notice["live"]:
                await self.admin.call("POST", f"/outages/{notice['id']}/end")


@asynccontextmanager
async def open_office(url: str) -> AsyncIterator[Office]:
    async with agent_at_desk(url) as admin:
        office = Office(url, admin)
        try:
            yield office
        finally:
            await office.tidy()


async def _resolve_all(agent: Agent) -> None:
    await agent.is_("away")
    for row in (await agent.call("GET", "/conversations")).json():
        await agent.resolves(row["id"])
