"""For tests of WeChat: its API on loopback, and customers who write to the official account there.

    async with FakeWeChat(encrypted=True) as wechat:
        ...  # a gateway with wechat.environment
        await wechat.saves_address(f"{gateway.url}/channels/wechat")
        customer = wechat.customer()
        await customer.says("我的订单到哪了")
        answer = await customer.hears("订单号")
        assert answer.how == "passive"

It keeps WeChat's rules: an update is signed (and encrypted), waits 5 seconds for its answer and is sent three
times at most; what the customer did says how many customer-service messages may follow, and for how long.
The encryption is its own, from the platform's description, so that it proves the gateway's.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import json
import re
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus
from xml.etree import ElementTree

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes import platform
from tests.fakes.platform import PATIENCE, Dropped, FakePlatform

TRIES = 3
# What a customer reads when the account's server does not answer as it should.
OUT_OF_ORDER = "该公众号提供的服务出现故障，请稍后再试"

SEND, TYPING, TOKEN = "message/custom/send", "message/custom/typing", "stable_token"

Json = dict[str, Any]
_LINK = re.compile(r'<a href="weixin://bizmsgmenu\?msgmenucontent=([^"&]*)&msgmenuid=(\d+)">([^<]*)</a>')


@dataclass(frozen=True, kw_only=True)
class Heard(platform.Heard):
    """A message on the customer's screen. `how`: passive, service, or trouble (the platform's own notice)."""

    how: str


@dataclass(frozen=True)
class Call:
    """A call of the API, answered or not."""

    endpoint: str
    token: str | None
    body: Json
    at: float


@dataclass
class Fault:
    """What happens to a call instead of its answer; `done`: it takes effect all the same.

    With nothing but `hang` and `done` the right answer comes, late.
    """

    errcode: int | None = None
    status: int = 200
    body: str | None = None
    hang: float = 0.0
    drop: bool = False
    done: bool = False


@dataclass
class Allowance:
    """Customer-service messages that may follow something the customer did. `until` is `time.monotonic()`."""

    left: int
    until: float


class Refused(Exception):
    """The API's own way to say no."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(errmsg)
        self.errcode, self.errmsg = errcode, errmsg


