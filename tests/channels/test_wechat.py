"""For WeChat: dialogues with the channel over HTTP, on the platform's own terms, plain and encrypted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from prometheus_client import REGISTRY
from sqlalchemy import RowMapping, select

from bot import inbox
from bot.channels.wechat import WeChatChannel
from bot.errors import SettingsError
from bot.http import Guard, install_error_handlers
from bot.inbox import Inbox
from bot.messages import Author, Choice, Incoming, Kind, Language, Said
from bot.outbox import Outbox
from bot.store import conversations, tables, threads
from bot.store.database import Database, Tx
from bot.store.threads import Speaker
from tests.fakes import wechat as fake
from tests.fakes.platform import LoopServer
from tests.fakes.wechat import SEND, TOKEN, FakeWeChat

CHOICES = (Choice("c1", "查订单"), Choice("c2", "A&B <3 100%"), Choice("c3", "转人工"))
LONG = "这句话有十六个字，算上标点。" * 80


# Where no transaction could make a difference.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Company:
    """What stands behind the channel here: the real inbox and outbox, and a router that answers by heart."""

    def __init__(self, database: Database, wechat: FakeWeChat, window: float, **options: Any) -> None:
        self.database = database
        self.received: list[Incoming] = []
        self.answer: Callable[[Incoming], Sequence[Said]] = lambda incoming: [Said(f"收到：{incoming.text}")]
        self.came = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        channels: dict[str, Any] = {}
        self.inbox = Inbox(database, "here", channels, self._receive)
        self.channel = WeChatChannel(
            app_id=wechat.app_id,
            app_secret=wechat.app_secret,
            token=wechat.token,
            aes_key=wechat.aes_key,
            api_url=wechat.url,
            database=database,
            put=self.inbox.put,
            quarantine=self.inbox.quarantine,
            **options,
        )
        channels["wechat"] = self.channel
        self.outbox = Outbox(database, "here", channels)
        self._speaker = Speaker({"wechat": True}, {"wechat": window})
        self.app = FastAPI()
        self.app.add_middleware(Guard)
        install_error_handlers(self.app)
        self.app.include_router(self.channel.routes, prefix="/channels/wechat")

    async def _receive(self, tx: Tx, incoming: Incoming, inbox_id: int) -> inbox.Rest:
        return partial(self._answer, incoming, inbox_id)

    async def _answer(self, incoming: Incoming, inbox_id: int) -> None:
        self.received.append(incoming)
        self.came.set()
        await self.may_answer.wait()
        async with self.database.write() as tx:
            who = await threads.customer_of(tx, incoming, Language.ZH)
            conversation = await conversations.open_for(tx, who["id"])
            await threads.add_incoming(tx, incoming, who, conversation["id"])
            for said in self.answer(incoming):
                await self._speaker.say(tx, who, conversation["id"], Author.BOT, said, inbox_id=inbox_id)
            await inbox.finish(tx, inbox_id)

    async def rows(self, table: Any) -> Sequence[RowMapping]:
        async with self.database.read() as tx:
            return await tx.all(select(table).order_by(table.c.id))

    async def ends_with(self, *outcomes: str) -> None:
        """Waits until this has become of the messages, in order."""
        states: list[str] = []
        try:
            with self.database.bus.subscribe("delivery", inbox.DONE) as notes:
                async with asyncio.timeout(60):
                    while states != [*outcomes]:
                        states = [row["state"] for row in await self.rows(tables.outbox)]
                        if states != [*outcomes]:
                            await notes.get()
        except TimeoutError:
            raise AssertionError(f"{states} instead of {outcomes}") from None


@contextlib.asynccontextmanager
async def open_for_business(
    database: Database, wechat: FakeWeChat, *, window: float = 5.0, **options: Any
) -> AsyncIterator[Company]:
    """The channel behind a real server, its address saved in WeChat's console."""
    company = Company(database, wechat, window, **options)
    await company.inbox.start()
    await company.outbox.start()
    config = uvicorn.Config(company.app, "127.0.0.1", 0, log_level="critical", timeout_graceful_shutdown=1)
    server = LoopServer(config)
    serving = asyncio.create_task(server.serve())
    try:
        await wechat.saves_address(f"http://127.0.0.1:{await server.port()}/channels/wechat")
        yield company
    finally:
        company.may_answer.set()
        server.close()
        await serving
        await company.inbox.stop()
        await company.outbox.stop()
        await company.channel.stop()


