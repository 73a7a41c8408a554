"""For WeChat: what is sent through the platform's API, without the faults of wechatpy's client."""

from __future__ import annotations

import asyncio
import io
import time
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.channels._wechat_client import WeChatApi, passive_text, split
from bot.channels.wechat import WeChatChannel
from bot.errors import CustomerGone, DeliveryError, OutcomeUnknown, Rejected, TryAgain
from bot.messages import Address, Author, Choice, Language, Outgoing, Said
from bot.store.database import Database
from tests.fakes.wechat import SEND, TOKEN, Customer, FakeWeChat

T = TypeVar("T")
CHOICES = (Choice("c1", "查订单"), Choice("c2", "转人工"))
LONG = "这句话有十六个字，算上标点。" * 80


@pytest.fixture
async def wechat() -> AsyncIterator[FakeWeChat]:
    async with FakeWeChat() as running:
        yield running


@pytest.fixture
def api(wechat: FakeWeChat) -> Iterator[WeChatApi]:
    made = WeChatApi(wechat.app_id, wechat.app_secret, wechat.url)
    yield made
    made.close()


@pytest.fixture
async def channel(wechat: FakeWeChat, tmp_path: Path) -> AsyncIterator[WeChatChannel]:
    async def never(*_: object) -> None:
        raise AssertionError

    database = Database(f"sqlite:///{tmp_path / 'unused.sqlite'}")
    made = WeChatChannel(
        wechat.app_id, wechat.app_secret, wechat.token, None, wechat.url, database, never, never
    )
    yield made
    await made.stop()


@pytest.fixture
def customer(wechat: FakeWeChat) -> Customer:
    """Somebody who has just written."""
    found = wechat.customer()
    found.may_hear("message", 5, 48 * 3600)
    return found


def to(customer: Customer, said: Said, **also: Any) -> Outgoing:
    address = Address("wechat", customer.wechat.app_id, customer.openid)
    return Outgoing(
        1, address, also.pop("author", Author.BOT), said, also.pop("language", Language.ZH), **also
    )


# --- what arrives ---


async def test_choices_are_a_menu(channel: WeChatChannel, customer: Customer) -> None:
    """One message of the five, whatever it offers."""
    await channel.send(to(customer, Said("请选择：", CHOICES)))
    assert (await customer.hears("请选择：")).titles == ["查订单", "转人工"]
    assert customer.allowances["message"].left == 4


async def test_more_choices_than_a_menu_holds_are_numbered(
    channel: WeChatChannel, customer: Customer
) -> None:
    many = tuple(Choice(str(n), f"选项{n}") for n in range(1, 13))
    await channel.send(to(customer, Said("请选择：", many)))
    assert (await customer.hears()).text.endswith("12. 选项12\n请回复选项的文字或序号。")
    await channel.send(to(customer, Said("Which one?", many), language=Language.EN))
    assert "Please reply with the words or the number of your choice." in (await customer.hears()).text


async def test_an_agent_is_named(channel: WeChatChannel, customer: Customer) -> None:
    await channel.send(to(customer, Said("您好"), author=Author.AGENT, name="林晓"))
    assert (await customer.hears()).text == "林晓：您好"
    english = to(customer, Said("Hello"), author=Author.AGENT, name="Alex", language=Language.EN)
    await channel.send(english)
    assert (await customer.hears()).text == "Alex: Hello"
    await channel.send(to(customer, Said("您好"), author=Author.SYSTEM))
    assert (await customer.hears()).text == "您好"


async def test_a_long_text_arrives_whole_in_parts(channel: WeChatChannel, customer: Customer) -> None:
    await channel.send(to(customer, Said(LONG)))
    assert len(customer.heard) == 2
    assert "".join(heard.text for heard in customer.heard) == LONG


async def test_what_a_chat_cannot_show_is_left_out(channel: WeChatChannel, customer: Customer) -> None:
    await channel.send(
        to(customer, Said("一\x00二\x1b三\ud83d四\r\n五\ufffe\x85", image="https://example.com/a.png"))
    )
    assert (await customer.hears()).text == "一二三四\n五\nhttps://example.com/a.png"


async def test_nothing_is_refused_here(channel: WeChatChannel, customer: Customer) -> None:
    with pytest.raises(Rejected):
        await channel.send(to(customer, Said("\x00")))
    assert customer.heard == []