class FakeWeChat(FakePlatform[Call]):
    """The platform with one official account.

    `patience`: seconds for which an update waits for its answer. `verified`: the account may send
    customer-service messages.
    """

    def __init__(self, *, encrypted: bool = False, patience: float = 5.0, verified: bool = True) -> None:
        routes = [Route("/cgi-bin/{endpoint:path}", self._answer, methods=["GET", "POST"])]
        super().__init__(routes, timeout=60)
        self.app_id, self.app_secret = "wx0123456789abcdef", "a-secret-that-opens-nothing"
        self.token = "a-token-both-sides-know"
        self.aes_key = new_aes_key() if encrypted else None
        self.account = "gh_0123456789ab"
        self.patience, self.verified = patience, verified
        self.token_seconds = 7200
        self.address = ""
        # MsgId (or event) and HTTP status of every try to deliver an update; 0 where there was no answer
        self.deliveries: list[tuple[str, int]] = []
        self.customers: dict[str, Customer] = {}
        self.files: dict[str, bytes] = {}
        # access tokens by the moment when they end; those that died before it by the error they now bring
        self._tokens: dict[str, float] = {}
        self._dead_tokens: dict[str, int] = {}
        self._access_token, self._forced_at = "", float("-inf")
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._message_ids = itertools.count(24_000_000_000_000_001)
        self._event_times = itertools.count(int(time.time()))

    @property
    def environment(self) -> dict[str, str]:
        """What a gateway needs in order to be this account's server."""
        known = {
            "WECHAT_APP_ID": self.app_id,
            "WECHAT_APP_SECRET": self.app_secret,
            "WECHAT_TOKEN": self.token,
            "WECHAT_API_URL": self.url,
        }
        return known | ({"WECHAT_AES_KEY": self.aes_key} if self.aes_key else {})

    def customer(self) -> Customer:
        """Somebody who has found the account, and has not yet done anything there."""
        customer = Customer(self, "o" + secrets.token_urlsafe(32)[:27])
        self.customers[customer.openid] = customer
        return customer

    def fail_next(self, endpoint: str, errcode: int | None = None, **fault: Any) -> None:
        """The next call of `endpoint` meets a Fault; several calls of this make a row of them."""
        self._faults[endpoint].append(Fault(errcode, **fault))

    def calls_of(self, name: str) -> list[Call]:
        return [call for call in self.calls if call.endpoint == name]

    # --- updates on their way to the gateway ---

    async def saves_address(self, address: str) -> None:
        """What the account's owner does in the console: the address must prove that it knows the token."""
        echo = secrets.token_hex(8)
        answer = await self._client.get(address, params={**self.signed(), "echostr": echo})
        assert (answer.status_code, answer.text) == (200, echo), answer.text
        assert answer.headers["content-type"].startswith("text/plain")
        self.address = address

    def signed(self, token: str | None = None) -> dict[str, str]:
        """Fresh parameters of a request, signed."""
        stamp, nonce = str(int(time.time())), secrets.token_hex(5)
        proof = signature(self.token if token is None else token, stamp, nonce)
        return {"signature": proof, "timestamp": stamp, "nonce": nonce}

    def packed(self, xml: bytes) -> tuple[dict[str, str], bytes]:
        """Parameters and body of one try to deliver, encrypted if the account is."""
        query = self.signed()
        if self.aes_key is None:
            return query, xml
        sealed = encrypt(self.aes_key, self.app_id, xml)
        proof = signature(self.token, query["timestamp"], query["nonce"], sealed)
        body = to_xml({"ToUserName": self.account, "Encrypt": sealed})
        return {**query, "encrypt_type": "aes", "msg_signature": proof}, body

    async def post(self, xml: bytes) -> str | None:
        """One try to deliver; gives the reply's text, None for an acknowledgement, and raises otherwise."""
        query, body = self.packed(xml)
        answer = await self._client.post(self.address, params=query, content=body)
        self.deliveries.append((_name(xml), answer.status_code))
        answer.raise_for_status()
        return None if answer.text in {"", "success"} else self._read_reply(answer.content, xml)

    def deliver(self, xml: bytes, customer: Customer) -> None:
        """Starts to deliver an update, as often as the platform does."""
        self._begin(self._deliver(xml, customer))

    async def delivered(self) -> None:
        """Waits until every update was answered or given up."""
        await asyncio.gather(*self._tasks)

    async def _deliver(self, xml: bytes, customer: Customer) -> None:
        for _ in range(TRIES):
            try:
                async with asyncio.timeout(self.patience):
                    reply = await self.post(xml)
            except (TimeoutError, httpx.TransportError):
                self.deliveries.append((_name(xml), 0))
                self.tell()
                continue
            except (httpx.HTTPStatusError, LookupError, ValueError, ElementTree.ParseError) as error:
                customer.receives(OUT_OF_ORDER, how="trouble", choices=[{"id": "", "title": repr(error)}])
                break
            if reply is not None:
                customer.receives_passive(reply)
            break
        else:
            customer.receives(OUT_OF_ORDER, how="trouble")
        self.tell()

    def _read_reply(self, body: bytes, update: bytes) -> str:
        fields, sent = from_xml(body), from_xml(update)
        if self.aes_key:
            proof = signature(self.token, fields["TimeStamp"], fields["Nonce"], fields["Encrypt"])
            if proof != fields["MsgSignature"]:
                raise ValueError("the reply's signature is wrong")
            fields = from_xml(decrypt(self.aes_key, self.app_id, fields["Encrypt"]))
        if set(fields) != {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"}:
            raise ValueError(f"not the fields of a text: {fields}")
        ends = (fields["ToUserName"], fields["FromUserName"], fields["MsgType"])
        if ends != (sent["FromUserName"], sent["ToUserName"], "text") or not fields["Content"].strip():
            raise ValueError(f"not a text for this customer: {fields}")
        if len(fields["Content"].encode()) > 2048:
            raise ValueError("longer than 2048 bytes")
        return fields["Content"]

    def next_message_id(self) -> int:
        return next(self._message_ids)

    def next_event_time(self) -> int:
        """A second of its own for each event, since its time is a part of its name."""
        return next(self._event_times)

    # --- the API ---

    def token_dies(self, errcode: int = 42001, *, for_all: bool = True) -> None:
        """The access token stops working; unless `for_all`, `stable_token` gives it out until forced."""
        self._dead_tokens[self._access_token] = errcode
        if for_all:
            self._tokens.pop(self._access_token, None)

    async def _answer(self, request: Request) -> Response:
        endpoint, token = request.path_params["endpoint"], request.query_params.get("access_token")
        upload = endpoint == "media/upload"
        body = await self._upload(request) if upload else await _json(request)
        self.calls.append(Call(endpoint, token, body, time.monotonic()))
        self.tell()
        fault = self._faults[endpoint].popleft() if self._faults[endpoint] else None
        if fault and not fault.done:
            return await self._break(fault, Response(media_type="text/html"))
        perform = getattr(self, "_on_" + endpoint.replace("/", "_"), None)
        if perform is None:
            return Response("<html>404</html>", 404, media_type="text/html")
        try:
            if endpoint not in {TOKEN, "token"}:
                self._check_token(token)
            answer = perform(request.query_params, body)
        except Refused as refused:
            answer = {"errcode": refused.errcode, "errmsg": refused.errmsg}
        self.tell()
        response = answer if isinstance(answer, Response) else JSONResponse(answer)
        return await self._break(fault, response) if fault else response

    async def _break(self, fault: Fault, otherwise: Response) -> Response:
        if fault.hang:
            await self._hang(fault.hang)
        if fault.drop:
            return Dropped()
        if fault.errcode is not None:
            return JSONResponse({"errcode": fault.errcode, "errmsg": "as the test wants it"}, fault.status)
        if fault.body is None and fault.status == 200:
            return otherwise
        return Response(fault.body or "", fault.status, media_type="text/html")

    def _check_token(self, token: str | None) -> None:
        if dead := self._dead_tokens.get(token or ""):
            raise Refused(dead, "access_token expired or not the latest")
        if time.monotonic() >= self._tokens.get(token or "", 0.0):
            raise Refused(40001, "invalid credential, access_token is invalid")

    def _on_stable_token(self, query: Any, body: Json) -> Json:
        self._check_secret(body)
        now = time.monotonic()
        force = body.get("force_refresh") is True and now - self._forced_at >= 30
        if force:
            self._forced_at = now
            self._dead_tokens.setdefault(self._access_token, 40001)
        # the next one comes 5 minutes early, and both are good until then
        if force or now >= self._tokens.get(self._access_token, 0.0) - 300:
            self._access_token = secrets.token_urlsafe(24)
            self._tokens[self._access_token] = now + self.token_seconds
        return {
            "access_token": self._access_token,
            "expires_in": int(self._tokens[self._access_token] - now),
        }

    def _on_token(self, query: Any, body: Json) -> Json:
        """The old endpoint, whose tokens are no part of the stable ones."""
        self._check_secret(dict(query))
        return {"access_token": secrets.token_urlsafe(24), "expires_in": 7200}

    def _check_secret(self, given: Json) -> None:
        if given.get("grant_type") != "client_credential":
            raise Refused(40002, "invalid grant_type")
        if given.get("appid") != self.app_id:
            raise Refused(40013, "invalid appid")
        if given.get("secret") != self.app_secret:
            raise Refused(40125, "invalid appsecret")

    def _on_message_custom_send(self, query: Any, body: Json) -> Json:
        customer = self._writable(body)
        show = {"text": self._text, "msgmenu": self._menu, "image": self._image}.get(body.get("msgtype", ""))
        if show is None:
            raise Refused(40008, "invalid message type")
        text, choices = show(body[body["msgtype"]])
        customer.spend()
        customer.receives(text, how="service", choices=choices)
        return {"errcode": 0, "errmsg": "ok"}

    def _on_message_custom_typing(self, query: Any, body: Json) -> Json:
        if body.get("command") not in {"Typing", "CancelTyping"}:
            raise Refused(45072, "command field must be either Typing or CancelTyping")
        self._writable(body).saw_typing += 1
        return {"errcode": 0, "errmsg": "ok"}

    def _on_media_upload(self, query: Any, body: Json) -> Json:
        if not body["file"]:
            raise Refused(41005, "media data missing")
        name = secrets.token_urlsafe(12)
        self.files[name] = body["file"]
        return {"type": query["type"], "media_id": name, "created_at": int(time.time())}

    def _on_media_get(self, query: Any, body: Json) -> Response:
        if query.get("media_id") not in self.files:
            raise Refused(40007, "invalid media_id")
        return Response(self.files[query["media_id"]], media_type="image/jpeg")

    @staticmethod
    async def _upload(request: Request) -> Json:
        """The one file of a form."""
        body = await request.body()
        return {"file": body.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0]}

    def _writable(self, body: Json) -> Customer:
        if not self.verified:
            raise Refused(48001, "api unauthorized")
        customer = self.customers.get(str(body.get("touser")))
        if customer is None:
            raise Refused(40003, "invalid openid")
        return customer

    def _text(self, part: Json) -> tuple[str, list[dict[str, str]]]:
        content = part.get("content")
        if not isinstance(content, str) or not content.strip():
            raise Refused(44004, "empty content")
        if len(content.encode()) > 2048:
            raise Refused(45002, "content size out of limit")
        return content, []

    def _menu(self, part: Json) -> tuple[str, list[dict[str, str]]]:
        items = part.get("list") or []
        if not 1 <= len(items) <= 10:
            raise Refused(45098, "msgmenu list size is out of limit")
        texts = [part["head_content"], part["tail_content"], *(item["content"] for item in items)]
        if len("".join(texts).encode()) > 2048:
            raise Refused(45002, "content size out of limit")
        return part["head_content"], [
            {"id": str(int(item["id"])), "title": item["content"]} for item in items
        ]

    def _image(self, part: Json) -> tuple[str, list[dict[str, str]]]:
        if part.get("media_id") not in self.files:
            raise Refused(40007, "invalid media_id")
        return f"[{part['media_id']}]", []