@pytest.fixture(params=["plain", "encrypted"])
async def both_ways(request: pytest.FixtureRequest) -> AsyncIterator[FakeWeChat]:
    """The platform, with and without encryption."""
    async with FakeWeChat(encrypted=request.param == "encrypted") as running:
        yield running


@pytest.fixture
async def wechat() -> AsyncIterator[FakeWeChat]:
    async with FakeWeChat() as running:
        yield running


# --- the reply to the platform's own request ---


async def test_an_answer_that_is_ready_travels_in_the_reply(
    both_ways: FakeWeChat, database: Database
) -> None:
    """No call of the API, and the message counts as sent."""
    async with open_for_business(database, both_ways) as company:
        customer = both_ways.customer()
        await customer.says("你好")
        heard = await customer.hears("收到：你好")
        assert heard.how == "passive"
        await company.ends_with("sent")
        assert both_ways.calls == []
        assert [one.kind for one in company.received] == [Kind.TEXT]
        assert company.received[0].sent_at is not None


async def test_choices_are_links_that_speak_for_the_customer(
    both_ways: FakeWeChat, database: Database
) -> None:
    async with open_for_business(database, both_ways) as company:
        choices = (CHOICES[0], Choice("c9", 'A&B 100% + "1"'))
        company.answer = lambda incoming: [Said("请选择：", choices)]
        customer = both_ways.customer()
        await customer.says("你好")
        assert (await customer.hears("请选择")).titles == ["查订单", 'A&B 100% + "1"']
        await customer.taps('A&B 100% + "1"')
        await customer.hears("请选择")
        tapped = company.received[1]
        assert (tapped.kind, tapped.text, tapped.choice) == (Kind.CHOICE, 'A&B 100% + "1"', None)


async def test_choices_that_would_break_a_link_are_numbered(wechat: FakeWeChat, database: Database) -> None:
    async with open_for_business(database, wechat) as company:
        company.answer = lambda incoming: [Said("请选择：", CHOICES)]
        customer = wechat.customer()
        await customer.says("你好")
        heard = await customer.hears(
            "请选择：\n1. 查订单\n2. A&B <3 100%\n3. 转人工\n请回复选项的文字或序号。"
        )
        assert heard.how == "passive"


async def test_several_messages_are_one_reply(wechat: FakeWeChat, database: Database) -> None:
    async with open_for_business(database, wechat) as company:
        company.answer = lambda incoming: [Said("第一句"), Said("第二句", image="https://example.com/a.png")]
        customer = wechat.customer()
        await customer.says("你好")
        assert (await customer.hears()).text == "第一句\n\n第二句\nhttps://example.com/a.png"
        assert len(customer.heard) == 1
        await company.ends_with("sent", "sent")


async def test_an_answer_that_does_not_fit_goes_whole_the_other_way(
    both_ways: FakeWeChat, database: Database
) -> None:
    """Not half and half: the short part waits for no reply, the long one is split."""
    async with open_for_business(database, both_ways) as company:
        company.answer = lambda incoming: [Said("先说要点。", CHOICES[:1]), Said(LONG)]
        customer = both_ways.customer()
        await customer.says("你好")
        await both_ways.until(lambda: len(customer.heard) == 3, "three messages")
        assert {heard.how for heard in customer.heard} == {"service"}
        assert customer.heard[0].titles == ["查订单"]
        assert customer.heard[1].text + customer.heard[2].text == LONG
        await company.ends_with("sent", "sent")


