"""Telegram, over HTTP: the real client library against a platform of our own on loopback."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NoReturn

import httpx
import pytest
import structlog
import uvicorn
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from bot.channels._telegram_send import split
from bot.channels.telegram import TelegramChannel
from bot.errors import CustomerGone, DeliveryError, OutcomeUnknown, Rejected, SettingsError, TryAgain
from bot.http import Guard, install_error_handlers
from bot.messages import Address, Author, Choice, Incoming, Kind, Language, Outgoing, Said
from tests.fakes.platform import LoopServer
from tests.fakes.telegram import Customer, FakeTelegram

SECRET = "a-secret_of_the_tests"
PAUSES = (0.01, 0.05)


class Shelf:
    """What the inbox does for a channel: keeps each update once. `broken` makes the next puts fail."""

    def __init__(self) -> None:
        self.rows: dict[str, bytes] = {}
        self.lanes: dict[str, str] = {}
        self.quarantined: dict[str, tuple[bytes, str]] = {}
        self.puts: list[str] = []
        self.broken = 0
        self._news = asyncio.Condition()

    async def put(self, channel: str, account: str, key: str, lane: str, raw: bytes) -> int | None:
        assert (channel, account) == ("telegram", "7000000001")
        self.puts.append(key)
        if self.broken:
            self.broken -= 1
            raise OSError("the disk is full")
        known = key in self.rows
        self.rows.setdefault(key, raw)
        self.lanes[key] = lane
        async with self._news:
            self._news.notify_all()
        return None if known else len(self.rows)

    async def quarantine(self, channel: str, account: str, key: str, raw: bytes, error: str) -> None:
        self.quarantined[key] = (raw, error)

    async def holds(self, rows: int) -> None:
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: len(self.rows) >= rows)


class Logs(structlog.testing.LogCapture):
    """The gateway's log, to be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._news = asyncio.Event()

    def __call__(self, *line: Any) -> NoReturn:
        self._news.set()
        super().__call__(*line)

    async def has(self, event: str) -> None:
        async with asyncio.timeout(60):
            while not any(line["event"] == event for line in self.entries):
                await self._news.wait()
                self._news.clear()


