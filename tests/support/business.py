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
from bot.demo.company import Company
from bot.http import install_error_handlers
from tests.support.gateway import free_port


@dataclass
class Business:
    """`url` and `token` are what the brain is given, `company` is what it looks into.

    `asked` has the method, path and headers of each request; `trouble` is what it does instead of answering:
    `broken` (500), `slow` (no answer while it lasts), `nonsense` (no JSON), `odd` (JSON that makes no sense).
    """

    url: str
    token: str
    company: Company
    trouble: str | None = None
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def keys(self) -> list[str]:
        """The idempotency keys of all requests."""
        return [headers.get("idempotency-key", "") for _, _, headers in self.asked]

    @contextlib.contextmanager
    def in_trouble(self, trouble: str) -> Iterator[None]:
        """For as long as the block lasts."""
        self.trouble = trouble
        self.over.clear()
        try:
            yield
        finally:
            self.trouble = None
            self.over.set()

    def begin_anew(self) -> None:
        """As if nobody had done anything yet. Tests on another Python ask for it with POST /anew."""
        vars(self.company).update(vars(Company()))

    def out_of_order(self) -> contextlib.AbstractContextManager[None]:
        """Answers 500 for as long as the block lasts."""
        return self.in_trouble("broken")


@contextlib.contextmanager
def running_business(token: str, company: Company | None = None) -> Iterator[Business]:
    """The server, in a thread of its own."""
    port = free_port()
    business = Business(f"http://127.0.0.1:{port}/business", token, company or Company())
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
    app.include_router(demo_business(business.token, business.company), prefix="/business")

    @app.post("/business/anew")
    async def anew() -> None:
        business.begin_anew()

    @app.middleware("http")
    async def fail_on_demand(request: Request, call_next):  # type: ignore[no-untyped-def]
        path = request.url.path.removeprefix("/business")
        business.asked.append((request.method, path, dict(request.headers)))
        match business.trouble:
            case "broken":
                return Response(status_code=500)
            case "slow":
                await asyncio.to_thread(business.over.wait, 10)
            case "nonsense":
                return Response("<html>", media_type="application/json")
            case "odd":
                return Response('{"status": 3}', media_type="application/json")
        return await call_next(request)

    return app