async def test_the_customer_sees_typing(channel: WeChatChannel, customer: Customer) -> None:
    await channel.typing(to(customer, Said("")).address)
    assert customer.saw_typing == 1


# --- what does not arrive ---


async def test_the_quota_and_the_window_are_told(channel: WeChatChannel, customer: Customer) -> None:
    for _ in range(5):
        await channel.send(to(customer, Said("一条")))
    with pytest.raises(Rejected, match="45047"):
        await channel.send(to(customer, Said("第六条")))
    customer.falls_silent()
    with pytest.raises(Rejected, match="45015"):
        await channel.send(to(customer, Said("两天以后")))
    assert len(customer.heard) == 5


@pytest.mark.parametrize(
    ("errcode", "meaning"),
    [
        (-1, TryAgain),
        (45011, TryAgain),
        (45009, Rejected),
        (45002, Rejected),
        (40200, Rejected),
        (48001, Rejected),
        (43004, CustomerGone),
        (43019, CustomerGone),
        (99999, Rejected),
    ],
)
async def test_each_refusal_has_its_meaning(
    wechat: FakeWeChat, channel: WeChatChannel, customer: Customer, errcode: int, meaning: type[DeliveryError]
) -> None:
    wechat.fail_next(SEND, errcode)
    with pytest.raises(DeliveryError, match=str(errcode)) as raised:
        await channel.send(to(customer, Said("您好")))
    assert type(raised.value) is meaning
    assert wechat.count(SEND) == 1


@pytest.mark.parametrize(
    ("fault", "meaning"),
    [
        ({"drop": True}, OutcomeUnknown),
        ({"drop": True, "done": True}, OutcomeUnknown),
        ({"hang": 30}, OutcomeUnknown),
        ({"body": "<html>blocked</html>"}, OutcomeUnknown),
        ({"body": "{}"}, OutcomeUnknown),
        ({"body": "[]"}, OutcomeUnknown),
        ({"body": '{"errcode": "x"}'}, OutcomeUnknown),
        ({"body": "<html>moved</html>", "status": 302}, OutcomeUnknown),
        ({"body": "<html>bad gateway</html>", "status": 502}, OutcomeUnknown),
        ({"body": "<html>busy</html>", "status": 503}, TryAgain),
        ({"body": "<html>no</html>", "status": 404}, Rejected),
    ],
    ids=str,
)
async def test_only_an_honest_success_is_one(
    wechat: FakeWeChat,
    channel: WeChatChannel,
    customer: Customer,
    fault: dict[str, Any],
    meaning: type[DeliveryError],
) -> None:
    """A page of HTML, a broken connection, no answer: nobody knows, and nothing is sent twice."""
    channel._api.timeout = (1, 0.3)
    wechat.fail_next(SEND, **fault)
    with pytest.raises(DeliveryError) as raised:
        await channel.send(to(customer, Said("您好")))
    assert type(raised.value) is meaning
    assert wechat.count(SEND) == 1


async def test_a_platform_that_was_not_reached_is_tried_again(
    wechat: FakeWeChat, channel: WeChatChannel, customer: Customer
) -> None:
    await asyncio.to_thread(channel._api.token)
    await wechat.goes_down()
    with pytest.raises(TryAgain, match="not reached"):
        await channel.send(to(customer, Said("您好")))
    await wechat.comes_back()
    await channel.send(to(customer, Said("您好")))
    assert len(customer.heard) == 1


async def test_parts_that_arrived_are_not_sent_again(
    wechat: FakeWeChat, channel: WeChatChannel, customer: Customer
) -> None:
    wechat.fail_next(SEND, hang=0.01, done=True)
    wechat.fail_next(SEND, -1)
    with pytest.raises(TryAgain) as raised:
        await channel.send(to(customer, Said(LONG)))
    assert raised.value.parts_sent == 1
    await channel.send(to(customer, Said(LONG), parts_sent=1))
    assert "".join(heard.text for heard in customer.heard) == LONG


async def test_an_error_after_some_parts_says_so(channel: WeChatChannel, customer: Customer) -> None:
    customer.allowances["message"].left = 1
    with pytest.raises(Rejected, match=r"1 of 2 parts arrived; .*45047"):
        await channel.send(to(customer, Said(LONG)))
    assert len(customer.heard) == 1