@contextmanager
def log_lines() -> Iterator[Logs]:
    logs = Logs()
    processors = structlog.get_config()["processors"]
    before = processors.copy()
    processors[:] = [logs]
    try:
        yield logs
    finally:
        processors[:] = before


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as platform:
        yield platform


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@asynccontextmanager
async def webhook(telegram: FakeTelegram, shelf: Shelf) -> AsyncIterator[TelegramChannel]:
    """A channel behind real HTTP, as the gateway serves it, registered with the platform."""
    app = FastAPI()
    install_error_handlers(app)
    server = LoopServer(uvicorn.Config(Guard(app), "127.0.0.1", 0, log_level="critical", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    try:
        address = f"http://127.0.0.1:{await server.port()}"
        async with started(telegram, shelf, address) as channel:
            app.include_router(channel.routes, prefix="/channels/telegram")
            await telegram.until(lambda: telegram.webhook is not None, "setWebhook")
            yield channel
    finally:
        server.close()
        await serving


@asynccontextmanager
async def started(
    telegram: FakeTelegram, shelf: Shelf, public_url: str | None = None, token: str | None = None
) -> AsyncIterator[TelegramChannel]:
    channel = make(telegram, shelf, public_url, token)
    await channel.start()
    try:
        yield channel
    finally:
        await channel.stop()


def make(
    telegram: FakeTelegram,
    shelf: Shelf,
    public_url: str | None = None,
    token: str | None = None,
    send_seconds: float = 9.0,
    pauses: Sequence[float] = PAUSES,
) -> TelegramChannel:
    return TelegramChannel(
        token=token or telegram.token,
        secret=SECRET,
        api_url=telegram.url,
        public_url=public_url,
        put=shelf.put,
        quarantine=shelf.quarantine,
        send_seconds=send_seconds,
        pauses=pauses,
    )


@pytest.fixture
async def channel(telegram: FakeTelegram, shelf: Shelf) -> AsyncIterator[TelegramChannel]:
    """A channel that only sends."""
    channel = make(telegram, shelf)
    yield channel
    await channel.stop()


@pytest.fixture
async def customer(telegram: FakeTelegram) -> Customer:
    customer = telegram.customer("林晓", language_code="zh-hans")
    await customer.starts()
    return customer


def to(
    customer: Customer,
    text: str,
    *choices: str,
    author: Author = Author.BOT,
    name: str | None = None,
    image: str | None = None,
    language: Language = Language.ZH,
    parts_sent: int = 0,
) -> Outgoing:
    said = Said(text, tuple(Choice(f"c{at}", title) for at, title in enumerate(choices, 1)), image)
    address = Address("telegram", "7000000001", str(customer.id))
    return Outgoing(1, address, author, said, language, name, parts_sent)


# --- webhook ---


async def test_an_update_is_stored_as_it_came_and_then_acknowledged(
    telegram: FakeTelegram, shelf: Shelf
) -> None:
    async with webhook(telegram, shelf) as channel:
        customer = telegram.customer("林晓")
        number = await customer.says("你好")
        sent = json.dumps(telegram.pending[number]).encode()
        await telegram.taken(number)
        assert shelf.rows == {str(number): sent}
        assert shelf.lanes == {str(number): f"telegram:7000000001:{customer.id}"}
        assert telegram.deliveries == [(number, 200)]
        incoming = channel.read(shelf.rows[str(number)])
        assert incoming is not None
        assert incoming.address.lane == shelf.lanes[str(number)]
        assert (incoming.key, incoming.text) == (str(number), "你好")


async def test_the_webhook_is_registered_with_its_secret(telegram: FakeTelegram, shelf: Shelf) -> None:
    async with webhook(telegram, shelf):
        assert telegram.webhook is not None
        assert telegram.webhook.url.endswith("/channels/telegram")
        assert telegram.webhook.secret == SECRET
        assert telegram.webhook.max_connections == 40
        assert telegram.webhook.allowed == ["message", "callback_query", "my_chat_member"]
        assert telegram.count("getUpdates") == 0


@pytest.mark.parametrize("secret", ["wrong", SECRET + "x", SECRET[:-1], "密".encode().decode("latin-1")])
async def test_a_wrong_secret_is_refused_and_counted(
    telegram: FakeTelegram, shelf: Shelf, secret: str
) -> None:
    labels = {"where": "telegram", "why": "secret"}
    before = REGISTRY.get_sample_value("jieli_refused_total", labels) or 0
    async with webhook(telegram, shelf):
        for body in (b'{"update_id": 1}', b"no JSON"):
            assert (await telegram.post(body, secret)).status_code == 403
    assert shelf.puts == []
    assert shelf.quarantined == {}
    assert REGISTRY.get_sample_value("jieli_refused_total", labels) == before + 2


async def test_no_secret_is_a_wrong_secret(telegram: FakeTelegram, shelf: Shelf) -> None:
    async with webhook(telegram, shelf):
        assert telegram.webhook is not None
        telegram.webhook.secret = None
        assert (await telegram.post(b'{"update_id": 1}')).status_code == 403
    assert shelf.puts == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[1]",
        b"{}",
        b'{"update_id": "1"}',
        b'{"update_id": true}',
        b'{"update_id": ' + b"9" * 5000 + b"}",
        b'{"update_id": ' + b"9" * 40 + b"}",
        b"[" * 200_000,
    ],
)
async def test_what_cannot_be_filed_is_acknowledged_and_quarantined(
    telegram: FakeTelegram, shelf: Shelf, body: bytes
) -> None:
    async with webhook(telegram, shelf):
        for _ in range(2):
            assert (await telegram.post(body)).status_code == 200
    assert [raw for raw, _ in shelf.quarantined.values()] == [body]
    assert shelf.puts == []