async def test_a_slow_answer_goes_the_other_way(both_ways: FakeWeChat, database: Database) -> None:
    """The platform gets its acknowledgement in time, and the customer sees that somebody types."""
    async with open_for_business(database, both_ways, wait_seconds=0.1, window=0.2) as company:
        company.may_answer.clear()
        customer = both_ways.customer()
        await customer.says("你好")
        await both_ways.delivered()
        await customer.sees_typing()
        assert customer.heard == []
        company.may_answer.set()
        assert (await customer.hears("收到：你好")).how == "service"
        assert [status for _, status in both_ways.deliveries] == [200]


async def test_nothing_to_answer_is_acknowledged_at_once(wechat: FakeWeChat, database: Database) -> None:
    """An agent has the conversation: the bot says nothing, and nobody waits 4 seconds for that."""
    async with open_for_business(database, wechat) as company:
        company.answer = lambda incoming: []
        customer = wechat.customer()
        await customer.says("在吗")
        async with asyncio.timeout(2):
            await wechat.delivered()
        assert wechat.deliveries[0][1] == 200
        assert customer.heard == []


async def test_a_text_cannot_break_out_of_the_reply(both_ways: FakeWeChat, database: Database) -> None:
    """Echoed text that ends the CDATA section, and control characters, which XML may not hold."""
    async with open_for_business(database, both_ways) as company:
        evil = "]]></Content><Content>x<![CDATA["
        company.answer = lambda incoming: [Said(f"{incoming.text}\x08\x1b。")]
        customer = both_ways.customer()
        await customer.says(evil)
        assert (await customer.hears()).text == f"{evil}。"
        assert customer.heard[0].how == "passive"


# --- an update that the platform sends again ---


async def test_a_retry_gets_the_answer_that_the_first_try_did_not_wait_for(database: Database) -> None:
    async with (
        FakeWeChat(encrypted=True, patience=1.5) as wechat,
        open_for_business(database, wechat) as company,
    ):
        company.may_answer.clear()
        customer = wechat.customer()
        await customer.says("你好")
        await wechat.until(lambda: len(wechat.deliveries) == 1, "a first try given up")
        company.may_answer.set()
        assert (await customer.hears("收到：你好")).how == "passive"
        assert len(company.received) == 1
        assert len(customer.heard) == 1
        assert wechat.count(SEND) == 0


async def test_two_tries_at_once_get_one_answer(both_ways: FakeWeChat, database: Database) -> None:
    async with open_for_business(database, both_ways) as company:
        company.may_answer.clear()
        update = both_ways.customer().message("text", 77, Content="你好")
        tries = [asyncio.create_task(both_ways.post(update)) for _ in range(4)]
        await asyncio.wait_for(company.came.wait(), 5)
        company.may_answer.set()
        assert await asyncio.gather(*tries) == ["收到：你好"] * 4
        assert len(company.received) == 1
        await company.ends_with("sent")
        assert both_ways.calls == []


async def test_a_later_try_gets_the_same_answer_again(both_ways: FakeWeChat, database: Database) -> None:
    """The connection broke after the answer was claimed: asked again, we must not say something else."""
    async with open_for_business(database, both_ways) as company:
        update = both_ways.customer().message("text", 77, Content="你好")
        first = await both_ways.post(update)
        company.answer = lambda incoming: [Said("另一个回答")]
        assert [first, await both_ways.post(update)] == ["收到：你好"] * 2
        assert len(company.received) == 1


async def test_a_try_after_the_answer_went_the_other_way_is_acknowledged(
    wechat: FakeWeChat, database: Database
) -> None:
    async with open_for_business(database, wechat) as company:
        company.answer = lambda incoming: [Said(LONG)]
        customer = wechat.customer()
        number = await customer.says("你好")
        await wechat.until(lambda: len(customer.heard) == 2, "both parts")
        assert await wechat.post(customer.message("text", number, Content="你好")) is None
        assert len(customer.heard) == 2


