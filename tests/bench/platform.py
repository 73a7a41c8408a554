"""For the measurements: Telegram's Bot API as the gateway calls it, and customers whose ear is a stopwatch.

The fake platform of the tests keeps Telegram's rules and everything it was told; at 32 customers at once that
costs more than the gateway's own sending. This one answers, and notes when.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.bench.wire import Client, serving

TOKEN = "7000000001:AAF-a_token_that_opens_nothing_0123"
PATIENCE = 30.0  # seconds for one answer


class Platform:
    """One bot on Telegram. `url` and TOKEN are what its gateway is given."""

    def __init__(self) -> None:
        self.url = ""
        self.registered = asyncio.Event()
        self._updates = itertools.count(1)
        self._messages = itertools.count(1)
        self._listening: dict[int, asyncio.Future[tuple[float, str]]] = {}
        self._webhook: Client | None = None
        self._path = ""
        self._headers: dict[str, str] = {}

    async def ask(self, customer: int, text: str) -> tuple[float, str]:
        """Brings a message to the bot; seconds until `sendMessage` has come, and the text in it."""
        assert self._webhook is not None
        update = json.dumps(self._update(customer, text), ensure_ascii=False).encode()
        heard = self._listening[customer] = asyncio.get_running_loop().create_future()
        start = time.perf_counter()
        async with asyncio.timeout(PATIENCE):
            await self._webhook.post(self._path, update, self._headers)
            came, said = await heard
        return came - start, said

    def answer(self, path: str, body: bytes) -> bytes:
        """The Bot API's answer to a call."""
        method, params = path.rpartition("/")[2], dict(parse_qsl(body.decode()))
        result: Any = True
        if method == "sendMessage":
            result = self._hear(int(params["chat_id"]), params["text"])
        elif method == "setWebhook":
            self._register(params)
        return json.dumps({"ok": True, "result": result}, ensure_ascii=False).encode()

    def close(self) -> None:
        """Ends the connections to the gateway."""
        if self._webhook:
            self._webhook.close()

    def _hear(self, customer: int, text: str) -> dict[str, Any]:
        heard = self._listening[customer]
        # a second message to one question is heard, but not waited for
        if not heard.done():
            heard.set_result((time.perf_counter(), text))
        chat = {"id": customer, "type": "private", "first_name": "Alex"}
        return {"message_id": next(self._messages), "date": int(time.time()), "chat": chat, "text": text}

    def _register(self, params: dict[str, str]) -> None:
        self._webhook, self._path = Client(params["url"]), urlsplit(params["url"]).path
        self._headers = {"X-Telegram-Bot-Api-Secret-Token": params["secret_token"]}
        self.registered.set()

    def _update(self, customer: int, text: str) -> dict[str, Any]:
        who = {"id": customer, "first_name": "Alex"}
        message = {
            "message_id": next(self._messages),
            "from": {**who, "is_bot": False, "language_code": "zh-hans"},
            "chat": {**who, "type": "private"},
            "date": int(time.time()),
            "text": text,
        }
        return {"update_id": next(self._updates), "message": message}


@asynccontextmanager
async def running_platform() -> AsyncIterator[Platform]:
    """The platform, for as long as the block lasts."""
    platform = Platform()
    async with serving(platform.answer) as platform.url:
        try:
            yield platform
        finally:
            platform.close()
