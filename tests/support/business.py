"""For tests of look-ups: the demo company's business API as a server of its own, which can be made to
fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI, Request, Response

from bot.demo import demo_business
from bot.http import install_error_handlers
from tests.support.gateway import free_port


@dataclass
class Business:
    """`url` and `token` are what the brain is given; `broken` makes it answer 500 to everything."""

    url: str
    token: str
    broken: bool = False
    keys: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def out_of_order(self) -> Iterator[None]:
        """Answers 500 for as long as the block lasts."""
        self.broken = True
        try:
            yield
        finally:
            self.broken = False


@contextlib.contextmanager
def running_business(token: str) -> Iterator[Business]:
    """The server, in a thread of its own."""
    port = free_port()
    business = Business(f"http://127.0.0.1:{port}/business", token)
    server = _Server(uvicorn.Config(_app(business), host="127.0.0.1", port=port, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    server.listening.wait(10)
    try:
        yield business
    finally:
        server.should_exit = True
        thread.join(10)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup()
        self.listening.set()


def _app(business: Business) -> FastAPI:
    app = FastAPI()
    install_error_handlers(app)
    app.include_router(demo_business(business.token), prefix="/business")

    @app.middleware("http")
    async def fail_on_demand(request: Request, call_next):  # type: ignore[no-untyped-def]
        business.keys.append(request.headers.get("idempotency-key", ""))
        if business.broken:
            await asyncio.sleep(0)
            return Response(status_code=500)
        return await call_next(request)

    return app