@dataclass(eq=False)
class Customer:
    """A person with a phone. What she does returns at once; the platform then brings it to the gateway."""

    wechat: FakeWeChat
    openid: str
    heard: list[Heard] = field(default_factory=list)
    saw_typing: int = 0
    has_left: bool = False
    allowances: dict[str, Allowance] = field(default_factory=dict)
    _listened: int = 0

    async def says(self, text: str) -> int:
        """Writes; gives the message's id."""
        return await self.sends("text", Content=text)

    async def taps(self, title: str) -> int:
        """Taps the newest choice with this title; her phone then says its words."""
        found = [one for heard in self.heard for one in heard.choices if one["title"] == title]
        assert found, f"nobody offered {title!r}: {self.heard}"
        words = found[-1].get("says", title)
        return await self.sends("text", Content=words, bizmsgmenuid=found[-1]["id"])

    async def sends_photo(self, data: bytes = b"a picture") -> int:
        return await self.sends("image", PicUrl="http://127.0.0.1/a.jpg", MediaId=self._file(data))

    async def sends_voice(self, recognised: str | None = None, data: bytes = b"a voice") -> int:
        words = {} if recognised is None else {"Recognition": recognised}
        return await self.sends("voice", MediaId=self._file(data), Format="amr", **words)

    async def sends_location(self, label: str, x: float = 31.2304, y: float = 121.4737) -> int:
        return await self.sends("location", Location_X=str(x), Location_Y=str(y), Scale="15", Label=label)

    async def sends(self, kind: str, **fields: str) -> int:
        """A message of any kind."""
        number = self.wechat.next_message_id()
        tapped = "bizmsgmenuid" in fields
        self.may_hear("tap", 3, 60) if tapped else self.may_hear("message", 5, 48 * 3600)
        self.wechat.deliver(self.message(kind, number, **fields), self)
        return number

    async def subscribes(self, scene: str | None = None) -> None:
        """Follows the account, perhaps by a QR code that says where it hangs."""
        self.has_left = False
        self.may_hear("follow", 3, 60)
        key = {"EventKey": f"qrscene_{scene}", "Ticket": "t"} if scene else {"EventKey": ""}
        await self.does("subscribe", **key)

    async def leaves(self) -> None:
        """Unfollows the account."""
        self.has_left = True
        await self.does("unsubscribe", EventKey="")

    async def clicks_menu(self, key: str) -> None:
        """Taps an entry of the account's menu."""
        self.may_hear("menu", 3, 60)
        await self.does("CLICK", EventKey=key)

    async def does(self, event: str, **fields: str) -> None:
        """An event of any kind."""
        self.wechat.deliver(self.event(event, **fields), self)

    async def hears(self, what: str | Callable[[Heard], bool] = "", timeout: float = PATIENCE) -> Heard:
        """The next message that contains (or fulfils) `what`; earlier ones are passed over."""
        at = await self.wechat.until_heard(self.heard, self._listened, what, timeout)
        self._listened = at + 1
        return self.heard[at]

    async def sees_typing(self, times: int = 1, timeout: float = PATIENCE) -> None:
        await self.wechat.until(lambda: self.saw_typing >= times, "the customer sees typing", timeout)

    def message(self, kind: str, number: int, **fields: str) -> bytes:
        """A message of hers as the gateway gets it."""
        return self._update(int(time.time()), MsgType=kind, **fields, MsgId=str(number))

    def event(self, event: str, **fields: str) -> bytes:
        """Something she does, as the gateway gets it."""
        return self._update(self.wechat.next_event_time(), MsgType="event", Event=event, **fields)

    def falls_silent(self) -> None:
        """48 hours go by."""
        self.allowances.clear()

    def spend(self) -> None:
        """One customer-service message less; the platform says no when there is none."""
        open_ones = [one for one in self.allowances.values() if time.monotonic() < one.until]
        if self.has_left or not open_ones:
            raise Refused(45015, "response out of time limit or subscription is canceled")
        left = next((one for one in sorted(open_ones, key=lambda one: one.until) if one.left), None)
        if left is None:
            raise Refused(45047, "out of response count limit")
        left.left -= 1

    def receives(self, text: str, *, how: str, choices: list[dict[str, str]] | None = None) -> None:
        """A message arrives on her phone."""
        self.heard.append(Heard(text=text, choices=tuple(choices or ()), how=how, at=time.monotonic()))
        self.wechat.tell()

    def receives_passive(self, content: str) -> None:
        """A text with links that speak for her when she taps them."""
        choices = [
            {"id": number, "title": title, "says": unquote_plus(says)}
            for says, number, title in _LINK.findall(content)
        ]
        self.receives(_LINK.sub("", content).strip(), how="passive", choices=choices)

    def _update(self, at: int, **fields: str) -> bytes:
        ends = {"ToUserName": self.wechat.account, "FromUserName": self.openid, "CreateTime": str(at)}
        return to_xml(ends | fields)

    def may_hear(self, why: str, messages: int, seconds: float) -> None:
        """Opens the window for customer-service messages."""
        self.allowances[why] = Allowance(messages, time.monotonic() + seconds)

    def _file(self, data: bytes) -> str:
        name = f"file{len(self.wechat.files) + 1}"
        self.wechat.files[name] = data
        return name


