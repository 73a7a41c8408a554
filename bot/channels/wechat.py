"""For customers on a WeChat official account: the platform's webhook in, customer-service messages out.

An answer travels whole, by one of two ways: as the reply to the platform's own request when it is ready in
time and fits, or as customer-service messages. The transaction that claims its outbox rows decides which.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
import struct
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, ClassVar
from xml.etree import ElementTree

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from sqlalchemy import RowMapping, select, update
from starlette.background import BackgroundTask
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatException
from wechatpy.replies import TextReply
from wechatpy.utils import WeChatSigner

from bot import inbox, outbox
from bot.channels._wechat_client import THREADS, WeChatApi, passive_text, service_parts
from bot.channels.base import Channel
from bot.errors import BadInput, DeliveryError, Forbidden, OutcomeUnknown, SettingsError, TryAgain
from bot.http import refused
from bot.messages import Address, Choice, Incoming, Kind, Language, Outgoing, Said
from bot.store import tables
from bot.store.bus import Note
from bot.store.database import Database, Tx

log = structlog.get_logger()

Put = Callable[[str, str, str, str, bytes], Awaitable[int | None]]
Quarantine = Callable[[str, str, str, bytes, str], Awaitable[None]]
Fields = dict[str, str]
Understood = tuple[Kind, str, dict[str, Any]]

# Below the 10 seconds that every channel has, so that it is we who say what became of a send.
_SEND_SECONDS = 9.5
# A claim that had to wait longer than this for the database comes too late: the platform has hung up.
_GRACE_SECONDS = 0.5


class WeChatChannel(Channel):
    """One official account 公众号. `user` is the customer's openid."""

    name: ClassVar[str] = "wechat"
    reply_window: ClassVar[float] = 5.0

    def __init__(
        self,
        app_id: str,
        app_secret: str,
        token: str,
        aes_key: str | None,
        api_url: str,
        database: Database,
        put: Put,
        quarantine: Quarantine,
        *,
        previous_aes_key: str | None = None,
        wait_seconds: float = 4.0,
    ) -> None:
        """`wait_seconds`: how long a request of the platform, which gives up after 5, waits for an answer."""
        if not token:
            raise SettingsError("WECHAT_TOKEN: must not be empty, or everybody could sign")
        self.account = app_id
        self._token = token
        # after a change of the key the platform goes on with the one before for a while
        self._cryptos = [WeChatCrypto(token, key, app_id) for key in (aes_key, previous_aes_key) if key]
        self._database = database
        self._put = put
        self._quarantine = quarantine
        self._wait_seconds = wait_seconds
        self._api = WeChatApi(app_id, app_secret, api_url)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="wechat")
        self._stopped = False

    @property
    def routes(self) -> APIRouter:
        """`GET` proves to the platform that the address is ours, `POST` is what customers send and do."""
        router = APIRouter(include_in_schema=False)

        @router.get("")
        async def verify(request: Request) -> Response:
            self._check(request, "signature")
            return PlainTextResponse(request.query_params.get("echostr", ""))

        @router.post("")
        async def hear(request: Request) -> Response:
            until = asyncio.get_running_loop().time() + self._wait_seconds
            self._check(request, "signature")
            return await self._hear(request, await request.body(), until)

        return router

    async def _hear(self, request: Request, body: bytes, until: float) -> Response:
        try:
            raw, crypto = self._open(request, body)
            fields = _fields(raw)
        except BadInput as error:
            # acknowledged, or the platform sends it again and tells the customer that we are out of order
            digest = hashlib.sha256(body).hexdigest()
            await self._quarantine(self.name, self.account, digest, body, str(error))
            return PlainTextResponse("success")
        address = self._address(fields)
        with self._database.bus.subscribe(inbox.DONE) as notes:
            stored = await self._put(self.name, self.account, _key(fields), address.lane, raw)
            row = await self._row(_key(fields)) if stored is None else stored
            done = await self._wait(row, notes, until)
        if not done:
            return PlainTextResponse("success", background=BackgroundTask(self._show_typing, address))
        # where nobody listens any more, the platform's next try or the outbox brings the answer
        reply = None if await request.is_disconnected() else await self._claim(row, until + _GRACE_SECONDS)
        if reply is None:
            return PlainTextResponse("success")
        sealed = crypto.encrypt_message(reply, secrets.token_hex(8)) if crypto else reply
        return Response(sealed, media_type="application/xml")

    def _check(self, request: Request, which: str, *signed: str) -> None:
        """Raises Forbidden unless the parameter `which` signs the request's time and nonce, and `signed`."""
        query = request.query_params
        signer = WeChatSigner()
        signer.add_data(self._token, query.get("timestamp", ""), query.get("nonce", ""), *signed)
        if not hmac.compare_digest(signer.signature.encode(), query.get(which, "").encode()):
            refused(self.name, which)
            raise Forbidden("The signature is wrong.", remedy="Compare WECHAT_TOKEN with WeChat's console.")

    def _open(self, request: Request, body: bytes) -> tuple[bytes, WeChatCrypto | None]:
        """The update as XML, and what decrypted it. Raises Forbidden, or BadInput."""
        query = request.query_params
        if query.get("encrypt_type", "raw") != "aes":
            return body, None
        encrypted = _fields(body, "Encrypt")["Encrypt"]
        self._check(request, "msg_signature", encrypted)
        signature, time, nonce = query["msg_signature"], query.get("timestamp", ""), query.get("nonce", "")
        for crypto in self._cryptos:
            try:
                return crypto.decrypt_message({"Encrypt": encrypted}, signature, time, nonce).encode(), crypto
            except (WeChatException, ValueError, IndexError, struct.error):
                continue
        raise BadInput("it cannot be decrypted: compare WECHAT_AES_KEY with WeChat's console")

    async def _row(self, key: str) -> int:
        same = (tables.inbox.c.channel == self.name, tables.inbox.c.account == self.account)
        async with self._database.read() as tx:
            return int(await tx.value(select(tables.inbox.c.id).where(*same, tables.inbox.c.key == key)))

    async def _wait(self, row: int, notes: asyncio.Queue[Note], until: float) -> bool:
        """Whether the update has been dealt with in time."""
        state = select(tables.inbox.c.state).where(tables.inbox.c.id == row)
        while True:
            async with self._database.read() as tx:
                if await tx.value(state) != "new":
                    return True
            try:
                async with asyncio.timeout_at(until):
                    while (await notes.get()).get("row", row) != row:
                        pass
            except TimeoutError:
                return False

    async def _claim(self, row: int, latest: float) -> str | None:
        """The reply to an update, given before or made now; None when its answer goes the other way."""
        this = tables.inbox.c.id == row
        async with self._database.write() as tx:
            # locked: the platform may ask a second time while it still waits for the first
            stored = await tx.one(select(tables.inbox).where(this).with_for_update())
            assert stored is not None
            if stored["reply"] is not None:
                return str(stored["reply"], "utf-8")
            answer = await tx.all(_answer.where(tables.outbox.c.inbox_id == row))
            if not answer or any(part["state"] != "queued" for part in answer):
                return None
            text = passive_text([_said(part) for part in answer], Language(answer[0]["language"]))
            late = asyncio.get_running_loop().time() > latest
            if text is None or late or await _is_behind_another(tx, answer[0]):
                await _release(tx, answer)
                return None
            reply = _reply_xml(_fields(stored["raw"]), text)
            await tx.run(update(tables.inbox).where(this).values(reply=reply.encode()))
            await _mark_sent(tx, answer)
            return reply

    def read(self, raw: bytes) -> Incoming | None:
        """The stored XML as a message; None for an event that says nothing, like a page that was viewed."""
        fields = _fields(raw)
        understood = _event(fields) if fields["MsgType"].lower() == "event" else _message(fields)
        if understood is None:
            return None
        kind, text, about = understood
        try:
            sent_at = datetime.fromtimestamp(int(fields["CreateTime"]), UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise BadInput("CreateTime is not a time") from error
        return Incoming(self._address(fields), _key(fields), kind, text, about=about, sent_at=sent_at)

    async def send(self, outgoing: Outgoing) -> None:
        """Sends customer-service messages, which have no id. Raises a DeliveryError leaf."""
        await self._in_thread(lambda: self._send(outgoing))

    async def typing(self, address: Address) -> None:
        """WeChat shows it for 15 seconds, or until something is sent."""
        about = {"touser": address.user, "command": "Typing"}
        await self._in_thread(lambda: self._api.post("message/custom/typing", data=about))

    async def stop(self) -> None:
        """Sends at work end by themselves; what comes later waits for the next start."""
        self._stopped = True
        self._threads.shutdown(wait=False)
        self._api.close()

    def _send(self, outgoing: Outgoing) -> None:
        parts = service_parts(outgoing)
        for arrived in range(outgoing.parts_sent, len(parts)):
            try:
                self._send_part(outgoing.address.user, parts[arrived])
            except TryAgain as error:
                raise TryAgain(str(error), after=error.after, parts_sent=arrived) from error
            except DeliveryError as error:
                raise type(error)(f"{arrived} of {len(parts)} parts arrived; {error}") from error

    def _send_part(self, user: str, part: str | dict[str, Any]) -> None:
        if isinstance(part, str):
            self._api.message.send_text(user, part)
        else:
            self._api.message.send_msg_menu(user, part)

    async def _in_thread(self, work: Callable[[], object]) -> None:
        if self._stopped:
            raise TryAgain("the gateway is stopping")
        job = self._threads.submit(work)
        try:
            await asyncio.wait_for(asyncio.wrap_future(job), _SEND_SECONDS)
        except TimeoutError as error:
            if job.cancelled():
                raise TryAgain("too many messages wait for WeChat") from error
            raise OutcomeUnknown("WeChat did not answer in time") from error

    async def _show_typing(self, address: Address) -> None:
        try:
            await self.typing(address)
        except DeliveryError as error:
            log.info("wechat.typing", error=str(error))

    def _address(self, fields: Fields) -> Address:
        return Address(self.name, self.account, fields["FromUserName"])


_answer = (
    select(
        tables.outbox.c.id,
        tables.outbox.c.state,
        tables.outbox.c.lane,
        tables.outbox.c.message_id,
        tables.message.c.conversation_id,
        tables.message.c.text,
        tables.message.c.choices,
        tables.message.c.image,
        tables.customer.c.language,
    )
    .join(tables.message, tables.message.c.id == tables.outbox.c.message_id)
    .join(tables.customer, tables.customer.c.id == tables.message.c.customer_id)
    .order_by(tables.outbox.c.id)
    .with_for_update(of=tables.outbox)
)


def _said(row: RowMapping) -> Said:
    return Said(row["text"], tuple(Choice(**one) for one in row["choices"]), row["image"])


async def _is_behind_another(tx: Tx, first: RowMapping) -> bool:
    """Whether an earlier message to this customer is still on its way: nothing overtakes it."""
    earlier = select(tables.outbox.c.id).where(
        tables.outbox.c.lane == first["lane"],
        tables.outbox.c.id < first["id"],
        tables.outbox.c.state.in_(("queued", "sending")),
    )
    return await tx.value(earlier.limit(1)) is not None


async def _release(tx: Tx, answer: Sequence[RowMapping]) -> None:
    """Lets the outbox send what it holds back."""
    rows = tables.outbox.c.id.in_([part["id"] for part in answer])
    await tx.run(update(tables.outbox).where(rows).values(due_at=datetime.now(UTC)))
    tx.note(outbox.TOPIC, lane=answer[0]["lane"])


async def _mark_sent(tx: Tx, answer: Sequence[RowMapping]) -> None:
    rows = tables.outbox.c.id.in_([part["id"] for part in answer])
    await tx.run(update(tables.outbox).where(rows).values(state="sent", done_at=datetime.now(UTC)))
    for part in answer:
        tx.note("delivery", conversation=part["conversation_id"], message=part["message_id"], state="sent")


def _reply_xml(fields: Fields, text: str) -> str:
    reply = {"source": fields["ToUserName"], "target": fields["FromUserName"], "content": text}
    # wechatpy writes CDATA without looking for its end in what it writes
    safe = {name: value.replace("]]>", "]]]]><![CDATA[>") for name, value in reply.items()}
    return str(TextReply(**safe).render())


# An update has no DOCTYPE, and where there is none there are no entities that could blow up.
_BEGINNING = re.compile(rb"\s*(<\?xml [^>]*\?>\s*)?<xml>")
_NEEDED = ("FromUserName", "ToUserName", "CreateTime", "MsgType")
_USER_LENGTH, _KEY_LENGTH = 128, 160


def _fields(xml: bytes, *needed: str) -> Fields:
    """The fields of an update that are plain text. Raises BadInput."""
    if not _BEGINNING.match(xml):
        raise BadInput("it does not begin with <xml>")
    try:
        root = ElementTree.fromstring(xml)  # noqa: S314 - see _BEGINNING
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise BadInput(f"it is not XML: {error}") from error
    fields = {field.tag: (field.text or "").strip() for field in root if len(field) == 0}
    if missing := [name for name in needed or _NEEDED if not fields.get(name)]:
        raise BadInput(f"it has no {missing[0]}")
    if len(fields.get("FromUserName", "")) > _USER_LENGTH:
        raise BadInput("FromUserName is too long")
    return fields


def _key(fields: Fields) -> str:
    """What is the same when the platform sends an update again. Events have no MsgId."""
    parts = [fields.get(name, "") for name in ("FromUserName", "CreateTime", "Event", "EventKey")]
    key = fields.get("MsgId") or ":".join(parts)
    return key if len(key) <= _KEY_LENGTH else hashlib.sha256(key.encode()).hexdigest()


# What stands in the thread for what has no words; WeChat does not tell the customer's language.
_WORDS = {
    Kind.START: "[关注了公众号 / Followed the account]",
    Kind.LEFT: "[取消了关注 / Unfollowed the account]",
    Kind.PHOTO: "[图片 / Photo]",
    Kind.VOICE: "[语音 / Voice message]",
    Kind.VIDEO: "[视频 / Video]",
    Kind.FILE: "[文件 / File]",
    Kind.LOCATION: "[位置 / Location]",
    Kind.LINK: "[链接 / Link]",
    Kind.OTHER: "[其他消息 / Another kind of message]",
}
# WeChat's kinds, each with the facts for the agent and the fields that they come from.
_MEDIA = {
    "image": (Kind.PHOTO, {"media_id": "MediaId", "url": "PicUrl"}),
    "voice": (Kind.VOICE, {"media_id": "MediaId", "format": "Format"}),
    "video": (Kind.VIDEO, {"media_id": "MediaId"}),
    "shortvideo": (Kind.VIDEO, {"media_id": "MediaId"}),
    "location": (Kind.LOCATION, {"latitude": "Location_X", "longitude": "Location_Y", "address": "Label"}),
    "link": (Kind.LINK, {"title": "Title", "description": "Description", "url": "Url"}),
    "file": (Kind.FILE, {"file_name": "Title", "file_size": "FileTotalLen"}),
}
_DETAILS = ("title", "file_name", "address")
# WeChat hands this over, in brackets, in place of a sticker and of whatever else it keeps to itself.
_KEPT_BACK = "收到不支持的消息类型，暂无法显示"


def _message(fields: Fields) -> Understood:
    which, content = fields["MsgType"].lower(), fields.get("Content", "")
    if which == "text" and content and content.strip("【】[]") != _KEPT_BACK:
        # a tap on one of our choices brings its title, and a number that we do not need
        return Kind.CHOICE if "bizmsgmenuid" in fields else Kind.TEXT, content, {}
    kind, facts = _MEDIA.get(which, (Kind.OTHER, {"type": "MsgType"}))
    about = {name: fields[field] for name, field in facts.items() if field in fields}
    if kind is Kind.VOICE and fields.get("Recognition"):
        return Kind.TEXT, fields["Recognition"], about
    return kind, " ".join([_WORDS[kind], *(about[name] for name in _DETAILS if name in about)]), about


def _event(fields: Fields) -> Understood | None:
    key = fields.get("EventKey", "")
    match fields.get("Event", "").lower():
        case "subscribe":
            scene = key.removeprefix("qrscene_")
            return Kind.START, _WORDS[Kind.START], {"scene": scene} if scene else {}
        case "unsubscribe":
            return Kind.LEFT, _WORDS[Kind.LEFT], {}
        case "click" if key:
            return Kind.TEXT, _spoken(key), {"menu": key}
    return None


def _spoken(menu_key: str) -> str:
    """A menu's key as if the customer had said it: 查订单 as it is, ORDER_STATUS as "order status"."""
    is_code = menu_key.isascii() and " " not in menu_key
    return menu_key.replace("_", " ").replace("-", " ").lower().strip() if is_code else menu_key