async def test_over_one_mebibyte_is_refused(telegram: FakeTelegram, shelf: Shelf) -> None:
    async with webhook(telegram, shelf):
        body = json.dumps({"update_id": 1, "message": {"text": "x" * 2**20}}).encode()
        assert (await telegram.post(body)).status_code == 413
    assert shelf.puts == []


async def test_what_was_not_stored_is_not_acknowledged_and_comes_again(
    telegram: FakeTelegram, shelf: Shelf
) -> None:
    shelf.broken = 2
    async with webhook(telegram, shelf):
        number = await telegram.customer().says("hello")
        await telegram.taken(number)
    assert [status for _, status in telegram.deliveries] == [500, 500, 200]
    assert list(shelf.rows) == [str(number)]


async def test_an_update_without_a_chat_is_stored_too(telegram: FakeTelegram, shelf: Shelf) -> None:
    async with webhook(telegram, shelf) as channel:
        assert (await telegram.post(b'{"update_id": 5, "poll": {"id": "1"}}')).status_code == 200
    assert shelf.lanes == {"5": "telegram:7000000001:"}
    assert channel.account == "7000000001"


async def test_the_start_does_not_wait_for_telegram(telegram: FakeTelegram, shelf: Shelf) -> None:
    await telegram.goes_down()
    with log_lines() as logs:
        async with started(telegram, shelf, "http://127.0.0.1:1"):
            await logs.has("telegram.not_connected")
            assert telegram.webhook is None
            await telegram.comes_back()
            await telegram.until(lambda: telegram.webhook is not None, "setWebhook")
    told = [line for line in logs.entries if line["event"] == "telegram.not_connected"]
    assert len(told) == 1, "the same cause is told once"
    assert "TELEGRAM_API_URL" in told[0]["remedy"]


