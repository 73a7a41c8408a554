"""Outage notices, as dialogues: what one answers, what it leaves alone, and who hears that it is over.

The brain is played here, with what the real one makes of such messages; the journey has the real one.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import RowMapping, select, update

from bot.channels.base import Channel
from bot.conversation import Conversation, Moved, Reason
from bot.dialogue import Dialogue
from bot.errors import BrainDown, SettingsError
from bot.messages import Address, Answer, Author, Incoming, Kind, Likely, Said
from bot.notices import load_notices
from bot.outage_answers import OutageAnswers
from bot.outage_news import OutageNews
from bot.outages import load_subjects
from bot.router import Router
from bot.store import conversations, outages, tables
from bot.store.database import Database
from bot.store.tables import agent, conversation, inbox, message, outage, outage_heard, prediction
from bot.store.threads import Speaker

ROOT = Path(__file__).parents[2]
EAST = {"zh": ["东区", "城东"], "en": ["the east district", "east district", "east side"]}
TEXT = {
    "zh": "东区从 14:00 起通话掉线，预计 18:00 前修好。",
    "en": "Calls have been dropping in the east district since 14:00, to be repaired by 18:00.",
}
MINE_DIFFERS, TELL_ME = "我的情况不一样", "恢复后告诉我"
FORM = {"v": 1, "events": [["user", "repair_visit", {}], ["form", "visit_form"], ["did", "visit_form"]]}
ASKED_BACK = {"v": 1, "events": [["user", "coverage", {}], ["did", "action_clarify"]]}


class Brain:
    """Takes messages for what `means` says, and `network_fault` surely when it says nothing."""

    def __init__(self) -> None:
        self.well = True
        self.means: dict[str, tuple[str, float]] = {}
        self.hands_over: str | None = None
        self.asked: list[str] = []

    async def ask(
        self, conversation: int, message: int, text: str, state: dict[str, Any] | None, **_: Any
    ) -> Answer:
        if not self.well:
            raise BrainDown("silent")
        self.asked.append(text)
        intent = Likely(*self.means.get(text, ("network_fault", 0.95)))
        said = (Said(f"re: {text}"),)
        return Answer(
            said, state, (intent,), 0.73, {}, (), self.hands_over, "m", 1.0, asked_back=False, intent=intent
        )


class Web:
    """A channel whose updates are the customer, the key, the tapped choice (or `-`) and the words."""

    def read(self, raw: bytes) -> Incoming:
        user, key, choice, text = raw.decode().split(" ", 3)
        kind = Kind.TEXT if choice == "-" else Kind.CHOICE
        return Incoming(Address("web", "web", user), key, kind, text, None if choice == "-" else choice)

    async def stored(self, incoming: Incoming) -> None:
        pass

    async def thinking(self, incoming: Incoming) -> None:
        pass


class Shop:
    """Router and news on one database."""

    def __init__(self, database: Database) -> None:
        self.database, self.brain = database, Brain()
        speaker, notices = Speaker({"web": False}, {}), load_notices(ROOT)
        answers = OutageAnswers(load_subjects(ROOT), notices)
        channels = {"web": cast(Channel, Web())}
        dialogue = cast(Dialogue, self.brain)
        self.router = Router(database, dialogue, speaker, notices, answers, channels, gone_seconds=60)
        self.news = OutageNews(database, speaker, notices, answers.forget)
        self.forget = answers.forget
        self.written = 0

    async def pins(self, area: dict[str, list[str]] | None = EAST, **values: Any) -> int:
        now = datetime.now(UTC)
        known: dict[str, Any] = {"subjects": ["mobile"], "text": TEXT, "until": now + timedelta(hours=4)}
        async with self.database.write() as tx:
            pinned = await outages.pin(tx, area=area, now=now, by=None, **known | values)
        self.forget()
        return pinned

    async def ends(self, notice: int) -> None:
        async with self.database.write() as tx:
            await outages.end(tx, notice, datetime.now(UTC), None)
        await self.news.tell_all()

    async def time_is_up(self, notice: int) -> None:
        past = datetime.now(UTC) - timedelta(seconds=1)
        async with self.database.write() as tx:
            await tx.run(update(outage).where(outage.c.id == notice).values(until=past))
        await self.news.tell_all()

    async def rows(self, table: Any) -> list[RowMapping]:
        async with self.database.read() as tx:
            return list(await tx.all(select(table).order_by(table.c.id)))

    async def counts(self) -> tuple[int, int, int]:
        async with self.database.read() as tx:
            (row,) = await outages.known(tx, datetime.now(UTC) - timedelta(days=1))
        return row["answered"], row["want_news"], row["not_meant"]


class Customer:
    """Somebody on the channel; `hears` gives what was said since the last look."""

    def __init__(self, shop: Shop, user: str = "u1") -> None:
        self.shop, self.user = shop, user
        self._seen = 0

    async def says(self, text: str, choice: str = "-") -> list[str]:
        """Writes, and gives what comes back."""
        self.shop.written += 1
        key = f"k{self.shop.written}"
        raw = f"{self.user} {key} {choice} {text}".encode()
        known: dict[str, Any] = {
            "channel": "web",
            "account": "web",
            "key": key,
            "lane": self.user,
            "raw": raw,
        }
        async with self.shop.database.write() as tx:
            row = await tx.insert(inbox, **known, state="new", received_at=datetime.now(UTC))
            rest = await self.shop.router.receive(tx, Web().read(raw), row)
        await rest()
        return await self.hears()

    async def taps(self, title: str) -> list[str]:
        """Taps the newest choice with this title."""
        choices = [
            choice for row in await self.thread() for choice in row["choices"] if choice["title"] == title
        ]
        return await self.says(title, choices[-1]["id"])

    async def hears(self) -> list[str]:
        said = [row["text"] for row in await self.thread() if row["author"] != Author.CUSTOMER]
        news, self._seen = said[self._seen :], len(said)
        return news

    async def thread(self) -> list[RowMapping]:
        who = await self.row()
        return [one for one in await self.shop.rows(message) if one["customer_id"] == who["customer_id"]]

    async def row(self) -> RowMapping:
        """The conversation."""
        (who,) = [one for one in await self.shop.rows(tables.customer) if one["user"] == self.user]
        return [one for one in await self.shop.rows(conversation) if one["customer_id"] == who["id"]][-1]

    async def is_in(self, dialogue: dict[str, Any]) -> None:
        number = (await self.row())["id"]
        async with self.shop.database.write() as tx:
            await tx.run(update(conversation).where(conversation.c.id == number).values(dialogue=dialogue))

    async def moves(self, *steps: Any) -> None:
        """Takes the conversation through these transitions."""
        for step in steps:
            row = await self.row()
            async with self.shop.database.write() as tx:
                moved: Moved = step(conversations.as_value(row))
                await conversations.apply(tx, moved)


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


@pytest.fixture
def customer(shop: Shop) -> Customer:
    return Customer(shop)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("intents: [network_fault]", "intents: network_fault", "`mobile` has no `intents`"),
        ("left_alone:", "leave_alone:", "`left_alone` has no text for zh"),
        ("subjects:\n", "subjects: [\n", "cannot be read"),
    ],
)
def test_a_gateway_does_not_start_with_subjects_that_make_no_sense(
    tmp_path: Path, right: str, wrong: str, told: str
) -> None:
    written = (ROOT / "stories" / "outages.yml").read_text("utf-8")
    assert right in written
    (tmp_path / "stories").mkdir()
    assert load_subjects(tmp_path).by_name == {}  # a company may have none
    (tmp_path / "stories" / "outages.yml").write_text(written.replace(right, wrong), "utf-8")
    with pytest.raises(SettingsError, match=r"JIELI_CONTENT: .*outages\.yml") as refused:
        load_subjects(tmp_path)
    assert told in str(refused.value)


async def test_a_notice_answers_and_says_whom_it_concerns(shop: Shop, customer: Customer) -> None:
    await shop.pins()
    (said,) = await customer.says("电话老是掉线")
    assert said == f"{TEXT['zh']}\n这是东区的情况。您不在那里，或者是别的问题，告诉我一声，我接着帮您看。"
    titles = [choice["title"] for choice in (await customer.thread())[-1]["choices"]]
    assert titles == [TELL_ME, MINE_DIFFERS]
    assert await shop.counts() == (1, 0, 0)
    assert [row["outcome"] for row in await shop.rows(prediction)] == ["outage_notice"]


async def test_who_names_the_area_is_not_asked_about_it(shop: Shop, customer: Customer) -> None:
    await shop.pins()
    (said,) = await customer.says("I'm in the East District and my calls drop")
    assert said == f"{TEXT['en']}\nIf yours is another matter, say so and I'll look into it."


async def test_a_notice_for_everybody_names_no_area(shop: Shop, customer: Customer) -> None:
    await shop.pins(area=None)
    (said,) = await customer.says("电话老是掉线")
    assert "情况不一样" in said
    assert "东区的情况" not in said


@pytest.mark.parametrize(
    ("text", "intent", "confidence"),
    [
        ("东区没信号", "network_fault", 0.49),  # the brain would ask back
        ("calls r droppin all da time here", "network_fault", 0.66),
        ("is there an outage", "network_fault", 0.09),  # it would hand over
        ("东区基站维修到几点", "repair_visit", 0.33),  # two hints: a phrase, and the area
    ],
)
async def test_a_low_confidence_is_no_hindrance(
    shop: Shop, customer: Customer, text: str, intent: str, confidence: float
) -> None:
    await shop.pins()
    shop.brain.means[text] = intent, confidence
    shop.brain.hands_over = "low_confidence" if confidence < 0.1 else None
    (said,) = await customer.says(text)
    assert said.startswith((TEXT["zh"], TEXT["en"]))
    assert (await customer.row())["state"] == "bot"


@pytest.mark.parametrize(
    ("text", "intent", "confidence"),
    [
        ("东区营业厅在哪", "shop_hours", 0.99),
        ("没信号是不是要换卡", "sim_replacement", 0.94),
        ("手机没信号的时候能用WiFi通话吗", "wifi_setup", 0.70),
        ("掉线提醒业务怎么退订", "close_account", 0.70),
        ("how do I drop a call on hold", "callback", 0.22),
        ("宽带断了", "broadband_fault", 0.99),
        ("转人工，没信号", "network_fault", 0.27),
        ("no signal, I want a refund", "network_fault", 0.80),
        ("手机欠费停机了没信号", "network_fault", 0.42),
        ("西区没信号", "network_fault", 0.60),
        ("calls drop in the west district", "network_fault", 0.90),
        ("我在浦江县，电话老断", "network_fault", 0.90),
    ],
)
async def test_what_only_shares_a_word_is_left_to_the_brain(
    shop: Shop, customer: Customer, text: str, intent: str, confidence: float
) -> None:
    area = {"zh": ["东区", "东山县"], "en": ["the east district"]}
    await shop.pins(area=area)
    shop.brain.means[text] = intent, confidence
    assert await customer.says(text) == [f"re: {text}"]
    assert await shop.counts() == (0, 0, 0)


@pytest.mark.parametrize(
    "text", ["我们小区没信号", "我在区政府这边没信号", "no signal in the whole district", "这个地区电话老断"]
)
async def test_what_is_no_name_of_a_place_is_not_taken_for_one(
    shop: Shop, customer: Customer, text: str
) -> None:
    await shop.pins()
    (said,) = await customer.says(text)
    assert said.startswith((TEXT["zh"], TEXT["en"]))


async def test_of_two_notices_the_one_for_the_named_area_answers(shop: Shop, customer: Customer) -> None:
    west = {"zh": "滨江那边的基站在检修。", "en": "A mast by the river is being repaired."}
    await shop.pins(area={"zh": ["滨江"], "en": ["riverside"]}, text=west)
    await shop.pins()
    (said,) = await customer.says("滨江没信号")
    assert said.startswith(west["zh"])


async def test_while_the_brain_is_down_phrases_decide(shop: Shop, customer: Customer) -> None:
    await shop.pins()
    shop.brain.well = False
    (said,) = await customer.says("没信号")
    assert said.startswith(TEXT["zh"])
    assert (await customer.row())["state"] == "bot"
    other = Customer(shop, "u2")
    await other.says("没信号，转人工")
    assert (await other.row())["reason"] == Reason.BRAIN_DOWN
    third = Customer(shop, "u3")
    await third.says("营业厅几点开门")
    assert (await third.row())["reason"] == Reason.BRAIN_DOWN


async def test_it_is_said_once_and_then_all_goes_on_as_always(shop: Shop, customer: Customer) -> None:
    await shop.pins()
    await customer.says("没信号")
    assert await customer.says("还是没信号") == ["re: 还是没信号"]
    assert (await Customer(shop, "u2").says("没信号"))[0].startswith(TEXT["zh"])
    assert await shop.counts() == (2, 0, 0)


async def test_changed_it_is_news_once_more(shop: Shop, customer: Customer) -> None:
    notice = await shop.pins()
    await customer.says("没信号")
    later = {"zh": "东区要到 20:00 才能修好。", "en": "The east district has to wait until 20:00."}
    async with shop.database.write() as tx:
        await outages.change(tx, notice, datetime.now(UTC), text=later)
    assert (await customer.says("还是没信号"))[0].startswith(later["zh"])
    assert await customer.says("没信号") == ["re: 没信号"]
    assert await shop.counts() == (2, 0, 0)


@pytest.mark.parametrize("says", [MINE_DIFFERS, "别的问题", "我不在那里"])
async def test_who_has_another_trouble_gets_the_normal_answer(
    shop: Shop, customer: Customer, says: str
) -> None:
    await shop.pins()
    await customer.says("没信号")
    assert await customer.says(says) == ["re: 没信号"]
    assert shop.brain.asked == ["没信号", "没信号"]
    assert await shop.counts() == (1, 0, 1)
    assert [row["outcome"] for row in await shop.rows(prediction)] == ["answered"]


async def test_a_tap_means_the_notice_under_which_it_was(shop: Shop, customer: Customer) -> None:
    first = await shop.pins()
    await customer.says("没信号")
    await shop.pins(subjects=["broadband"], area=None)
    shop.brain.means["断网"] = "broadband_fault", 0.95
    await customer.says("断网")
    assert await customer.says(MINE_DIFFERS, f"jieli:not_this:{first}") == ["re: 没信号"]
    assert await customer.taps(MINE_DIFFERS) == ["re: 断网"]


async def test_nobody_else_knows_these_choices(shop: Shop, customer: Customer) -> None:
    notice = await shop.pins()
    for choice in (f"jieli:tell_me:{notice}", f"jieli:not_this:{notice}", "jieli:tell_me:x", "-"):
        shop.brain.means[TELL_ME] = "out_of_scope", 0.9
        assert await customer.says(TELL_ME, choice) == [f"re: {TELL_ME}"]
    assert await shop.rows(outage_heard) == []


@pytest.mark.parametrize("reason", ["asked", "anger", "complaint", "sensitive", "repeated"])
async def test_who_wants_or_needs_a_person_is_not_held_up(
    shop: Shop, customer: Customer, reason: str
) -> None:
    await shop.pins()
    shop.brain.hands_over = reason
    assert (await customer.says("天天没信号！！！"))[0] == "re: 天天没信号！！！"
    assert await shop.counts() == (0, 0, 0)


async def test_a_form_is_not_interrupted_but_a_question_which_was_meant_is(
    shop: Shop, customer: Customer
) -> None:
    await shop.pins()
    shop.brain.means["你好"] = "greet", 0.99
    await customer.says("你好")
    await customer.is_in(FORM)
    assert await customer.says("没信号") == ["re: 没信号"]
    await customer.is_in(ASKED_BACK)
    assert (await customer.says("没信号"))[0].startswith(TEXT["zh"])


async def test_an_old_button_does_not_fill_in_a_form(shop: Shop, customer: Customer) -> None:
    await shop.pins()
    await customer.says("没信号")
    await customer.is_in(FORM)
    assert await customer.taps(MINE_DIFFERS) == [f"re: {MINE_DIFFERS}"]


async def test_who_asked_is_told_once_when_it_is_taken_back(shop: Shop, customer: Customer) -> None:
    notice = await shop.pins()
    await customer.says("没信号")
    other = Customer(shop, "u2")
    await other.says("my calls drop")
    assert await customer.taps(TELL_ME) == ["好的，一恢复我就在这里告诉您。"]
    assert await other.says("let me know") == ["All right, I'll tell you right here as soon as it's over."]
    third = Customer(shop, "u3")
    await third.says("没信号")
    assert await shop.counts() == (3, 2, 0)

    await shop.ends(notice)
    await shop.news.tell_all()
    (told,) = await customer.hears()
    assert TEXT["zh"] in told
    assert "已经结束" in told
    (told,) = await other.hears()
    assert "is over, and things should work again" in told
    assert await third.hears() == []
    assert await Customer(shop, "u4").says("没信号") == ["re: 没信号"]


async def test_a_notice_whose_time_is_up_does_not_claim_that_all_is_well(
    shop: Shop, customer: Customer
) -> None:
    notice = await shop.pins()
    await customer.says("没信号")
    await customer.taps(TELL_ME)
    await customer.hears()
    await shop.time_is_up(notice)
    (told,) = await customer.hears()
    assert "预计的恢复时间到了" in told
    assert await customer.says("没信号") == ["re: 没信号"]


async def test_who_asks_too_late_is_told_at_once(shop: Shop, customer: Customer) -> None:
    notice = await shop.pins()
    await customer.says("没信号")
    await shop.ends(notice)
    (told,) = await customer.taps(TELL_ME)
    assert "已经结束" in told
    await shop.news.tell_all()
    assert await customer.hears() == []


async def test_the_news_waits_while_an_agent_speaks(shop: Shop, customer: Customer) -> None:
    notice = await shop.pins()
    await customer.says("没信号")
    async with shop.database.write() as tx:
        hired = await tx.insert(
            agent, login="ann", name="Ann", password="x", roles=["agent"], capacity=3, status="ready",
            status_since=datetime.now(UTC), ignored_offers=0, created_at=datetime.now(UTC),
        )  # fmt: skip
    await customer.moves(
        lambda one: one.hand_off(Reason.ASKED, datetime.now(UTC)), lambda one: one.accept(hired)
    )
    # what the customer taps is kept, and nobody talks over the agent
    assert await customer.taps(TELL_ME) == []
    await shop.ends(notice)
    assert await customer.hears() == []
    await customer.moves(lambda one: one.resolve(hired))
    await shop.news.tell_all()
    (told,) = await customer.hears()
    assert "已经结束" in told


async def test_who_waits_in_the_queue_is_told(shop: Shop, customer: Customer) -> None:
    notice = await shop.pins()
    await customer.says("没信号")
    await customer.taps(TELL_ME)

    def queues(one: Conversation) -> Moved:
        return one.hand_off(Reason.ASKED, datetime.now(UTC))

    await customer.moves(queues)
    await customer.hears()
    await shop.ends(notice)
    assert len(await customer.hears()) == 1


async def test_whose_conversation_is_closed_is_told_in_a_new_one(shop: Shop, customer: Customer) -> None:
    notice = await shop.pins()
    await customer.says("没信号")
    await customer.taps(TELL_ME)
    await customer.moves(lambda one: one.close("idle"))
    await customer.hears()
    await shop.ends(notice)
    assert len(await customer.hears()) == 1


async def test_two_gateways_tell_everybody_once(shop: Shop) -> None:
    notice = await shop.pins()
    customers = [Customer(shop, f"u{number}") for number in range(5)]
    for one in customers:
        await one.says("没信号")
        await one.taps(TELL_ME)
    async with shop.database.write() as tx:
        await outages.end(tx, notice, datetime.now(UTC), None)
    await asyncio.gather(shop.news.tell_all(), shop.news.tell_all(), shop.news.tell_all())
    assert [len(await one.hears()) for one in customers] == [1] * 5


async def test_a_notice_that_another_part_pinned_is_heard_of_at_once(shop: Shop, customer: Customer) -> None:
    heard = asyncio.Event()

    def changed() -> None:
        shop.forget()
        heard.set()

    shop.news.changed = changed
    assert await customer.says("没信号") == ["re: 没信号"]  # that there is none is now believed for a while
    await shop.news.start()
    while not shop.database.bus.is_heard(outages.TOPIC):
        await asyncio.sleep(0)
    async with shop.database.write() as tx:
        now = datetime.now(UTC)
        until = now + timedelta(hours=1)
        await outages.pin(tx, subjects=["mobile"], area=None, text=TEXT, until=until, now=now, by=None)
    async with asyncio.timeout(60):
        await heard.wait()
    assert (await customer.says("没信号"))[0].startswith(TEXT["zh"])
    await shop.news.stop()


async def test_what_was_over_yesterday_is_no_news(shop: Shop, customer: Customer) -> None:
    notice = await shop.pins()
    await customer.says("没信号")
    await customer.taps(TELL_ME)
    await customer.hears()
    long_ago = datetime.now(UTC) - timedelta(days=2)
    async with shop.database.write() as tx:
        await tx.run(update(outage).where(outage.c.id == notice).values(until=long_ago, ended_at=long_ago))
    await shop.news.tell_all()
    assert await customer.hears() == []
