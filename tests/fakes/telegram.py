"""For tests of Telegram: its Bot API on loopback, and customers who write to the bot there.

    async with FakeTelegram() as telegram:
        ...  # a gateway with telegram.environment
        customer = telegram.customer("林晓", language_code="zh-hans")
        await customer.says("我的订单到哪了")
        answer = await customer.hears("订单号")

It keeps Telegram's rules: who may call, what may be sent to whom and how long, one reader of updates at a
time, and an update is delivered again until somebody takes it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes import platform
from tests.fakes.platform import PATIENCE, Dropped, FakePlatform

WEBHOOK_PORTS = {443, 80, 88, 8443}

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Heard(platform.Heard):
    """A message of the bot's on the customer's screen."""

    message_id: int
    image: str | None


@dataclass(frozen=True)
class Call:
    """A call of the Bot API, answered or not."""

    method: str
    params: Json
    at: float


@dataclass
class Fault:
    """What happens to a call instead of its answer; `done`: it takes effect all the same."""

    status: int | None = None
    description: str = ""
    retry_after: int | None = None
    body: str | None = None
    hang: float = 0.0
    drop: bool = False
    done: bool = False


@dataclass
class Webhook:
    url: str
    secret: str | None
    allowed: list[str]
    max_connections: int


class Refused(Exception):
    """The Bot API's own way to say no."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