async def test_a_wrong_token_is_told_with_its_remedy_and_without_the_token(
    telegram: FakeTelegram, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with log_lines() as logs:
        async with started(telegram, shelf, "http://127.0.0.1:1", token="7000000001:another-token"):
            await telegram.called("setWebhook", times=2)
    told = [line for line in logs.entries if line["event"] == "telegram.not_connected"]
    assert [(line["cause"], "TELEGRAM_TOKEN" in line["remedy"]) for line in told] == [("Unauthorized", True)]
    assert "another-token" not in caplog.text
    assert "another-token" not in str(logs.entries)


async def test_an_address_that_telegram_does_not_take_is_told(shelf: Shelf) -> None:
    async with FakeTelegram(local=False) as telegram:
        with log_lines() as logs:
            async with started(telegram, shelf, "http://shop.example"):
                await logs.has("telegram.not_connected")
    assert "https" in logs.entries[0]["cause"]
    assert "JIELI_PUBLIC_URL" in logs.entries[0]["remedy"]


def test_a_webhook_without_a_secret_stops_the_start(shelf: Shelf) -> None:
    with pytest.raises(SettingsError, match="TELEGRAM_SECRET"):
        TelegramChannel("1:x", None, "http://127.0.0.1:1", "https://a.example", shelf.put, shelf.quarantine)


# --- polling ---


async def test_without_a_public_url_updates_are_polled_and_confirmed(
    telegram: FakeTelegram, shelf: Shelf
) -> None:
    await telegram._on_set_webhook({"url": "http://127.0.0.1:1/old"})
    customer = telegram.customer()
    numbers = [await customer.says(f"message {number}") for number in range(3)]
    originals = [telegram.pending[number] for number in numbers]
    async with started(telegram, shelf):
        for number in numbers:
            await telegram.taken(number)
        late = await customer.says("one more")
        await shelf.holds(4)
        await telegram.taken(late)
    assert [json.loads(raw) for raw in shelf.rows.values()][:3] == originals
    assert list(shelf.rows) == [str(number) for number in (*numbers, late)]
    assert [call.method for call in telegram.calls[:2]] == ["deleteWebhook", "getUpdates"]
    asked = [call.params for call in telegram.calls if call.method == "getUpdates"]
    assert all(one["timeout"] > 0 and "message" in one["allowed_updates"] for one in asked)


async def test_the_offset_does_not_move_past_what_was_not_stored(
    telegram: FakeTelegram, shelf: Shelf
) -> None:
    customer = telegram.customer()
    first, second = await customer.says("one"), await customer.says("two")
    shelf.broken = 1
    async with started(telegram, shelf):
        await telegram.taken(second)
    assert list(shelf.rows) == [str(first), str(second)]
    offsets = [call.params["offset"] for call in telegram.calls if "offset" in call.params]
    assert min(offsets) > first


async def test_polling_survives_every_fault_of_the_network(telegram: FakeTelegram, shelf: Shelf) -> None:
    telegram.fail_next("deleteWebhook", 502, body="<html>bad gateway</html>")
    telegram.fail_next("getUpdates", drop=True)
    telegram.fail_next("getUpdates", 500, "Internal Server Error")
    telegram.fail_next("getUpdates", 200, body="<html>captive portal</html>")
    async with started(telegram, shelf):
        await telegram.called("getUpdates", times=4)
        await telegram.goes_down()
        await telegram.comes_back()
        number = await telegram.customer().says("still there?")
        await telegram.taken(number)
    assert list(shelf.rows) == [str(number)]


async def test_numbers_that_begin_lower_after_a_quiet_week_are_not_missed(
    telegram: FakeTelegram, shelf: Shelf
) -> None:
    customer = telegram.customer()
    async with started(telegram, shelf):
        before = await customer.says("before")
        await telegram.taken(before)
        await telegram.goes_down()
        telegram.numbers_begin_again_at(1000)
        after = await customer.says("after")
        await telegram.comes_back()
        await telegram.taken(after)
    assert list(shelf.rows) == [str(before), "1000"]


async def test_a_second_poller_is_explained(telegram: FakeTelegram, shelf: Shelf) -> None:
    with log_lines() as logs:
        async with started(telegram, shelf):
            await telegram.called("getUpdates")
            await telegram._on_get_updates({})
            await logs.has("telegram.not_connected")
            number = await telegram.customer().says("hello")
            await telegram.taken(number)
    assert any("another program polls" in line.get("remedy", "") for line in logs.entries)


async def test_a_polled_bot_has_no_webhook(telegram: FakeTelegram, shelf: Shelf) -> None:
    app = FastAPI()
    install_error_handlers(app)
    channel = make(telegram, shelf)
    app.include_router(channel.routes, prefix="/channels/telegram")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        response = await client.post("/channels/telegram", content=b'{"update_id": 1}', headers=headers)
    await channel.stop()
    assert response.status_code == 404
    assert shelf.puts == []


async def test_the_stop_does_not_wait_for_the_long_poll(telegram: FakeTelegram, shelf: Shelf) -> None:
    channel = make(telegram, shelf)
    await channel.start()
    await telegram.called("getUpdates")
    async with asyncio.timeout(2):
        await channel.stop()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "telegram"]


# --- what the customer sees ---


async def test_a_conversation_with_choices(telegram: FakeTelegram, shelf: Shelf) -> None:
    """She asks, taps a choice, and the button's spinner ends."""
    async with webhook(telegram, shelf) as channel:
        customer = telegram.customer("林晓", language_code="zh-hans")
        await customer.says("你好")
        await shelf.holds(1)
        await channel.send(to(customer, "您好，我是小晴。", "查订单", "转人工"))
        greeting = await customer.hears("小晴")
        assert greeting.titles == ["查订单", "转人工"]

        number = await customer.taps("查订单")
        await telegram.taken(number)
        tapped = channel.read(shelf.rows[str(number)])
        assert tapped is not None
        assert (tapped.kind, tapped.choice, tapped.text) == (Kind.CHOICE, "c1", "查订单")
        await channel.stored(tapped)
        assert list(telegram.queries.values()) == [True]
        await channel.thinking(tapped)
        assert customer.saw_typing == 1