def encrypt(aes_key: str, app_id: str, message: bytes) -> str:
    """Random bytes, length, message and account, padded to blocks of 32, in AES-256-CBC."""
    plain = secrets.token_bytes(16) + len(message).to_bytes(4, "big") + message + app_id.encode()
    padding = 32 - len(plain) % 32
    sealer = _cipher(aes_key).encryptor()
    return base64.b64encode(sealer.update(plain + bytes([padding]) * padding) + sealer.finalize()).decode()


def decrypt(aes_key: str, app_id: str, sealed: str) -> bytes:
    """The message, when it was meant for this account."""
    opener = _cipher(aes_key).decryptor()
    plain = opener.update(base64.b64decode(sealed)) + opener.finalize()
    plain = plain[16 : -plain[-1]]
    end = 4 + int.from_bytes(plain[:4], "big")
    if plain[end:] != app_id.encode():
        raise ValueError("encrypted for another account")
    return plain[4:end]


def to_xml(fields: dict[str, str]) -> bytes:
    """As the platform writes it: text in CDATA."""
    parts = [
        f"<{name}><![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"
        for name, value in fields.items()
    ]
    return f"<xml>{''.join(parts)}</xml>".encode()


def from_xml(xml: bytes) -> dict[str, str]:
    return {field.tag: field.text or "" for field in ElementTree.fromstring(xml)}  # noqa: S314


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def new_aes_key() -> str:
    """43 letters and digits, as the console makes them."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "".join(secrets.choice(letters) for _ in range(42)) + secrets.choice("AEIMQUYcgkosw048")


def signature(*parts: str) -> str:
    """How the platform signs."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def _name(xml: bytes) -> str:
    fields = from_xml(xml)
    return fields.get("MsgId") or fields.get("Event", "")


async def _json(request: Request) -> Json:
    body = await request.body()
    try:
        return dict(json.loads(body)) if body else {}
    except ValueError:
        return {"not JSON": body.decode(errors="replace")}
