"""A visitor of the web page: question, answer, clarifying question, a person, and the bot again."""

from __future__ import annotations

import pytest

from tests.support.doubts import ALSO_UNCLEAR, UNCLEAR
from tests.support.gateway import Gateway
from tests.support.people import agent_at_desk, web_customer


async def test_a_visitor_is_served_by_bot_and_agent_in_turn(gateway: Gateway) -> None:
    async with web_customer(gateway.url) as customer, agent_at_desk(gateway.url) as agent:
        await agent.is_("ready")

        await customer.says("QC20260001 到哪了")
        assert "QC20260001" in (await customer.hears("已发货")).text
        # nothing the demo company teaches is likely, and yet it has an answer
        await customer.says("量子猫在月亮上跳芭蕾吗")
        answer = await customer.hears(lambda heard: heard.author == "bot" and bool(heard.choices))
        assert "转人工" in answer.titles

        await customer.says(UNCLEAR["zh"])
        asked_back = await customer.hears(lambda heard: len(heard.choices) == 3)
        await customer.says(asked_back.titles[2])
        await customer.hears("第 1 位")

        row = await agent.sees(lambda row: row["state"] == "offered")
        assert row["reason"] == "low_confidence"
        await agent.accepts(row["id"])
        await customer.hears("Admin")
        whole = await agent.reads(row["id"])
        assert whole["why"]["failed"] == [UNCLEAR["zh"]]
        assert whole["why"]["ranking"][0]["confidence"] < whole["why"]["threshold"]

        await customer.says("能帮我看看吗")
        await agent.hears(row["id"], "能帮我看看吗")
        await agent.replies(row["id"], "您好，我来帮您看")
        spoken = await customer.hears("我来帮您看")
        assert (spoken.author, spoken.name) == ("agent", "Admin")

        await agent.resolves(row["id"])
        await customer.hears("小晴")
        await customer.says("营业厅几点开门")
        assert (await customer.hears(lambda heard: heard.author == "bot")).text

        authors = [message["author"] for message in await customer.thread()]
        assert "bot" not in authors[authors.index("agent") - 2 : authors.index("agent")]
        assert [m["seq"] for m in await customer.thread()] == list(range(1, len(authors) + 1))


async def test_the_same_in_english(gateway: Gateway) -> None:
    async with web_customer(gateway.url, "en") as customer, agent_at_desk(gateway.url) as agent:
        await agent.is_("ready")
        await customer.says("hello there")
        await customer.hears(lambda heard: heard.author == "bot" and "Xiaoqing" in heard.text)
        await customer.says("where is my order QC20260001")
        await customer.hears("shipped")
        await customer.says("I want to talk to a real person")
        await customer.hears("number 1 in the queue")
        row = await agent.sees(lambda row: row["state"] == "offered")
        assert (row["reason"], row["language"]) == ("asked", "en")
        await agent.accepts(row["id"])
        await customer.hears("Admin is here")
        await agent.requeues(row["id"])
        await customer.hears("nobody else is at work")
        again = await agent.sees(lambda row: row["state"] == "queued")
        assert again["id"] == row["id"]
        await agent.accepts(row["id"])
        await agent.resolves(row["id"])
        await customer.hears("Xiaoqing is back")
        await customer.says("when do your shops open")
        await customer.hears(lambda heard: heard.author == "bot")


async def test_after_a_failed_code_and_a_person_nothing_of_the_form_is_left(gateway: Gateway) -> None:
    async with web_customer(gateway.url, "en") as customer, agent_at_desk(gateway.url) as agent:
        await agent.is_("ready")
        for text, heard in (
            ("my bill please", "phone number"),
            ("13800000002", "sent a code"),
            ("111111", "right code"),
            ("222222", "right code"),
            ("333333", "The code didn't work out"),
        ):
            await customer.says(text)
            await customer.hears(heard)
        row = await agent.sees(lambda row: row["state"] == "offered")
        await agent.accepts(row["id"])
        await agent.resolves(row["id"])
        await customer.hears("Xiaoqing is back")
        await customer.says("my bill please")
        assert (await customer.hears("please send me the phone number")).author == "bot"