async def test_an_old_tap_is_answered_without_fuss(
    telegram: FakeTelegram, channel: TelegramChannel, customer: Customer
) -> None:
    incoming = tap(channel, customer)
    with log_lines() as logs:
        await channel.stored(incoming)
        await channel.stored(incoming)
    assert telegram.count("answerCallbackQuery") == 2
    assert logs.entries == []


async def test_nobody_types_while_the_brain_is_not_asked(
    telegram: FakeTelegram, channel: TelegramChannel, customer: Customer
) -> None:
    await channel.stored(tap(channel, customer))
    assert telegram.count("answerCallbackQuery") == 1, "the button's spinner ends all the same"
    assert customer.saw_typing == 0


async def test_the_id_of_the_message_comes_back(channel: TelegramChannel, customer: Customer) -> None:
    provider_id = await channel.send(to(customer, "您好"))
    assert provider_id == str((await customer.hears("您好")).message_id)


async def test_short_choices_stand_in_pairs_and_long_ones_alone(
    telegram: FakeTelegram, channel: TelegramChannel, customer: Customer
) -> None:
    await channel.send(to(customer, "哪一个？", "查订单", "查话费", "都不是"))
    await channel.send(to(customer, "哪一个？", "查询我的订单现在到哪里了", "都不是"))
    rows = [
        [len(row) for row in call.params["reply_markup"]["inline_keyboard"]]
        for call in telegram.calls
        if call.method == "sendMessage"
    ]
    assert rows == [[2, 1], [1, 1]]


async def test_a_long_answer_comes_in_parts_with_the_choices_below_the_last(
    channel: TelegramChannel, customer: Customer
) -> None:
    text = "\n".join(f"第{line}行：" + "很长的说明😀" * 20 for line in range(60))
    last = await channel.send(to(customer, text, "好的"))
    first, second, third = [await customer.hears() for _ in range(3)]
    assert "\n".join(one.text for one in (first, second, third)) == text
    assert (first.titles, second.titles, third.titles) == ([], [], ["好的"])
    assert last == str(third.message_id)


async def test_a_picture_carries_its_words_and_choices(
    telegram: FakeTelegram, channel: TelegramChannel, customer: Customer
) -> None:
    await channel.send(to(customer, "这是门店地图", "谢谢", image="https://shop.example/map.png"))
    heard = await customer.hears("门店")
    assert (heard.image, heard.titles) == ("https://shop.example/map.png", ["谢谢"])
    await channel.send(to(customer, "长" * 1025, "谢谢", image="https://shop.example/map.png"))
    picture, words = await customer.hears(lambda one: one.image is not None), await customer.hears("长")
    assert (picture.titles, words.titles) == ([], ["谢谢"])


async def test_a_picture_that_telegram_cannot_fetch_becomes_a_link(
    telegram: FakeTelegram, channel: TelegramChannel, customer: Customer
) -> None:
    telegram.fail_next("sendPhoto", 400, "Bad Request: failed to get HTTP URL content")
    await channel.send(to(customer, "这是门店地图", "谢谢", image="https://shop.example/map.png"))
    heard = await customer.hears("这是门店地图")
    assert (heard.text, heard.titles) == ("这是门店地图\nhttps://shop.example/map.png", ["谢谢"])


async def test_a_file_that_a_customer_sent_can_be_fetched(
    telegram: FakeTelegram, channel: TelegramChannel, customer: Customer
) -> None:
    number = await customer.sends_photo(data=b"the large one")
    incoming = channel.read(json.dumps(telegram.pending[number]).encode())
    assert incoming is not None
    file = await channel._bot.get_file(incoming.about["file_id"])
    assert await file.download_as_bytearray() == b"the large one"