async def test_an_answer_nobody_waits_for_goes_out_by_itself(wechat: FakeWeChat, database: Database) -> None:
    """The platform's connection broke while the answer was made: nothing is claimed for it."""
    async with open_for_business(database, wechat, window=0.3) as company:
        company.may_answer.clear()
        customer = wechat.customer()
        customer.may_hear("message", 5, 48 * 3600)
        attempt = asyncio.create_task(wechat.post(customer.message("text", 77, Content="你好")))
        await asyncio.wait_for(company.came.wait(), 5)
        attempt.cancel()
        await asyncio.gather(attempt, return_exceptions=True)
        company.may_answer.set()
        assert (await customer.hears("收到：你好")).how == "service"
        await company.ends_with("sent")


async def test_a_reply_that_would_come_too_late_is_none(wechat: FakeWeChat, database: Database) -> None:
    """The database kept us waiting and the platform has hung up: the answer goes the other way, at once."""
    async with open_for_business(database, wechat) as company:
        company.may_answer.clear()
        customer = wechat.customer()
        customer.may_hear("message", 5, 48 * 3600)
        update = customer.message("text", 77, Content="你好")
        attempt = asyncio.create_task(wechat.post(update))
        await asyncio.wait_for(company.came.wait(), 5)
        attempt.cancel()
        await asyncio.gather(attempt, return_exceptions=True)
        company.may_answer.set()
        await company.ends_with("queued")
        company.channel._wait_seconds = -1
        assert await wechat.post(update) is None
        assert (await customer.hears("收到：你好", timeout=4)).how == "service"


async def test_an_answer_never_overtakes_an_earlier_one(wechat: FakeWeChat, database: Database) -> None:
    """The first is still at work the other way: the second could travel at once, and waits behind it."""
    async with open_for_business(database, wechat) as company:
        company.answer = lambda incoming: [Said(LONG if incoming.text == "一" else "第二个回答")]
        wechat.fail_next(TOKEN, hang=0.5, done=True)
        customer = wechat.customer()
        await customer.says("一")
        await wechat.called(TOKEN)
        await customer.says("二")
        assert (await customer.hears("第二个回答")).how == "service"
        assert "".join(heard.text for heard in customer.heard[:-1]) == LONG
        await company.ends_with("sent", "sent")


async def test_an_account_without_customer_service_messages_still_answers(database: Database) -> None:
    """Not verified: the reply is all it has, and what does not fit is marked as failed."""
    async with FakeWeChat(verified=False) as wechat, open_for_business(database, wechat) as company:
        customer = wechat.customer()
        await customer.says("你好")
        assert (await customer.hears("收到")).how == "passive"
        company.answer = lambda incoming: [Said(LONG)]
        await customer.says("再来")
        await wechat.called(SEND)
        await company.ends_with("sent", "failed")
        assert "48001" in (await company.rows(tables.outbox))[1]["error"]


async def test_events_are_told_apart_though_they_have_no_id(wechat: FakeWeChat, database: Database) -> None:
    """Sent again, an event is the same; another key in the same second is another event."""
    async with open_for_business(database, wechat) as company:
        customer = wechat.customer()
        orders = customer.event("CLICK", EventKey="查订单")
        plans = orders.replace("查订单".encode(), "套餐".encode())
        replies = [await wechat.post(update) for update in (orders, orders, plans, plans)]
        assert replies == ["收到：查订单"] * 2 + ["收到：套餐"] * 2
        assert [one.text for one in company.received] == ["查订单", "套餐"]


async def test_a_reply_does_not_wait_for_a_send_that_hangs(wechat: FakeWeChat, database: Database) -> None:
    """wechatpy's client blocks; it must not block everybody."""
    async with open_for_business(database, wechat) as company:
        company.answer = lambda incoming: [Said(LONG if incoming.text == "长" else "短")]
        wechat.fail_next(SEND, hang=0.8, done=True)
        slow, quick = wechat.customer(), wechat.customer()
        await slow.says("长")
        await wechat.called(SEND)
        await quick.says("短的")
        await quick.hears("短", timeout=0.7)
        await slow.hears("。")


