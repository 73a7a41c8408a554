"""What breaks in the middle: a gateway killed between receipt and answer, a brain that dies."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.journeys.conftest import Start
from tests.support.brain import Brain
from tests.support.gateway import lives, running_gateway
from tests.support.people import agent_at_desk, web_customer


async def test_a_gateway_killed_between_receipt_and_answer_still_answers_once(
    start: Start, brain: Brain
) -> None:
    gateway = await start()
    async with web_customer(gateway.url) as customer:
        await customer.says("你好")
        await customer.hears("小晴")
        with brain.paused():  # the question is received, and no answer can have been given
            await customer.says("营业厅几点开门", key="asked-once")
            await gateway.kill()
    await gateway.start()
    async with web_customer(gateway.url, token=customer.token) as same_customer:
        await same_customer.hears("小晴")
        await same_customer.hears(lambda heard: heard.author == "bot", timeout=30)
        await same_customer.says("营业厅几点开门", key="asked-once")
        await same_customer.says("再见", key="last")
        await same_customer.hears(lambda heard: heard.author == "bot")
        authors = [message["author"] for message in await same_customer.thread()]
    assert authors == ["customer", "bot"] * 3


async def test_a_dead_brain_is_said_and_comes_back(tmp_path: Path, database_url: str, model: Path) -> None:
    (tmp_path / "models").symlink_to(model.parent)
    async with running_gateway(tmp_path, {"DATABASE_URL": database_url}) as gateway:
        await gateway.answers()
        async with web_customer(gateway.url) as customer, agent_at_desk(gateway.url) as agent:
            await customer.says("你好")
            await customer.hears("小晴")

            gateway.kill_brain()
            await customer.says("营业厅几点开门")
            await customer.hears("故障")
            await agent.is_("ready")
            row = await agent.sees(lambda row: row["state"] == "offered")
            assert row["reason"] == "brain_down"

            await gateway.answers()
            await agent.accepts(row["id"])
            await agent.resolves(row["id"])
            await customer.says("营业厅几点开门")
            await customer.hears(lambda heard: heard.author == "bot")


async def test_a_brain_that_is_back_answers_who_waits_for_it(
    tmp_path: Path, database_url: str, model: Path
) -> None:
    (tmp_path / "models").symlink_to(model.parent)
    async with running_gateway(tmp_path, {"DATABASE_URL": database_url}) as gateway:
        await gateway.answers()
        async with web_customer(gateway.url) as customer:
            await customer.says("你好")
            await customer.hears("小晴")
            gateway.kill_brain()
            await customer.says("营业厅几点开门")
            await customer.hears("故障")
            await customer.hears("我恢复了", timeout=60)
            await customer.hears(lambda heard: heard.author == "bot")
            await customer.says("你好")
            await customer.hears("小晴")
            authors = [one["author"] for one in await customer.thread()]
    assert authors == ["customer", "bot", "customer", "system", "system", "bot", "customer", "bot"]


async def test_a_question_asked_while_the_bot_starts_is_answered(
    tmp_path: Path, database_url: str, model: Path
) -> None:
    (tmp_path / "models").symlink_to(model.parent)
    # a slow machine gets all the patience there is
    settings = {"DATABASE_URL": database_url, "BRAIN_BUDGET": "60"}
    async with running_gateway(tmp_path, settings) as gateway, web_customer(gateway.url) as customer:
        await customer.says("营业厅几点开门")
        assert (await customer.hears("", timeout=70)).author == "bot"


async def test_ctrl_c_leaves_no_process_behind(tmp_path: Path, database_url: str, model: Path) -> None:
    (tmp_path / "models").symlink_to(model.parent)
    async with running_gateway(tmp_path, {"DATABASE_URL": database_url}) as gateway:
        await gateway.answers()
        born = gateway.family()
        assert len(born) >= 2, "the gateway and its brain"
        await gateway.stop()
        assert [pid for pid in born if lives(pid)] == []


async def test_a_killed_gateway_takes_its_brain_along(tmp_path: Path, database_url: str, model: Path) -> None:
    (tmp_path / "models").symlink_to(model.parent)
    async with running_gateway(tmp_path, {"DATABASE_URL": database_url}) as gateway:
        await gateway.answers()
        brain = gateway.family()[1]
        await gateway.kill()
        async with asyncio.timeout(5):
            while lives(brain):
                await asyncio.sleep(0.05)