@pytest.mark.parametrize(
    ("author", "name", "language", "seen"),
    [
        (Author.AGENT, "小李", Language.ZH, "小李：您好"),
        (Author.AGENT, "Li", Language.EN, "Li: 您好"),
        (Author.AGENT, None, Language.ZH, "您好"),
        (Author.BOT, None, Language.ZH, "您好"),
        (Author.SYSTEM, None, Language.ZH, "您好"),
    ],
)
async def test_an_agent_is_named(
    channel: TelegramChannel, customer: Customer, author: Author, name: str, language: Language, seen: str
) -> None:
    await channel.send(to(customer, "您好", author=author, name=name, language=language))
    assert (await customer.hears()).text == seen


async def test_text_is_plain_and_half_a_character_does_no_harm(
    channel: TelegramChannel, customer: Customer
) -> None:
    await channel.send(to(customer, "a*b_c[d](e) <b>&amp; \ud83d!"))
    assert (await customer.hears()).text == "a*b_c[d](e) <b>&amp; �!"


# --- what becomes of a message ---


@pytest.mark.parametrize(
    ("fault", "leaf"),
    [
        ({"status": 429, "description": "Too Many Requests: retry after 7", "retry_after": 7}, TryAgain),
        ({"status": 429, "description": "Too Many Requests: retry after 0"}, TryAgain),
        ({"status": 401, "description": "Unauthorized"}, TryAgain),
        ({"status": 404, "description": "Not Found"}, TryAgain),
        ({"status": 403, "description": "Forbidden: bot was blocked by the user"}, CustomerGone),
        ({"status": 403, "description": "Forbidden: user is deactivated"}, CustomerGone),
        ({"status": 400, "description": "Bad Request: chat not found"}, CustomerGone),
        ({"status": 400, "description": "Bad Request: can't parse entities"}, Rejected),
        ({"status": 500, "description": "Internal Server Error"}, OutcomeUnknown),
        ({"status": 502, "body": "<html>502 Bad Gateway</html>"}, OutcomeUnknown),
        ({"status": 200, "body": "<html>who are you?</html>"}, OutcomeUnknown),
        ({"drop": True}, OutcomeUnknown),
    ],
)
async def test_each_failure_is_translated(
    telegram: FakeTelegram,
    channel: TelegramChannel,
    customer: Customer,
    fault: dict[str, object],
    leaf: type[DeliveryError],
) -> None:
    telegram.fail_next("sendMessage", **fault)  # type: ignore[arg-type]
    with pytest.raises(DeliveryError) as failure:
        await channel.send(to(customer, "您好"))
    assert type(failure.value) is leaf
    assert telegram.count("sendMessage") == 1, "a channel does not repeat by itself"
    assert telegram.token not in str(failure.value)
    if fault.get("retry_after"):
        assert isinstance(failure.value, TryAgain)
        assert failure.value.after == 7


async def test_nobody_listening_means_nothing_was_sent(
    telegram: FakeTelegram, channel: TelegramChannel, customer: Customer
) -> None:
    await telegram.goes_down()
    with pytest.raises(TryAgain):
        await channel.send(to(customer, "您好"))
    await telegram.comes_back()
    await channel.send(to(customer, "您好"))
    assert len(customer.heard) == 1


async def test_a_message_that_arrived_unconfirmed_is_unknown_and_not_repeated(
    telegram: FakeTelegram, channel: TelegramChannel, customer: Customer
) -> None:
    telegram.fail_next("sendMessage", drop=True, done=True)
    with pytest.raises(OutcomeUnknown):
        await channel.send(to(customer, "您好"))
    assert [one.text for one in customer.heard] == ["您好"]


async def test_a_send_ends_when_telegram_hangs(
    telegram: FakeTelegram, shelf: Shelf, customer: Customer
) -> None:
    telegram.fail_next("sendMessage", hang=30)
    channel = make(telegram, shelf, send_seconds=0.3)
    async with asyncio.timeout(3):
        with pytest.raises(OutcomeUnknown):
            await channel.send(to(customer, "您好"))
    await channel.stop()


