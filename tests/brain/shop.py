"""For the brain's tests: a business system over HTTP that can be slow, broken or gone."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "shop-token"
ORDERS = {
    "QC20260001": {"status": "paid", "status_zh": "已付款", "item": "Data SIM", "item_zh": "流量卡"},
    "QC20260003": {
        "status": "shipped",
        "status_zh": "已发货",
        "item": "Phone Case",
        "item_zh": "手机壳",
        "carrier": "Swift Parcel",
        "carrier_zh": "快燕速递",
        "tracking": "SP778",
        "eta": "2026-11-24",
    },
}


@dataclass
class Shop:
    """`asked` has the path and headers of each request; `trouble` is what it does instead of answering."""

    url: str
    trouble: str | None = None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def in_trouble(self, trouble: str) -> Iterator[None]:
        """`slow` (no answer while the block lasts), `broken` (500), `nonsense` (no JSON)."""
        self.trouble = trouble
        self.over.clear()
        try:
            yield
        finally:
            self.trouble = None
            self.over.set()


@contextlib.contextmanager
def open_shop() -> Iterator[Shop]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Counter)
    shop = Shop(f"http://127.0.0.1:{server.server_address[1]}")
    server.shop = shop  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()


class _Counter(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        shop: Shop = self.server.shop  # type: ignore[attr-defined]
        shop.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        if shop.trouble == "slow":
            shop.over.wait(10)
        order = ORDERS.get(self.path.removeprefix("/orders/"))
        if shop.trouble == "broken":
            self._answer(500, {})
        elif self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._answer(401, {})
        elif order is None:
            self._answer(404, {})
        else:
            self._answer(200, {"number": self.path.removeprefix("/orders/"), **order})

    def _answer(self, status: int, body: dict[str, object]) -> None:
        shop: Shop = self.server.shop  # type: ignore[attr-defined]
        content = b"<html>" if shop.trouble == "nonsense" else json.dumps(body).encode()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # who asked did not wait for us
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Nothing: the test says what it sees."""
