"""For the fake platforms: what they have in common, whatever their API is.

An HTTP server in the tests' own loop, a log of the calls it got, and a way to wait for what happens there.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

PATIENCE = 10.0


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A message on the customer's screen. `at` is `time.monotonic()`."""

    text: str
    choices: tuple[dict[str, str], ...]
    at: float

    @property
    def titles(self) -> list[str]:
        return [choice["title"] for choice in self.choices]


CallT = TypeVar("CallT")
HeardT = TypeVar("HeardT", bound=Heard)


class FakePlatform(ABC, Generic[CallT]):
    """A platform at work for as long as the block lasts.

    `routes`: its API. `timeout`: seconds for which its own client waits for a gateway.
    """

    def __init__(self, routes: list[Route], *, timeout: float) -> None:
        self.calls: list[CallT] = []
        self._app = Starlette(routes=routes)
        self._timeout = timeout
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._port = 0

    async def __aenter__(self) -> Self:
        self._client = httpx.AsyncClient(timeout=self._timeout, trust_env=False)
        await self.comes_back()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.goes_down()
        await self._client.aclose()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def comes_back(self) -> None:
        """Listens, on the same port as before."""
        self._closing = asyncio.Event()
        config = uvicorn.Config(self._app, "127.0.0.1", self._port, log_level="critical",
                                lifespan="off", timeout_graceful_shutdown=2)  # fmt: skip
        self._server = LoopServer(config)
        self._serving = asyncio.create_task(self._server.serve())
        self._port = await self._server.port()

    async def goes_down(self) -> None:
        """Refuses every connection from now on."""
        self._closing.set()
        self.tell()
        self._server.close()
        await self._serving

    @abstractmethod
    def calls_of(self, name: str) -> list[CallT]:
        """The calls of one method, or endpoint, of the API."""

    def count(self, name: str) -> int:
        return len(self.calls_of(name))

    async def called(self, name: str, times: int = 1, timeout: float = PATIENCE) -> CallT:
        """Waits until `name` was called so many times in all, and gives that call."""
        await self.until(lambda: self.count(name) >= times, f"{name} called {times} times", timeout)
        return self.calls_of(name)[times - 1]

    async def until(self, true: Callable[[], bool], what: str, timeout: float = PATIENCE) -> None:
        """Waits until something that happens here has come true; `what` is told where it does not."""
        try:
            async with asyncio.timeout(timeout):
                while not true():
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"not within {timeout:g} s: {what}") from None

    async def until_heard(
        self, heard: Sequence[HeardT], start: int, what: str | Callable[[HeardT], bool], timeout: float
    ) -> int:
        """Waits for a message, at `start` or later, that contains (or fulfils) `what`; gives its place."""
        fits = what if callable(what) else lambda message: what in message.text

        def places() -> list[int]:
            return [at for at in range(start, len(heard)) if fits(heard[at])]

        try:
            await self.until(lambda: bool(places()), f"the customer hears {what!r}", timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}, but {heard}") from None
        return places()[0]

    def tell(self) -> None:
        """Something has happened."""
        self._news.set()
        self._news = asyncio.Event()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Starts what goes on beside the calls, and ends with the platform at the latest."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hang(self, seconds: float) -> None:
        """Keeps a call waiting, but not for longer than the platform is up."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)


class LoopServer(uvicorn.Server):
    """Serves inside the tests' own loop until told to leave; the signals stay with the tests' runner."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._listening, self._leave = asyncio.Event(), asyncio.Event()

    async def port(self) -> int:
        """The port, as soon as it listens."""
        async with asyncio.timeout(PATIENCE):
            await self._listening.wait()
        return int(self.servers[0].sockets[0].getsockname()[1])

    def close(self) -> None:
        self._leave.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self._listening.set()

    async def main_loop(self) -> None:
        await self._leave.wait()


class Dropped(Response):
    """The connection ends in the middle of the answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
