"""What agents read: rows, the whole conversation, and what is not theirs to read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from bot.conversation import Reason
from bot.messages import Author, Choice, Said
from bot.store.database import Database
from bot.store.tables import outbox, prediction
from bot.store.threads import Speaker
from handoff.agents import Status
from tests.handoff.office import GONE, Customer, Office

WHY = {
    "text": "退款怎么办",
    "threshold": 0.6,
    "ranking": [{"name": "return_goods", "confidence": 0.42}, {"name": "invoice", "confidence": 0.31}],
    "slots": {"order_number": "QC20260001"},
    "failed": ["退"],
}


async def test_row(office: Office) -> None:
    """A row says who, where, since when, and what people said last, cut to what a list can show."""
    waiting = await office.customer("x" * 300, language="en")
    async with office.database.write() as tx:
        speaker = Speaker({"web": False}, {})
        await speaker.say(tx, waiting.row, waiting.chat, Author.SYSTEM, Said("You are number 1."))
    since = office.clock() + timedelta(seconds=0.001)
    await waiting.asks_for_a_person(Reason.LOW_CONFIDENCE)
    ann = await office.agent("ann", status="away")
    (row,) = await ann.reads("/queue")
    last = row.pop("last")
    assert datetime.fromisoformat(row.pop("enqueued_at")) == since
    assert row == {
        "id": waiting.chat,
        "state": "queued",
        "epoch": 1,
        "reason": "low_confidence",
        "channel": "web",
        "language": "en",
        "customer": {"id": waiting.row["id"], "name": None},
        "offered_until": None,
        "agent": None,
        "position": 1,
        "unanswered_since": None,
        "last_seq": 2,
    }
    assert (last["author"], last["text"]) == ("customer", "x" * 200)
    assert datetime.fromisoformat(last["at"]).tzinfo == UTC


async def test_whole_conversation(office: Office) -> None:
    """The bot's part with its choices, why it came, each step, and what became of each message."""
    asking = await office.customer("退款怎么办", channel="telegram", language="en")
    async with office.database.write() as tx:
        speaker = Speaker({"telegram": True}, {})
        said = Said("Do you mean ...", (Choice("c1", "Return goods"),), "https://shop.example/a.png")
        await speaker.say(tx, asking.row, asking.chat, Author.BOT, said)
    await asking.asks_for_a_person(Reason.LOW_CONFIDENCE, why=WHY)
    await asking.says("hello?")
    async with office.database.write() as tx:
        await tx.run(update(outbox).values(state="unknown", error="no answer"))
    ann = await office.agent("ann", status="away")
    whole = await ann.reads(f"/conversations/{asking.chat}")
    assert whole["why"] == {"reason": "low_confidence", "phone_verified": None, **WHY}
    assert [(one["seq"], one["author"], one["text"]) for one in whole["messages"]] == [
        (1, "customer", "退款怎么办"),
        (2, "bot", "Do you mean ..."),
        (3, "customer", "hello?"),
    ]
    bots = whole["messages"][1]
    assert (bots["delivery"], bots["delivery_error"], bots["client_id"]) == ("unknown", "no answer", None)
    assert (bots["choices"], bots["image"]) == (
        [{"id": "c1", "title": "Return goods"}],
        "https://shop.example/a.png",
    )
    assert whole["messages"][0]["delivery"] is None
    assert whole["messages"][0]["client_id"] is None
    assert [(step["type"], step["actor"], step["data"]) for step in whole["events"]] == [
        ("handed_off", "bot", {"reason": "low_confidence"})
    ]
    assert whole["last_seq"] == 3