async def test_with_nobody_online_the_queue_is_offered(gateway: Gateway) -> None:
    async with web_customer(gateway.url) as customer:
        await customer.says(UNCLEAR["zh"])
        asked_back = await customer.hears(lambda heard: len(heard.choices) == 3)
        await customer.says(asked_back.titles[2])
        offer = await customer.hears("没有人工同事在线")
        assert offer.titles == ["排队等同事", "继续问小晴"]
        await customer.says("算了")
        await customer.hears("接着聊")
        await customer.says("营业厅几点开门")
        await customer.hears(lambda heard: heard.author == "bot")

        await customer.says(ALSO_UNCLEAR)
        asked_back = await customer.hears(lambda heard: len(heard.choices) == 3)
        await customer.says(asked_back.titles[2])
        await customer.hears("没有人工同事在线")
        await customer.taps("排队等同事")
        await customer.hears("没有人工同事在岗")
        async with agent_at_desk(gateway.url) as agent:
            (row,) = await agent.queue()
            assert (row["state"], row["reason"]) == ("queued", "low_confidence")
            why = (await agent.reads(row["id"]))["why"]
            assert why["failed"] == [UNCLEAR["zh"], ALSO_UNCLEAR]
            assert why["ranking"][0]["confidence"] < why["threshold"]


async def test_a_message_sent_twice_is_answered_once(gateway: Gateway) -> None:
    async with web_customer(gateway.url) as customer:
        await customer.says("你好", key="one")
        await customer.says("你好", key="one")
        await customer.hears("小晴")
        await customer.says("营业厅几点开门", key="two")
        await customer.hears(lambda heard: heard.author == "bot")
        thread = await customer.thread()
        assert [m["text"] for m in thread if m["author"] == "customer"] == ["你好", "营业厅几点开门"]


@pytest.mark.parametrize(
    "words",
    [
        "不等了",
        "Back to the bot!",
        "返回机器人。",
        "算了吧",
        "不用了谢谢",
        "Never mind…",
        "actually forget it",
    ],
)
async def test_a_waiting_customer_may_say_so_and_go_back_to_the_bot(gateway: Gateway, words: str) -> None:
    async with web_customer(gateway.url) as customer:
        await customer.says("转人工")
        await customer.hears(lambda heard: bool(heard.choices))
        await customer.says("不用急，我等着")
        await customer.hears("收到")
        await customer.says(words)
        await customer.reaches("bot")
        await customer.says("营业厅几点开门")
        await customer.hears(lambda heard: heard.author == "bot")


async def test_whoever_is_offered_to_an_agent_may_still_go_back(gateway: Gateway) -> None:
    async with web_customer(gateway.url, "en") as customer, agent_at_desk(gateway.url) as agent:
        await agent.is_("ready")
        await customer.says("human")
        await customer.hears("number 1 in the queue")
        row = await agent.sees(lambda row: row["state"] == "offered")
        await customer.says("Forget it. My bill?")
        await agent.reads(row["id"])
        await customer.says("Forget it.")
        await customer.hears("left the queue")
        assert await agent.queue() == []


async def test_a_waiting_customer_may_go_back_to_the_bot(gateway: Gateway) -> None:
    async with web_customer(gateway.url) as customer, agent_at_desk(gateway.url) as agent:
        await customer.says("转人工")
        told = await customer.hears(lambda heard: bool(heard.choices))
        await agent.sees(lambda row: row["state"] == "queued")
        await customer.taps(told.titles[0])
        await customer.hears("退出排队")
        assert await agent.queue() == []
        await customer.says("营业厅几点开门")
        await customer.hears(lambda heard: heard.author == "bot")