async def test_no_error_tells_the_token_or_the_secret(
    wechat: FakeWeChat, channel: WeChatChannel, customer: Customer
) -> None:
    """The URL of every call holds the token, and requests writes URLs into its errors."""
    token = await asyncio.to_thread(channel._api.token)
    wechat.fail_next(SEND, drop=True)
    wechat.fail_next(SEND, status=500, body="")
    secrets = (token, wechat.app_secret)
    for _ in range(2):
        with pytest.raises(DeliveryError) as raised:
            await channel.send(to(customer, Said("您好")))
        error: BaseException | None = raised.value
        while error is not None:
            assert not any(secret in repr(error) for secret in secrets)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


async def test_after_the_end_nothing_is_sent_and_nothing_lost(
    channel: WeChatChannel, customer: Customer
) -> None:
    await channel.stop()
    with pytest.raises(TryAgain):
        await channel.send(to(customer, Said("您好")))
    assert customer.heard == []


async def test_ten_slow_sends_run_side_by_side(
    wechat: FakeWeChat, channel: WeChatChannel, customer: Customer
) -> None:
    customer.allowances["message"].left = 10
    for _ in range(10):
        wechat.fail_next(SEND, hang=0.3, done=True)
    began = time.monotonic()
    await asyncio.gather(*(channel.send(to(customer, Said("您好"))) for _ in range(10)))
    assert time.monotonic() - began < 2
    assert len(customer.heard) == 10


# --- the token ---


async def test_many_threads_at_a_cold_start_fetch_one_token(wechat: FakeWeChat, api: WeChatApi) -> None:
    wechat.fail_next(TOKEN, hang=0.2, done=True)
    assert len(set(await _in_threads(8, api.token))) == 1
    assert wechat.count(TOKEN) == 1
    assert wechat.count("token") == 0


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
async def test_a_refused_token_is_renewed_once(
    wechat: FakeWeChat, channel: WeChatChannel, customer: Customer, errcode: int
) -> None:
    """Another gateway has forced a new one, say: the platform knows it, so nothing is forced."""
    await channel.send(to(customer, Said("一")))
    wechat.token_dies(errcode)
    await channel.send(to(customer, Said("二")))
    assert [heard.text for heard in customer.heard] == ["一", "二"]
    assert [call.body["force_refresh"] for call in wechat.calls if call.endpoint == TOKEN] == [False, False]


async def test_a_new_token_is_forced_where_the_platform_gives_out_the_dead_one(
    wechat: FakeWeChat, channel: WeChatChannel, customer: Customer
) -> None:
    await channel.send(to(customer, Said("一")))
    wechat.token_dies(40001, for_all=False)
    await channel.send(to(customer, Said("二")))
    forced = [call.body["force_refresh"] for call in wechat.calls if call.endpoint == TOKEN]
    assert forced == [False, False, True]


async def test_a_lasting_refusal_burns_no_quota(
    wechat: FakeWeChat, channel: WeChatChannel, customer: Customer
) -> None:
    """The stock client fetched 370 tokens in one call. Forcing stays 30 seconds apart."""
    for _ in range(20):
        wechat.fail_next(SEND, 40001)
    for _ in range(4):
        with pytest.raises(TryAgain, match="40001"):
            await channel.send(to(customer, Said("您好")))
    assert wechat.count(SEND) == 8
    forced = [call for call in wechat.calls if call.endpoint == TOKEN and call.body["force_refresh"]]
    assert len(forced) == 1
    assert wechat.count(TOKEN) <= 2 + 4


async def test_many_threads_with_a_dead_token_renew_it_once(wechat: FakeWeChat, api: WeChatApi) -> None:
    dead = await asyncio.to_thread(api.token)
    wechat.token_dies(42001)
    renewed = {*await _in_threads(8, lambda: api.token(refused=dead))}
    assert len(renewed) == 1
    assert dead not in renewed
    assert wechat.count(TOKEN) == 2


async def test_a_token_is_renewed_before_it_ends(wechat: FakeWeChat, api: WeChatApi) -> None:
    wechat.token_seconds = 50
    first = await asyncio.to_thread(api.token)
    wechat.token_seconds = 7200
    second, third = await asyncio.to_thread(api.token), await asyncio.to_thread(api.token)
    assert first != second == third
    assert wechat.count(TOKEN) == 2