async def test_the_first_unanswered_message_counts(office: Office) -> None:
    """Whom nobody has answered waits since the handoff, then since the first message; the longest first."""
    asking, patient = await office.waiting(), await office.waiting()
    since = await office.state(patient.chat)
    ann = await office.agent("ann", status="away")
    for one in (asking, patient):
        await ann.does("accept", one.chat)
    await ann.does("reply", asking.chat, text="您好")
    assert [row["id"] for row in await ann.reads("/conversations")] == [patient.chat, asking.chat]
    rows = {row["id"]: row["unanswered_since"] for row in await ann.reads("/conversations")}
    assert since.enqueued_at is not None
    assert rows[asking.chat] is None
    assert datetime.fromisoformat(rows[patient.chat]) == since.enqueued_at

    await ann.does("reply", patient.chat, text="您好")
    await patient.says("在吗")
    await asking.says("一")
    await asking.says("二")
    await patient.says("还在吗")
    rows = {row["id"]: row["unanswered_since"] for row in await ann.reads("/conversations")}
    assert list(rows) == [patient.chat, asking.chat]
    said = {one["text"]: one["at"] for one in (await ann.reads(f"/conversations/{asking.chat}"))["messages"]}
    assert rows[asking.chat] == said["一"]


async def test_a_code_is_not_for_other_eyes(office: Office) -> None:
    """What was typed while a code was asked for is masked in thread, list and card; other numbers are not."""
    asking = await office.customer("13800138000")
    await asking.is_understood(code_sent_to="13800138000", phone="13800138000")
    await asking.says("是 4711 08")
    await asking.is_understood(code_sent_to="13800138000", phone="13800138000")
    await asking.says("这是 314159")
    why = WHY | {"text": "这是 314159", "failed": ["是 4711 08"]}
    await asking.is_understood(code_sent_to="13800138000", phone="13800138000", verified_phone="13800138000")
    await asking.asks_for_a_person(Reason.FORM_FAILED, why=why)
    ann = await office.agent("ann", status="away")
    (row,) = await ann.reads("/queue")
    assert row["last"]["text"] == "这是 ••••••"
    whole = await ann.reads(f"/conversations/{asking.chat}")
    assert [one["text"] for one in whole["messages"]] == ["13800138000", "是 •••• ••", "这是 ••••••"]
    assert (whole["why"]["text"], whole["why"]["failed"]) == ("这是 ••••••", ["是 •••• ••"])
    await ann.does("accept", asking.chat)
    await asking.says("我的门牌号是 2718")
    assert (await ann.reads(f"/conversations/{asking.chat}"))["messages"][-1]["text"] == "我的门牌号是 2718"


@pytest.mark.parametrize(
    ("slots", "verified"),
    [
        ({}, None),
        ({"phone": "13800138000"}, False),
        ({"phone": "13800138000", "verified_phone": "13800138000", "verified_until": 4e9}, True),
        ({"phone": "13800138000", "verified_phone": "13800138000", "verified_until": 1.0}, False),
        ({"phone": "13800138001", "verified_phone": "13800138000", "verified_until": 4e9}, False),
    ],
)
async def test_whether_the_phone_is_the_customers(
    office: Office, slots: dict[str, object], verified: bool | None
) -> None:
    """A number that a code has proven, when it was handed over; every other one is only what was written."""
    asking = await office.customer()
    await asking.asks_for_a_person(Reason.FORM_FAILED, why=WHY | {"slots": slots})
    ann = await office.agent("ann", status="away")
    assert (await ann.reads(f"/conversations/{asking.chat}"))["why"]["phone_verified"] is verified


async def test_what_the_bot_did_before(office: Office) -> None:
    """What it ordered from the business system, with what it said of it; look-ups and talk are not deeds."""
    asking = await office.customer("取消吧")
    await asking.is_understood("action_do_cancel_order")
    async with office.database.write() as tx:
        speaker = Speaker({"web": False}, {})
        await speaker.say(tx, asking.row, asking.chat, Author.BOT, Said("订单 QC20260001 已取消。"))
    await asking.says("流量还有多少")
    await asking.is_understood("action_look_up_account")
    await asking.asks_for_a_person()
    ann = await office.agent("ann", status="away")
    (deed,) = (await ann.reads(f"/conversations/{asking.chat}"))["deeds"]
    assert datetime.fromisoformat(deed.pop("at")).tzinfo == UTC
    assert deed == {"action": "action_do_cancel_order", "told": "订单 QC20260001 已取消。"}


