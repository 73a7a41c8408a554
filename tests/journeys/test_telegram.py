"""A customer on Telegram: the real python-telegram-bot against a fake platform, by webhook and by long
polling.
"""

from __future__ import annotations

import pytest

from tests.fakes.telegram import FakeTelegram
from tests.journeys.conftest import Start
from tests.support.doubts import UNCLEAR
from tests.support.people import agent_at_desk


@pytest.mark.parametrize("way", ["webhook", "polling"])
async def test_a_customer_is_served_by_bot_and_agent_in_turn(start: Start, way: str) -> None:
    async with FakeTelegram() as telegram:
        settings = {"TELEGRAM_TOKEN": telegram.token, "TELEGRAM_API_URL": telegram.url}
        if way == "webhook":
            settings["JIELI_PUBLIC_URL"] = "{url}"
        gateway = await start(**settings)
        await telegram.called("setWebhook" if way == "webhook" else "getUpdates")
        customer = telegram.customer("Lin", language_code="zh-hans")

        await customer.starts()
        await customer.hears("小晴")
        await customer.says("QC20260001 到哪了")
        await customer.hears("已发货")

        await customer.says(UNCLEAR["zh"])
        asked_back = await customer.hears(lambda heard: len(heard.choices) == 3)
        await customer.taps(asked_back.titles[2])
        await customer.hears("没有人工同事在线")
        await customer.says("排队")
        await customer.hears("排上队")
        assert telegram.count("answerCallbackQuery") == 1

        async with agent_at_desk(gateway.url) as agent:
            await agent.is_("ready")
            row = await agent.sees(lambda row: row["state"] == "offered")
            assert (row["channel"], row["customer"]["name"]) == ("telegram", "Lin")
            await agent.accepts(row["id"])
            await customer.hears("Admin")
            await customer.sends_photo("看这张图")
            await agent.hears(row["id"], "看这张图")
            await agent.replies(row["id"], "看到了，马上处理")
            await customer.hears("马上处理")
            await agent.resolves(row["id"])
        await customer.hears("小晴")
        await customer.says("营业厅几点开门")
        await customer.hears("")
        sent = [call.params["text"] for call in telegram.calls if call.method == "sendMessage"]
        assert len(sent) == len(set(sent)), "something was sent twice"


async def test_two_pictures_on_end_go_to_a_person(start: Start) -> None:
    async with FakeTelegram() as telegram:
        gateway = await start(TELEGRAM_TOKEN=telegram.token, TELEGRAM_API_URL=telegram.url)
        customer = telegram.customer("Lin", language_code="zh-hans")
        async with agent_at_desk(gateway.url) as agent:
            await agent.is_("ready")
            await customer.sends_photo()
            await customer.hears("还处理不了图片")
            await customer.says("营业厅几点开门")
            await customer.hears("9:00")
            await customer.sends_photo()
            await customer.hears("还处理不了图片")
            await customer.sends_photo()
            await customer.hears("请人工同事来看")
            row = await agent.sees(lambda row: row["state"] == "offered")
            assert row["reason"] == "unreadable"
