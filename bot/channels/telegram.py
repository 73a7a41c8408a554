"""For customers on Telegram: private chats with a bot, by webhook or by long polling.

Updates are stored as they came, before they are acknowledged or the offset moves on, and read later.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import itertools
import json
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Request, Response
from telegram import Bot, Update
from telegram.constants import ChatAction
from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels._telegram_http import Requests
from bot.channels._telegram_read import chat_of, key_of, parse, read
from bot.channels._telegram_send import Part, delivery_error, in_parts, seconds
from bot.channels.base import Channel
from bot.errors import BadInput, Forbidden, NotFound, OutcomeUnknown, SettingsError
from bot.http import refused
from bot.messages import Address, Incoming, Outgoing

log = structlog.get_logger()

Put = Callable[[str, str, str, str, bytes], Awaitable[int | None]]
Quarantine = Callable[[str, str, str, bytes, str], Awaitable[None]]

_UPDATES = [Update.MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER]
_MAX_CONNECTIONS = 40
_POLL_SECONDS = 30
_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class TelegramChannel(Channel):
    """One bot. With `public_url` (and then `secret`) Telegram posts to us; without, we poll.

    `put` and `quarantine` are the inbox's. `send_seconds` bounds one `send`. `pauses` are the seconds between
    tries to register or to poll, the last one for ever.
    """

    name = "telegram"

    def __init__(
        self,
        token: str,
        secret: str | None,
        api_url: str,
        public_url: str | None,
        put: Put,
        quarantine: Quarantine,
        *,
        send_seconds: float = 9.0,
        pauses: Sequence[float] = _PAUSES,
    ) -> None:
        if public_url and not secret:
            raise SettingsError("TELEGRAM_SECRET must be set when JIELI_PUBLIC_URL is")
        _prepare_library()
        self.account = token.partition(":")[0]
        self._secret = secret if public_url else None
        self._webhook = f"{public_url}/channels/telegram" if public_url else None
        self._put = put
        self._quarantine = quarantine
        self._send_seconds = send_seconds
        self._pauses = pauses
        self._sending = Requests(api_url, connections=64, read_timeout=send_seconds)
        self._polling = Requests(api_url, connections=1, read_timeout=_POLL_SECONDS + 10)
        self._bot = Bot(token, f"{api_url}/bot", f"{api_url}/file/bot", self._sending, self._polling)
        self._background: asyncio.Task[None] | None = None
        self._offset: int | None = None

    @property
    def routes(self) -> APIRouter:
        router = APIRouter()
        router.add_api_route("", self._receive, methods=["POST"], include_in_schema=False)
        return router

    async def _receive(self, request: Request) -> Response:
        if self._secret is None:
            raise NotFound("This bot is polled.")
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            refused(self.name, "secret")
            raise Forbidden(
                "The secret token is wrong.", remedy="Compare TELEGRAM_SECRET with the webhook's."
            )
        await self._store(await request.body())
        return Response()

    async def _store(self, raw: bytes) -> None:
        try:
            update = parse(raw)
            key, lane = key_of(update), Address(self.name, self.account, chat_of(update)).lane
        except BadInput as error:
            # Telegram would send it again for a day: what cannot be filed is kept under its own digest
            digest = hashlib.sha256(raw).hexdigest()
            await self._quarantine(self.name, self.account, digest, raw, str(error))
        else:
            await self._put(self.name, self.account, key, lane, raw)

    def read(self, raw: bytes) -> Incoming | None:
        return read(raw, self.name, self.account)

    async def send(self, outgoing: Outgoing) -> str | None:
        provider_id, arrived = None, outgoing.parts_sent
        try:
            async with asyncio.timeout(self._send_seconds):
                for part in in_parts(outgoing)[arrived:]:
                    provider_id = await self._send_part(int(outgoing.address.user), part)
                    arrived += 1
        except TelegramError as error:
            raise delivery_error(error, arrived) from error
        except TimeoutError as error:
            raise OutcomeUnknown(f"no answer from Telegram in {self._send_seconds:g} s") from error
        return provider_id

    async def _send_part(self, chat: int, part: Part) -> str:
        text = part.text
        if part.image:
            try:
                sent = await self._bot.send_photo(chat, part.image, caption=text, reply_markup=part.keyboard)
                return str(sent.message_id)
            except BadRequest as error:
                # mostly a picture that Telegram cannot fetch: the customer shall have the words and the link
                log.warning("telegram.photo_refused", image=part.image, error=str(error))
                text = f"{text}\n{part.image}".strip()
        sent = await self._bot.send_message(chat, text, reply_markup=part.keyboard)
        return str(sent.message_id)

    async def stored(self, incoming: Incoming) -> None:
        if query := incoming.about.get("callback_query_id"):
            # an old query is refused: nobody looks at that button's spinner any more
            with contextlib.suppress(BadRequest):
                await self._bot.answer_callback_query(query)

    async def thinking(self, incoming: Incoming) -> None:
        await self.typing(incoming.address)

    async def typing(self, address: Address) -> None:
        await self._bot.send_chat_action(int(address.user), ChatAction.TYPING)

    async def start(self) -> None:
        self._background = asyncio.create_task(self._listen(), name="telegram")

    async def stop(self) -> None:
        if self._background:
            self._background.cancel()
            await asyncio.wait([self._background])
        await asyncio.gather(self._sending.shutdown(), self._polling.shutdown())

    async def _listen(self) -> None:
        if self._webhook:
            await self._until_done(self._set_webhook)
            return
        await self._until_done(self._delete_webhook)
        while True:
            await self._until_done(self._poll)

    async def _until_done(self, step: Callable[[], Awaitable[None]]) -> None:
        told = None
        for pause in itertools.chain(self._pauses, itertools.repeat(self._pauses[-1])):
            asked = 0.0
            try:
                await step()
            except TelegramError as error:
                asked = seconds(error) if isinstance(error, RetryAfter) else 0.0
                if str(error) != told:
                    told = str(error)
                    log.error("telegram.not_connected", cause=told, remedy=_remedy(error))
            except Exception:
                # mostly the inbox's: the offset has not moved, so the same updates come again
                log.exception("telegram.not_stored", again_in=pause)
            else:
                return
            await asyncio.sleep(max(pause, asked))

    async def _set_webhook(self) -> None:
        await self._bot.set_webhook(
            cast(str, self._webhook),
            allowed_updates=_UPDATES,
            max_connections=_MAX_CONNECTIONS,
            secret_token=self._secret,
        )
        log.info("telegram.webhook_set", url=self._webhook)

    async def _delete_webhook(self) -> None:
        await self._bot.delete_webhook()
        log.info("telegram.polling", account=self.account)

    async def _poll(self) -> None:
        for update in await self._get_updates():
            await self._store(json.dumps(update).encode())
            self._offset = update["update_id"] + 1

    async def _get_updates(self) -> list[dict[str, Any]]:
        """Not by `Bot.get_updates`, which parses: one update that it cannot parse would come for ever."""
        query: dict[str, Any] = {"timeout": _POLL_SECONDS, "allowed_updates": json.dumps(_UPDATES)}
        # an offset confirms once and is forgotten: after a quiet week the numbers may begin below it
        offset, self._offset = self._offset, None
        if offset is not None:
            query["offset"] = offset
        updates = await self._polling.post(f"{self._bot.base_url}/getUpdates?{urlencode(query)}")
        return cast(list[dict[str, Any]], updates)


def _prepare_library() -> None:
    # it logs URLs, of which the token is a part, and the webhook's secret
    logging.getLogger("telegram").setLevel(logging.WARNING)
    # durations as timedelta: the library's coming default, without which every 429 raises a warning
    os.environ.setdefault("PTB_TIMEDELTA", "1")


def _remedy(error: TelegramError) -> str:
    match error:
        case InvalidToken():
            return "TELEGRAM_TOKEN is not the token of a living bot: copy it from BotFather, and restart"
        case Conflict():
            return "another program polls with this token, or set a webhook: stop it, or use two bots"
        case BadRequest():
            return "JIELI_PUBLIC_URL must be https, known to public DNS, on port 443, 80, 88 or 8443"
    return "the gateway goes on trying; if it lasts, look whether TELEGRAM_API_URL can be reached from here"