def test_a_send_ends_before_the_lease_of_the_outbox_does(telegram: FakeTelegram, shelf: Shelf) -> None:
    plain = TelegramChannel("1:x", None, telegram.url, None, shelf.put, shelf.quarantine)
    assert plain._send_seconds < 10


async def test_parts_that_arrived_are_not_sent_again(
    telegram: FakeTelegram, channel: TelegramChannel, customer: Customer
) -> None:
    text = "甲" * 4096 + "乙" * 10
    telegram.fail_next("sendMessage", 200, done=True, body=_ok())
    telegram.fail_next("sendMessage", 429, "Too Many Requests: retry after 3", retry_after=3)
    with pytest.raises(TryAgain) as failure:
        await channel.send(to(customer, text))
    assert (failure.value.parts_sent, failure.value.after) == (1, 3)
    await channel.send(to(customer, text, parts_sent=failure.value.parts_sent))
    assert [one.text for one in customer.heard] == ["甲" * 4096, "乙" * 10]


async def test_a_customer_who_blocked_the_bot_is_gone(channel: TelegramChannel, customer: Customer) -> None:
    await customer.leaves()
    with pytest.raises(CustomerGone):
        await channel.send(to(customer, "您好"))


async def test_a_choice_whose_id_is_too_long_is_rejected(
    channel: TelegramChannel, customer: Customer
) -> None:
    said = Said("哪一个？", (Choice("长" * 22, "这个"),))
    outgoing = Outgoing(1, to(customer, "").address, Author.BOT, said, Language.ZH)
    with pytest.raises(Rejected, match=r"(?i)button_data_invalid"):
        await channel.send(outgoing)


async def test_forty_customers_are_answered_at_once(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    customers = [telegram.customer(f"Customer {number}") for number in range(40)]
    for one in customers:
        await one.starts()
        telegram.fail_next("sendMessage", 200, hang=0.5, done=True, body=_ok())
    await asyncio.gather(*(channel.send(to(one, "hello")) for one in customers))
    calls = [call.at for call in telegram.calls if call.method == "sendMessage"]
    assert len(calls) == 40
    assert max(calls) - min(calls) < 0.5, "the last was on its way before the first was answered"


async def test_the_token_is_in_no_log(
    telegram: FakeTelegram, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with log_lines() as logs:
        async with webhook(telegram, shelf) as channel:
            customer = telegram.customer()
            await customer.says("hello")
            await shelf.holds(1)
            telegram.fail_next("sendMessage", 500, "Internal Server Error")
            with pytest.raises(OutcomeUnknown):
                await channel.send(to(customer, "hello"))
            await channel.send(to(customer, "hello", image="https://shop.example/a.png"))
            await channel.typing(to(customer, "").address)
    assert telegram.token not in caplog.text
    assert telegram.token not in str(logs.entries)


# --- splitting ---


@given(st.text(alphabet=st.sampled_from("a bé。！\n，😀𠮷晴字"), max_size=400), st.integers(2, 40))
def test_pieces_fit_and_nothing_but_white_space_is_lost(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(len(piece.encode("utf-16-le")) // 2 <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(pieces) or text.strip() == ""


def test_words_and_sentences_stay_whole_where_they_can() -> None:
    assert split("one two three four", 10) == ["one two", "three four"]
    assert split("第一句话。第二句话！第三句", 8) == ["第一句话。", "第二句话！第三句"]
    assert split("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert split("😀" * 5, 5) == ["😀😀", "😀😀", "😀"]


def tap(channel: TelegramChannel, customer: Customer) -> Incoming:
    """A tap on a message that Telegram no longer shows the bot, whose query was never registered."""
    query = {"id": "q-old", "from": customer.user, "chat_instance": "1", "data": "c1"}
    query["message"] = {"chat": customer.chat, "message_id": 1, "date": 0}
    incoming = channel.read(json.dumps({"update_id": 1, "callback_query": query}).encode())
    assert incoming is not None
    return incoming


def _ok() -> str:
    result = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}
    return json.dumps({"ok": True, "result": result})