class FakeTelegram(FakePlatform[Call]):
    """The platform with one bot.

    `local`: webhooks may be plain http on any port, as with a Bot API server of one's own.
    """

    def __init__(self, *, local: bool = True) -> None:
        routes = [
            Route("/bot{token}/{method}", self._answer, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self._download),
        ]
        super().__init__(routes, timeout=10)
        self.token = "7000000001:AAF-a_token_that_opens_nothing_0123"
        self.bot = {"id": 7000000001, "is_bot": True, "first_name": "Xiaoqing", "username": "test_bot"}
        self.local = local
        self.webhook: Webhook | None = None
        # update_id and HTTP status of every attempt at the webhook; 0 where there was no answer
        self.deliveries: list[tuple[int, int]] = []
        self.customers: dict[int, Customer] = {}
        self.pending: dict[int, Json] = {}
        self.queries: dict[str, bool] = {}
        self.files: dict[str, bytes] = {}
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._update_ids = itertools.count(700_000_001)
        self._message_ids = itertools.count(1)
        self._customer_ids = itertools.count(1_000_001)
        self._busy: set[int] = set()
        self._readers = 0

    @property
    def environment(self) -> dict[str, str]:
        """What a gateway needs to know."""
        return {"TELEGRAM_TOKEN": self.token, "TELEGRAM_API_URL": self.url}

    def customer(self, name: str = "Alex Winter", language_code: str | None = "en") -> Customer:
        """Somebody new, who has not yet written to the bot."""
        customer = Customer(self, next(self._customer_ids), name, language_code)
        self.customers[customer.id] = customer
        return customer

    def fail_next(self, method: str, status: int | None = None, description: str = "", **fault: Any) -> None:
        """The next call of `method` meets a Fault; several calls of this make a row of them."""
        self._faults[method].append(Fault(status, description, **fault))

    def calls_of(self, name: str) -> list[Call]:
        return [call for call in self.calls if call.method == name]

    # --- updates on their way to the bot ---

    def new_update(self, **content: Any) -> int:
        """Puts an update in line, as it is, and gives its number."""
        number = next(self._update_ids)
        self.pending[number] = {"update_id": number, **content}
        self.tell()
        self._push()
        return number

    def numbers_begin_again_at(self, number: int) -> None:
        """What Telegram does after a week without updates."""
        self._update_ids = itertools.count(number)

    async def taken(self, number: int, timeout: float = PATIENCE) -> None:
        """Waits until the bot has taken this update."""
        await self.until(lambda: number not in self.pending, f"update {number} taken", timeout)

    async def post(self, body: bytes, secret: str | None = None) -> httpx.Response:
        """One attempt at the webhook with any body."""
        assert self.webhook, "no webhook is set"
        headers = {b"Content-Type": b"application/json"}
        if given := secret if secret is not None else self.webhook.secret:
            headers[b"X-Telegram-Bot-Api-Secret-Token"] = given.encode("latin-1")
        return await self._client.post(self.webhook.url, content=body, headers=headers)

    def _push(self) -> None:
        """Starts to deliver the oldest update of each chat that has none under way."""
        for number, update in self.pending.items():
            chat = _chat_of(update)
            if self.webhook and self._wanted(update, self.webhook.allowed) and chat not in self._busy:
                self._busy.add(chat)
                self._begin(self._deliver(number, chat))

    async def _deliver(self, number: int, chat: int) -> None:
        pause = 0.05
        while self.webhook and number in self.pending:
            status = await self._attempt(number)
            self.deliveries.append((number, status))
            if 200 <= status < 300:
                self.pending.pop(number, None)
            self.tell()
            if number in self.pending:
                await asyncio.sleep(pause)
                pause = min(2 * pause, 1.0)
        self._busy.discard(chat)
        self._push()

    async def _attempt(self, number: int) -> int:
        try:
            return (await self.post(json.dumps(self.pending[number]).encode())).status_code
        except httpx.HTTPError:
            return 0

    @staticmethod
    def _wanted(update: Json, allowed: list[str]) -> bool:
        return not allowed or any(kind in update for kind in allowed)

    # --- the Bot API ---

    async def _answer(self, request: Request) -> Response:
        method, params = request.path_params["method"], await _params(request)
        self.calls.append(Call(method, params, time.monotonic()))
        self.tell()
        if request.path_params["token"] != self.token:
            return _refusal(Refused(401, "Unauthorized"))
        fault = self._faults[method].popleft() if self._faults[method] else None
        if fault and not fault.done:
            return await self._break(fault)
        perform = getattr(self, "_on_" + re.sub("(?=[A-Z])", "_", method).lower(), None)
        if perform is None:
            return _refusal(Refused(404, "Not Found"))
        try:
            result = await perform(params)
        except Refused as refused:
            return _refusal(refused)
        finally:
            self.tell()
        return await self._break(fault) if fault else JSONResponse({"ok": True, "result": result})

    async def _break(self, fault: Fault) -> Response:
        if fault.hang:
            await self._hang(fault.hang)
        if fault.drop or fault.status is None:
            return Dropped()
        if fault.body is not None:
            return Response(fault.body, fault.status)
        parameters = {} if fault.retry_after is None else {"retry_after": fault.retry_after}
        return _refusal(Refused(fault.status, fault.description, **parameters))

    async def _on_get_me(self, params: Json) -> Json:
        return self.bot

    async def _on_set_webhook(self, params: Json) -> bool:
        parts = urlsplit(params.get("url", ""))
        if not self.local and parts.scheme != "https":
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if not self.local and (parts.port or 443) not in WEBHOOK_PORTS:
            raise Refused(
                400, "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443, 8443"
            )
        allowed, connections = params.get("allowed_updates", []), params.get("max_connections", 40)
        self.webhook = Webhook(params["url"], params.get("secret_token"), allowed, connections)
        self._push()
        return True

    async def _on_delete_webhook(self, params: Json) -> bool:
        self.webhook = None
        return True

    async def _on_get_updates(self, params: Json) -> list[Json]:
        if self.webhook:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        self._readers += 1
        me = self._readers
        for number in [number for number in self.pending if number < params.get("offset", 0)]:
            del self.pending[number]
        self.tell()
        waiting = self._closing

        def found() -> list[Json]:
            allowed = params.get("allowed_updates", [])
            return [update for update in self.pending.values() if self._wanted(update, allowed)]

        with suppress(TimeoutError):
            async with asyncio.timeout(params.get("timeout", 0)):
                while not found() and me == self._readers and not waiting.is_set():
                    await self._news.wait()
        if me != self._readers:
            raise Refused(409, "Conflict: terminated by other getUpdates request")
        return found()[: params.get("limit", 100)]

    async def _on_send_message(self, params: Json) -> Json:
        return self._send(params, params.get("text", ""), 4096, "message")

    async def _on_send_photo(self, params: Json) -> Json:
        if urlsplit(str(params.get("photo", ""))).scheme not in {"http", "https"}:
            raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
        return self._send(params, params.get("caption", ""), 1024, "message caption", params["photo"])

    def _send(self, params: Json, text: str, limit: int, what: str, image: str | None = None) -> Json:
        customer = self._reachable(params)
        if not text.strip() and image is None:
            raise Refused(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) > 2 * limit:
            raise Refused(400, f"Bad Request: {what} is too long")
        text = text.strip()
        message = {"message_id": self.message_id(), "from": self.bot, "chat": customer.chat, "date": _now()}
        photo = {
            "photo": [{"file_id": "p", "file_unique_id": "p", "width": 640, "height": 480}],
            "caption": text,
        }
        message |= photo if image else {"text": text}
        if markup := params.get("reply_markup"):
            for button in itertools.chain(*markup["inline_keyboard"]):
                _check(button)
            message["reply_markup"] = markup
        customer.receives(message, text, image)
        return message

    async def _on_send_chat_action(self, params: Json) -> bool:
        self._reachable(params).saw_typing += 1
        return True

    async def _on_answer_callback_query(self, params: Json) -> bool:
        query = params.get("callback_query_id")
        if self.queries.get(query or "", True):
            raise Refused(400, "Bad Request: query is too old and response timeout expired")
        self.queries[str(query)] = True
        return True

    async def _on_get_file(self, params: Json) -> Json:
        name = params.get("file_id")
        if name not in self.files:
            raise Refused(400, "Bad Request: invalid file_id")
        return {"file_id": name, "file_unique_id": f"u{name}", "file_path": f"files/{name}"}

    async def _download(self, request: Request) -> Response:
        body = self.files.get(request.path_params["path"].removeprefix("files/"))
        known = request.path_params["token"] == self.token and body is not None
        return Response(body) if known else _refusal(Refused(404, "Not Found"))

    def _reachable(self, params: Json) -> Customer:
        customer = self.customers.get(int(params.get("chat_id", 0)))
        if customer is None or not customer.has_written:
            raise Refused(400, "Bad Request: chat not found")
        if customer.has_left:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return customer

    def message_id(self) -> int:
        return next(self._message_ids)


