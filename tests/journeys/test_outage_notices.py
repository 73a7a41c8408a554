"""Calls drop in the east district: what customers on three channels hear of it, until it is over."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.telegram import FakeTelegram
from tests.fakes.wechat import FakeWeChat
from tests.journeys.conftest import Start
from tests.support.brain import Brain
from tests.support.people import Agent, agent_at_desk, web_customer

ROOT = Path(__file__).parents[2]
EAST = {"zh": ["东区"], "en": ["the east district", "east district"]}
TEXT = {
    "zh": "东区从 14:00 起通话掉线，预计 18:00 前修好。",
    "en": "Calls have been dropping in the east district since 14:00, to be repaired by 18:00.",
}
ZH, EN = "东区从 14:00 起", "dropping in the east district"


async def pins(admin: Agent) -> int:
    until = (datetime.now(UTC) + timedelta(hours=4)).isoformat()
    notice: dict[str, Any] = {"subjects": ["mobile"], "area": EAST, "text": TEXT, "until": until}
    response = await admin.call("POST", "/outages", notice)
    assert response.status_code == 201, response.text
    number: int = response.json()["id"]
    return number


async def test_customers_on_every_channel_hear_of_it_and_of_its_end(start: Start, database_url: str) -> None:
    async with FakeTelegram() as telegram, FakeWeChat(encrypted=True) as wechat:
        gateway = await start(**telegram.environment, **wechat.environment)
        await wechat.saves_address(f"{gateway.url}/channels/wechat")
        robin, follower = telegram.customer("Robin", language_code="en"), wechat.customer()
        async with agent_at_desk(gateway.url) as admin, web_customer(gateway.url) as visitor:
            number = await pins(admin)

            await robin.says("my calls drop in the east district")  # the classifier is in doubt
            await robin.hears(EN)
            await robin.taps("Tell me when it's over")
            await robin.hears("I'll tell you right here")
            await robin.says("my calls still drop")
            await robin.hears("flight mode")

            await follower.says("电话老是掉线")
            heard = await follower.hears(ZH)
            assert heard.how == "passive"
            await follower.taps("我的情况不一样")
            await follower.hears("飞行模式")

            await visitor.says("东区营业厅几点开门")
            assert ZH not in (await visitor.hears(lambda heard: heard.author == "bot")).text
            await visitor.says("没信号，帮我转人工")
            await visitor.hears("排上队")

            await admin.is_("ready")
            row = await admin.sees(lambda row: row["state"] == "offered")
            await admin.accepts(row["id"])
            (counted,) = (await admin.call("GET", "/outages")).json()["notices"]
            assert (counted["answered"], counted["want_news"], counted["not_meant"]) == (2, 1, 1)

            ended = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "outage", "end", str(number)),
                cwd=ROOT, env={"DATABASE_URL": database_url, "PATH": ""}, stdout=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            assert await ended.wait() == 0
            await robin.hears("is over, and things should work again")
            async with web_customer(gateway.url) as other:
                await other.says("电话老是掉线")
                await other.hears("飞行模式")
            assert sum("is over" in heard.text for heard in robin.heard) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_it_answers_while_the_brain_is_down(start: Start, brain: Brain) -> None:
    gateway = await start(BRAIN_BUDGET="1")
    async with agent_at_desk(gateway.url) as admin, web_customer(gateway.url, "en") as visitor:
        await visitor.says("hello there")
        await visitor.hears("Xiaoqing")
        await pins(admin)
        with brain.paused():
            await visitor.says("no signal here")
            await visitor.hears(EN)
            await visitor.taps("Mine is something else")
            await visitor.hears("I have a fault of my own")
        # once the brain is well it answers what was asked, and not the tap
        await visitor.hears("flight mode")
        said = [heard.text for heard in visitor.heard if heard.author == "bot"]
        assert sum("flight mode" in text for text in said) == 1