# --- what the platform does not say ---


@on_sqlite
async def test_a_wrong_signature_is_refused_and_counted(both_ways: FakeWeChat, database: Database) -> None:
    async with open_for_business(database, both_ways) as company, httpx.AsyncClient() as stranger:
        counted = _refusals("signature")
        update = both_ways.customer().message("text", 1, Content="你好")
        wrong = both_ways.signed("another-token")
        answers = [
            await stranger.get(both_ways.address, params={**wrong, "echostr": "x"}),
            await stranger.get(both_ways.address, params={"echostr": "x"}),
            await stranger.get(both_ways.address, params={**both_ways.signed(""), "echostr": "x"}),
            await stranger.get(both_ways.address, params={**wrong, "signature": "签名"}),
            await stranger.post(both_ways.address, params=wrong, content=update),
            await stranger.post(both_ways.address, content=update),
        ]
        assert [answer.status_code for answer in answers] == [403] * 6
        assert _refusals("signature") == counted + 6
        assert await company.rows(tables.inbox) == []


@on_sqlite
async def test_a_body_that_was_changed_on_the_way_is_refused(database: Database) -> None:
    """The URL's signature alone does not vouch for an encrypted body."""
    async with FakeWeChat(encrypted=True) as wechat, open_for_business(database, wechat) as company:
        counted = _refusals("msg_signature")
        _, body = wechat.packed(wechat.customer().message("text", 1, Content="你好"))
        query, _ = wechat.packed(wechat.customer().message("text", 2, Content="你好"))
        assert (await _post(wechat, query, body)).status_code == 403
        assert _refusals("msg_signature") == counted + 1
        assert await company.rows(tables.inbox) == []


@on_sqlite
def test_without_a_token_everybody_could_sign(database: Database) -> None:
    with pytest.raises(SettingsError, match="WECHAT_TOKEN"):
        WeChatChannel("wx1", "s", "", None, "http://127.0.0.1:1", database, _unused, _unused)


@on_sqlite
async def test_more_than_a_mebibyte_is_too_large(wechat: FakeWeChat, database: Database) -> None:
    async with open_for_business(database, wechat) as company:
        whole = wechat.customer().message("text", 1, Content="长" * 400_000)
        assert (await _post(wechat, wechat.signed(), whole)).status_code == 413
        assert await company.rows(tables.inbox) == []


_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))

NEEDED = ("FromUserName", "ToUserName", "CreateTime", "MsgType")
MALFORMED = [
    b"",
    b"{}",
    b"<xml>",
    b"<xml></xml>",
    b"<xml/>",
    b"\xff\xfe\x00",
    b"<xml><MsgType>text</MsgType></xml>",
    b'<?xml version="1.0" encoding="no-such-thing"?><xml><a>b</a></xml>',
    fake.to_xml(dict.fromkeys(NEEDED, "o" * 129)),
    f'<!DOCTYPE xml [<!ENTITY l0 "ha">{_LAUGHS}]><xml><MsgType>&l9;</MsgType></xml>'.encode(),
    b'<!DOCTYPE xml [<!ENTITY l "ha">]>'
    + fake.to_xml(dict.fromkeys(NEEDED, "1")).replace(b"<![CDATA[1]]>", b"&l;"),
    f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{_LAUGHS}]><xml>&l9;</xml>'.encode(),
    b'<!DOCTYPE xml [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><MsgType>&f;</MsgType></xml>',
    b"<xml>" + b"<a>" * 100_000,
]


@on_sqlite
async def test_malformed_updates_are_acknowledged_and_kept(wechat: FakeWeChat, database: Database) -> None:
    """Signed, so the platform sent it: refused, it would come back, and customers would read of trouble."""
    async with open_for_business(database, wechat) as company, httpx.AsyncClient() as platform:
        for body in [*MALFORMED, MALFORMED[0]]:
            answer = await platform.post(wechat.address, params=wechat.signed(), content=body)
            assert (answer.status_code, answer.text) == (200, "success"), body[:50]
        kept = await company.rows(tables.inbox)
        assert [row["raw"] for row in kept] == MALFORMED
        assert {row["state"] for row in kept} == {"quarantined"}
        assert company.received == []


