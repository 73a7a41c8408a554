"""A follower on WeChat, plain and encrypted: the real wechatpy against a fake platform."""

from __future__ import annotations

import pytest

from tests.fakes.wechat import FakeWeChat
from tests.journeys.conftest import Start
from tests.support.doubts import UNCLEAR
from tests.support.people import agent_at_desk


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
async def test_a_follower_is_served_by_bot_and_agent_in_turn(start: Start, encrypted: bool) -> None:
    async with FakeWeChat(encrypted=encrypted) as wechat:
        gateway = await start(**wechat.environment)
        await wechat.saves_address(f"{gateway.url}/channels/wechat")
        customer = wechat.customer()

        await customer.subscribes()
        await customer.hears("小晴")
        await customer.says("QC20260001 到哪了")
        answer = await customer.hears("已发货")
        assert answer.how == "passive"

        await customer.says(UNCLEAR["zh"])
        asked_back = await customer.hears(lambda heard: len(heard.choices) == 3)
        await customer.taps(asked_back.titles[2])
        await customer.hears("没有人工同事在线")
        await customer.taps("排队等同事")
        await customer.hears("排上队")

        async with agent_at_desk(gateway.url) as agent:
            await agent.is_("ready")
            row = await agent.sees(lambda row: row["state"] == "offered")
            assert row["channel"] == "wechat"
            await agent.accepts(row["id"])
            assert (await customer.hears("Admin")).how == "service"
            await customer.says("谢谢您来看")
            await agent.hears(row["id"], "谢谢您来看")
            await agent.replies(row["id"], "您好，我来处理")
            await customer.hears("我来处理")
            await agent.resolves(row["id"])
            await customer.hears("小晴")
        await customer.says("营业厅几点开门")
        assert (await customer.hears("")).how == "passive"