async def test_why_outlives_the_handoff(office: Office) -> None:
    """After it is resolved the card is still there; a conversation that was never handed over has none."""
    asking = await office.customer()
    boss = await office.agent("boss", status="away", roles=["admin", "agent"])
    assert (await boss.reads(f"/conversations/{asking.chat}"))["why"] is None
    await asking.asks_for_a_person(Reason.COMPLAINT)
    await boss.does("accept", asking.chat)
    await boss.does("resolve", asking.chat)
    why = (await boss.reads(f"/conversations/{asking.chat}"))["why"]
    assert why == {
        "reason": "complaint",
        "text": None,
        "threshold": None,
        "ranking": [],
        "slots": {},
        "phone_verified": None,
        "failed": [],
    }


async def test_late_answers_are_suggestions(office: Office, database: Database) -> None:
    """What the bot would have said is offered to the agent, of this handoff only."""
    asking = await office.customer()
    await _late_answer(database, asking, office.clock() - timedelta(hours=1), "an old one")
    await asking.asks_for_a_person()
    await asking.says("still there?")
    await _late_answer(database, asking, office.clock(), "It was shipped.", "Anything else?")
    ann = await office.agent("ann", status="away")
    suggestions = (await ann.reads(f"/conversations/{asking.chat}"))["suggestions"]
    assert [one["text"] for one in suggestions] == ["It was shipped.", "Anything else?"]


async def test_older_messages_come_in_pages(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long conversation comes with its newest messages, and what is before them when asked."""
    monkeypatch.setattr("handoff.lookups._MESSAGES", 4)
    asking = await office.waiting()
    for number in range(5):
        await asking.says(str(number))
    ann = await office.agent("ann", status="away")
    newest = (await ann.reads(f"/conversations/{asking.chat}"))["messages"]
    assert [newest[0]["seq"], newest[-1]["seq"], len(newest)] == [3, 6, 4]
    older = (await ann.reads(f"/conversations/{asking.chat}?before=3"))["messages"]
    assert [one["seq"] for one in older] == [1, 2]


async def test_who_may_read(office: Office) -> None:
    """Waiting: everybody. Served: who serves it and who has served it. With the bot: only administrators."""
    asking = await office.customer()
    path = f"/conversations/{asking.chat}"
    ann, bo = await office.agent("ann", status="away"), await office.agent("bo", status="away")
    boss = await office.agent("boss", status="away", roles=["admin"])

    async def readers() -> list[bool]:
        return [(await one.http.get(path)).status_code == 200 for one in (ann, bo, boss)]

    assert await readers() == [False, False, True]
    await asking.asks_for_a_person()
    assert await readers() == [True, True, True]
    await ann.does("accept", asking.chat)
    assert await readers() == [True, False, True]
    assert (await bo.http.get(path)).status_code == 403
    await ann.does("requeue", asking.chat)
    await bo.does("accept", asking.chat)
    assert await readers() == [True, True, True]
    await bo.does("resolve", asking.chat)
    assert await readers() == [True, True, True]


async def test_agents_show_who_is_here(office: Office) -> None:
    """Ready means ready and here; the load counts offers and conversations."""
    ann = await office.agent("ann")
    await office.agent("bo")
    chats = [(await office.waiting()).chat for _ in range(3)]
    await office.settle()
    mine = await ann.reads("/conversations")
    await ann.does("accept", mine[0]["id"])
    office.clock.advance(GONE + 1)
    seen = {one["login"]: (one["status"], one["load"]) for one in await ann.reads("/agents")}
    assert seen == {"ann": (Status.READY, 2), "bo": (Status.AWAY, 1)}
    assert [row["id"] for row in mine] == [chats[0], chats[2]]


async def _late_answer(database: Database, asking: Customer, at: datetime, *texts: str) -> None:
    async with database.write() as tx:
        incoming = await Speaker({"web": False}, {}).say(
            tx, asking.row, asking.chat, Author.CUSTOMER, Said("?")
        )
        known = {
            "ranking": [],
            "threshold": 0.6,
            "actions": [],
            "slots": {},
            "model": "m",
            "milliseconds": 1.0,
        }
        late = {"conversation_id": asking.chat, "message_id": incoming, "outcome": "dropped"}
        await tx.run(insert(prediction).values(**known, **late, suggestion=list(texts), at=at))