@dataclass(eq=False)
class Customer:
    """A person with a phone. What she does returns at once; Telegram then brings it to the bot."""

    telegram: FakeTelegram
    id: int
    name: str
    language_code: str | None
    heard: list[Heard] = field(default_factory=list)
    saw_typing: int = 0
    has_written: bool = False
    has_left: bool = False
    _messages: dict[int, Json] = field(default_factory=dict)
    _listened: int = 0

    @property
    def user(self) -> Json:
        first, _, last = self.name.partition(" ")
        names = {"first_name": first, "last_name": last, "language_code": self.language_code}
        return {"id": self.id, "is_bot": False} | {key: value for key, value in names.items() if value}

    @property
    def chat(self) -> Json:
        return {"id": self.id, "type": "private", "first_name": self.user["first_name"]}

    async def says(self, text: str) -> int:
        """Writes; gives the number of the update."""
        return await self.sends(text=text)

    async def starts(self, payload: str = "") -> int:
        """Opens the chat, by a link that may carry a payload."""
        return await self.says(f"/start {payload}".strip())

    async def sends(self, **content: Any) -> int:
        """Any message: `sends(location={...})`."""
        self.has_written, self.has_left = True, False
        return self.telegram.new_update(message=self.message(**content))

    async def sends_photo(self, caption: str | None = None, data: bytes = b"a picture") -> int:
        sizes = [{"width": side, "height": side, "file_size": side, **self._file(data)} for side in (90, 800)]
        return await self.sends(photo=sizes, **({"caption": caption} if caption else {}))

    async def sends_voice(self, seconds: int = 3, data: bytes = b"a voice") -> int:
        return await self.sends(voice={"duration": seconds, "mime_type": "audio/ogg", **self._file(data)})

    async def edits(self, text: str) -> int:
        return self.telegram.new_update(edited_message=self.message(text=text, edit_date=_now()))

    async def taps(self, title: str) -> int:
        """Taps the newest button with this title."""
        found = [(heard, one) for heard in self.heard for one in heard.choices if one["title"] == title]
        assert found, f"nobody offered {title!r}: {self.heard}"
        heard, choice = found[-1]
        return await self.taps_unseen(choice["id"], self._messages[heard.message_id])

    async def taps_unseen(self, data: str, message: Json) -> int:
        """A tap on any button, below any message."""
        number = f"q{len(self.telegram.queries) + 1}"
        self.telegram.queries[number] = False
        query = {"id": number, "from": self.user, "chat_instance": "1", "message": message, "data": data}
        return self.telegram.new_update(callback_query=query)

    async def leaves(self) -> int:
        """Blocks the bot."""
        self.has_left = True
        return self._member("member", "kicked")

    async def comes_back(self) -> int:
        """Unblocks the bot."""
        self.has_left = False
        return self._member("kicked", "member")

    async def hears(self, what: str | Callable[[Heard], bool] = "", timeout: float = PATIENCE) -> Heard:
        """The next message that contains (or fulfils) `what`; earlier ones are passed over."""
        at = await self.telegram.until_heard(self.heard, self._listened, what, timeout)
        self._listened = at + 1
        return self.heard[at]

    async def sees_typing(self, times: int = 1, timeout: float = PATIENCE) -> None:
        await self.telegram.until(lambda: self.saw_typing >= times, f"{self.name} sees typing", timeout)

    def message(self, **content: Any) -> Json:
        """A message of hers as the bot gets it."""
        return {
            "message_id": self.telegram.message_id(),
            "from": self.user,
            "chat": self.chat,
            "date": _now(),
            **content,
        }

    def receives(self, message: Json, text: str, image: str | None) -> None:
        """A message arrives on her phone."""
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        choices = tuple({"id": one["callback_data"], "title": one["text"]} for row in rows for one in row)
        number, now = message["message_id"], time.monotonic()
        self._messages[number] = message
        self.heard.append(Heard(message_id=number, text=text, choices=choices, image=image, at=now))

    def _file(self, data: bytes) -> Json:
        name = f"file{len(self.telegram.files) + 1}"
        self.telegram.files[name] = data
        return {"file_id": name, "file_unique_id": f"u{name}"}

    def _member(self, before: str, after: str) -> int:
        old, new = ({"user": self.telegram.bot, "status": one, "until_date": 0} for one in (before, after))
        change = {"chat": self.chat, "from": self.user, "date": _now()}
        return self.telegram.new_update(
            my_chat_member=change | {"old_chat_member": old, "new_chat_member": new}
        )


async def _params(request: Request) -> Json:
    """Parameters of both kinds; what is JSON in them is read."""
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        return dict(json.loads(body)) if body else {}
    given = [*request.query_params.items(), *parse_qsl(body.decode(), keep_blank_values=True)]
    return {name: _value(name, value) for name, value in given}


def _value(name: str, value: str) -> Any:
    if name in {"text", "caption", "photo", "url", "secret_token", "callback_query_id", "file_id"}:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _check(button: Json) -> None:
    if not button.get("text"):
        raise Refused(400, "Bad Request: inline keyboard button text must be non-empty")
    if not 1 <= len(button.get("callback_data", "").encode()) <= 64:
        raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")


def _refusal(refused: Refused) -> JSONResponse:
    body: Json = {"ok": False, "error_code": refused.code, "description": refused.description}
    if refused.parameters:
        body["parameters"] = refused.parameters
    return JSONResponse(body, refused.code)


def _chat_of(update: Json) -> int:
    part = next(value for value in update.values() if isinstance(value, dict))
    return int(part.get("message", part).get("chat", {}).get("id", 0))


def _now() -> int:
    return int(time.time())