async def test_a_token_that_does_not_come_holds_nobody_up(wechat: FakeWeChat, api: WeChatApi) -> None:
    """The stock client waits for ever, one thread after the other. Nothing was sent, so all may try again."""
    wechat.fail_next(TOKEN, hang=30)
    began = time.monotonic()
    failures = await _in_threads(8, lambda: _error_of(api.token))
    assert [type(error) for error in failures] == [TryAgain] * 8
    assert time.monotonic() - began < 5
    assert wechat.count(TOKEN) == 1


@pytest.mark.parametrize(
    ("fault", "meaning"),
    [
        ({"errcode": -1}, TryAgain),
        ({"errcode": 40164}, Rejected),
        ({"errcode": 40125}, Rejected),
        ({"body": "<html>blocked</html>"}, TryAgain),
        ({"body": '{"expires_in": 7200}'}, TryAgain),
        ({"body": "[]"}, TryAgain),
        ({"status": 502, "body": ""}, TryAgain),
        ({"drop": True}, TryAgain),
    ],
    ids=str,
)
async def test_without_a_token_nothing_was_sent(
    wechat: FakeWeChat,
    channel: WeChatChannel,
    customer: Customer,
    fault: dict[str, Any],
    meaning: type[DeliveryError],
) -> None:
    wechat.fail_next(TOKEN, **fault)
    with pytest.raises(DeliveryError) as raised:
        await channel.send(to(customer, Said("您好")))
    assert type(raised.value) is meaning
    assert wechat.count(SEND) == 0


async def test_an_upload_that_is_repeated_begins_at_the_beginning(wechat: FakeWeChat, api: WeChatApi) -> None:
    """The stock client sent an empty file after a refused token, and reported success."""
    await asyncio.to_thread(api.token)
    wechat.token_dies(42001)
    made = await asyncio.to_thread(api.media.upload, "image", io.BytesIO(b"a picture"))
    assert wechat.files[made["media_id"]] == b"a picture"
    assert wechat.count("media/upload") == 2


# --- texts that fit ---


@pytest.mark.parametrize(
    "sign",
    ["👨‍👩‍👧‍👦", "🇨🇳", "👍🏽", "e\u0301", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "1️⃣"],
    ids=lambda sign: unicodedata.name(sign[0]),
)
def test_a_text_is_never_cut_inside_a_sign(sign: str) -> None:
    """Wherever the limit falls."""
    for before in range(40):
        parts = split("字" * before + sign * 40, limit=100)
        assert "".join(parts) == "字" * before + sign * 40
        assert all(len(part.encode()) <= 100 for part in parts)
        assert all(part.replace("字", "").replace(sign, "") == "" for part in parts)


def test_a_text_is_cut_where_a_reader_pauses() -> None:
    assert split("一二三四五。六七八九十，一二三", limit=30) == ["一二三四五。", "六七八九十，一二三"]
    assert split("one two three four five six", limit=20) == ["one two three four", "five six"]
    assert split("a\n" * 30, limit=20)[0] == "a\n" * 9 + "a"
    assert split("x" * 50, limit=20) == ["x" * 20, "x" * 20, "x" * 10]
    assert split("") == []


def test_a_reply_carries_exactly_what_fits() -> None:
    assert passive_text([Said("字" * 682)], Language.ZH) == "字" * 682
    assert passive_text([Said("字" * 683)], Language.ZH) is None
    assert passive_text([Said("")], Language.ZH) is None
    # links are longer than numbers
    numbered = passive_text([Said("字" * 640, CHOICES)], Language.ZH)
    assert numbered
    assert numbered.endswith("1. 查订单\n2. 转人工\n请回复选项的文字或序号。")
    # and two numbered lists in one reply would not say which "1" is meant
    assert passive_text([Said("字" * 600, CHOICES), Said("哪个？", CHOICES)], Language.ZH) is None


async def _in_threads(count: int, work: Callable[[], T]) -> list[T]:
    with ThreadPoolExecutor(count) as threads:
        jobs = [asyncio.wrap_future(threads.submit(work)) for _ in range(count)]
        return list(await asyncio.gather(*jobs))


def _error_of(work: Callable[[], object]) -> Exception | None:
    try:
        work()
    except DeliveryError as error:
        return error
    return None