@on_sqlite
async def test_what_cannot_be_decrypted_is_acknowledged_and_kept(database: Database) -> None:
    async with FakeWeChat(encrypted=True) as wechat, open_for_business(database, wechat) as company:
        assert wechat.aes_key
        update = wechat.customer().message("text", 1, Content="你好")
        for sealed in (
            "AAAA" * 16,
            "AAAA" * 11 + "AA==",
            "这不是密文",
            fake.encrypt(wechat.aes_key, "wx-somebody-else", update),
            fake.encrypt("A" * 43, wechat.app_id, update),
        ):
            query = wechat.signed()
            proof = fake.signature(wechat.token, query["timestamp"], query["nonce"], sealed)
            body = fake.to_xml({"ToUserName": wechat.account, "Encrypt": sealed})
            answer = await _post(wechat, query | {"encrypt_type": "aes", "msg_signature": proof}, body)
            assert (answer.status_code, answer.text) == (200, "success"), sealed
        kept = await company.rows(tables.inbox)
        assert [row["state"] for row in kept] == ["quarantined"] * 5
        assert all("WECHAT_AES_KEY" in row["error"] for row in kept)


@on_sqlite
async def test_after_a_change_of_key_each_update_is_answered_with_its_own(database: Database) -> None:
    async with FakeWeChat(encrypted=True) as wechat:
        before = wechat.aes_key
        wechat.aes_key = fake.new_aes_key()
        async with open_for_business(database, wechat, previous_aes_key=before):
            customer = wechat.customer()
            await customer.says("新")
            await customer.hears("收到：新")
            wechat.aes_key = before
            await customer.says("旧")
            assert (await customer.hears("收到：旧")).how == "passive"


@on_sqlite
async def test_an_update_that_cannot_be_read_is_kept(wechat: FakeWeChat, database: Database) -> None:
    """Well-formed, and without a time that is one: the inbox finds out, and nobody waits for an answer."""
    async with open_for_business(database, wechat) as company:
        update = wechat.customer().message("text", 1, Content="你好")
        spoilt = update.replace(b"<CreateTime><![CDATA[", b"<CreateTime><![CDATA[" + b"9" * 20)
        assert await wechat.post(spoilt) is None
        assert [row["state"] for row in await company.rows(tables.inbox)] == ["quarantined"]


# --- what customers send and do ---


@on_sqlite
async def test_a_follower_is_greeted(both_ways: FakeWeChat, database: Database) -> None:
    async with open_for_business(database, both_ways) as company:
        customer = both_ways.customer()
        await customer.subscribes(scene="shop-12")
        await customer.hears("收到")
        await customer.subscribes()
        await customer.hears("收到")
        assert [(one.kind, one.about) for one in company.received] == [
            (Kind.START, {"scene": "shop-12"}),
            (Kind.START, {}),
        ]


@on_sqlite
async def test_who_unfollows_has_left(wechat: FakeWeChat, database: Database) -> None:
    async with open_for_business(database, wechat) as company:
        company.answer = lambda incoming: []
        await wechat.customer().leaves()
        await wechat.delivered()
        assert [one.kind for one in company.received] == [Kind.LEFT]


@on_sqlite
async def test_the_menu_speaks_for_the_customer(wechat: FakeWeChat, database: Database) -> None:
    """Its key is taken for words; one that looks like a name in a program is made to look like words."""
    async with open_for_business(database, wechat) as company:
        customer = wechat.customer()
        for key, said in (
            ("查订单", "查订单"),
            ("ORDER_STATUS", "order status"),
            ("Where is my order?", "Where is my order?"),
        ):
            await customer.clicks_menu(key)
            await customer.hears(f"收到：{said}")
            assert (company.received[-1].kind, company.received[-1].about) == (Kind.TEXT, {"menu": key})


@on_sqlite
async def test_events_that_say_nothing_are_acknowledged(wechat: FakeWeChat, database: Database) -> None:
    """Among them those that wechatpy does not know, and keys longer than the inbox takes."""
    nothing = ["VIEW", "SCAN", "LOCATION", "TEMPLATESENDJOBFINISH", "subscribe_msg_popup_event", "CLICK", ""]
    async with open_for_business(database, wechat) as company:
        for event in nothing:
            key = "" if event == "CLICK" else "http://example.com/" + "x" * 300
            assert await wechat.post(wechat.customer().event(event, EventKey=key)) is None
        assert [row["state"] for row in await company.rows(tables.inbox)] == ["done"] * len(nothing)
        assert company.received == []


@on_sqlite
async def test_what_has_no_words_is_described(wechat: FakeWeChat, database: Database) -> None:
    async with open_for_business(database, wechat) as company:
        customer = wechat.customer()
        for send in (
            customer.sends_photo(),
            customer.sends_voice(),
            customer.sends_location("人民路 1 号"),
            customer.sends("video", MediaId="m1", ThumbMediaId="t1"),
            customer.sends("link", Title="一篇文章", Description="", Url="https://example.com/a"),
            customer.sends("file", Title="发票.pdf", FileTotalLen="2048"),
            customer.sends("some_new_kind", Whatever="x"),
            customer.sends("text", Content=""),
            customer.sends("text", Content="【收到不支持的消息类型，暂无法显示】"),
        ):
            await send
            await customer.hears("收到")
        assert [(one.kind, one.text, one.about) for one in company.received] == [
            (Kind.PHOTO, "[图片 / Photo]", {"media_id": "file1", "url": "http://127.0.0.1/a.jpg"}),
            (Kind.VOICE, "[语音 / Voice message]", {"media_id": "file2", "format": "amr"}),
            (
                Kind.LOCATION,
                "[位置 / Location] 人民路 1 号",
                {"latitude": "31.2304", "longitude": "121.4737", "address": "人民路 1 号"},
            ),
            (Kind.VIDEO, "[视频 / Video]", {"media_id": "m1"}),
            (
                Kind.LINK,
                "[链接 / Link] 一篇文章",
                {"title": "一篇文章", "description": "", "url": "https://example.com/a"},
            ),
            (Kind.FILE, "[文件 / File] 发票.pdf", {"file_name": "发票.pdf", "file_size": "2048"}),
            (Kind.OTHER, "[其他消息 / Another kind of message]", {"type": "some_new_kind"}),
            (Kind.OTHER, "[其他消息 / Another kind of message]", {"type": "text"}),
            (Kind.OTHER, "[其他消息 / Another kind of message]", {"type": "text"}),
        ]


@on_sqlite
async def test_a_voice_message_that_wechat_understood_is_a_text(
    wechat: FakeWeChat, database: Database
) -> None:
    async with open_for_business(database, wechat) as company:
        customer = wechat.customer()
        await customer.sends_voice(recognised="我的订单到哪了")
        await customer.hears("收到：我的订单到哪了")
        assert company.received[0].kind is Kind.TEXT
        assert company.received[0].about["media_id"] == "file1"


@on_sqlite
async def test_emoji_and_markup_come_through(both_ways: FakeWeChat, database: Database) -> None:
    async with open_for_business(database, both_ways):
        customer = both_ways.customer()
        await customer.says("👨‍👩‍👧‍👦 /::) <b>&amp;</b>")
        await customer.hears("收到：👨‍👩‍👧‍👦 /::) <b>&amp;</b>")


async def _post(wechat: FakeWeChat, query: dict[str, str], body: bytes) -> httpx.Response:
    async with httpx.AsyncClient(timeout=10) as client:
        return await client.post(wechat.address, params=query, content=body)


async def _unused(*_: object) -> None:
    raise AssertionError


def _refusals(why: str) -> float:
    return REGISTRY.get_sample_value("jieli_refused_total", {"where": "wechat", "why": why}) or 0.0
