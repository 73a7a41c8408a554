"""What breaks or changes in the middle: a gateway killed between receipt and answer, a brain that dies,
a model that is trained anew.
"""

from __future__ import annotations

import asyncio
import shutil
from asyncio import Task
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.store.database import Database
from bot.store.tables import prediction
from tests.journeys.conftest import Start
from tests.support.brain import Brain, start_brain
from tests.support.gateway import lives, running_gateway
from tests.support.people import Heard, agent_at_desk, web_customer

# a new brain needs longer to begin than this, so that its death is not over before anybody notices
IMPATIENT = {"BRAIN_BUDGET": "1"}


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


async def test_stopping_ends_what_pages_listen_to(start: Start) -> None:
    """Ctrl-C with pages open is no error: their streams end, and nothing is complained of."""
    gateway = await start()
    async with web_customer(gateway.url), agent_at_desk(gateway.url) as agent:
        await agent.is_("away")
        await gateway.stop()
        said = gateway.log.read_text() + "".join(gateway.output)
        await gateway.start()
    assert "without completing response" not in said
    assert "[error" not in said


async def test_a_dead_brain_is_said_and_comes_back(tmp_path: Path, database_url: str, model: Path) -> None:
    (tmp_path / "models").symlink_to(model.parent)
    async with running_gateway(tmp_path, {"DATABASE_URL": database_url, **IMPATIENT}) as gateway:
        await gateway.answers()
        async with web_customer(gateway.url) as customer, agent_at_desk(gateway.url) as agent:
            await agent.is_("ready")
            await customer.says("你好")
            await customer.hears("小晴")

            gateway.kill_brain()
            await customer.says("营业厅几点开门")
            await customer.hears("故障")
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
    async with running_gateway(tmp_path, {"DATABASE_URL": database_url, **IMPATIENT}) as gateway:
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


async def test_a_brain_killed_over_a_question_is_followed_by_another_and_the_answer_comes_once(
    start: Start, model: Path
) -> None:
    first, second = (start_brain(model, {}, token="shared") for _ in range(2))
    try:
        # so patient that only the death of the first can have brought the question to the second
        gateway = await start(BRAIN_URLS=f"{first.url},{second.url}", BRAIN_TOKEN="shared", BRAIN_BUDGET="60")
        async with web_customer(gateway.url) as customer, web_customer(gateway.url) as other:
            with first.paused():
                await customer.says("你好")
                await other.says("你好")
                # of two questions at once each brain gets one
                done, waiting = await _first_of(customer.hears("小晴"), other.hears("小晴"))
                first.process.kill()
                if waiting:
                    await asyncio.wait(waiting, timeout=20)
            for task in done | waiting:
                assert task.result().author == "bot"
            for one in (customer, other):
                await one.says("营业厅几点开门")
                await one.hears(lambda heard: heard.author == "bot")
                assert [each["author"] for each in await one.thread()] == ["customer", "bot"] * 2
    finally:
        first.stop()
        second.stop()


async def test_a_newer_model_takes_over_while_customers_are_being_answered(
    tmp_path: Path, database_url: str, model: Path
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    before = shutil.copy2(model, models)
    async with running_gateway(tmp_path, {"DATABASE_URL": database_url}) as gateway:
        await gateway.answers()
        async with web_customer(gateway.url) as customer:
            await customer.says("查订单")
            await customer.hears("订单号")

            _put(models, "broken", b"no archive")
            await gateway.logs("model.refused")
            _put(models, "newer", Path(before).read_bytes())
            while "model.swapped" not in gateway.log.read_text():
                await customer.says("营业厅几点开门")
                await customer.hears(lambda heard: heard.author == "bot" and "9:00" in heard.text)
                await customer.hears("订单号")
            await customer.says("QC20260003")
            await customer.hears("QC20260003")
    names = await _models_used(database_url)
    assert names[0] == Path(before).name.removesuffix(".tar.gz")
    assert names[-1] == "newer"
    assert sorted(names, key=lambda name: name == "newer") == names, "there is no way back"
    log = gateway.log.read_text()
    assert log.count("model.refused") == 1
    assert "train again" in log


async def test_a_model_that_cannot_be_used_is_told_once_and_the_next_one_is_taken(
    tmp_path: Path, database_url: str, model: Path
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    _put(models, model.name.removesuffix(".tar.gz"), b"no archive")
    async with running_gateway(tmp_path, {"DATABASE_URL": database_url}) as gateway:
        await gateway.logs("brain.model_unusable")
        _put(models, "mended", model.read_bytes())
        await gateway.answers()
        async with web_customer(gateway.url) as customer:
            await customer.says("营业厅几点开门")
            await customer.hears(lambda heard: heard.author == "bot" and "9:00" in heard.text)
    log = gateway.log.read_text()
    assert log.count("brain.model_unusable") == 1
    assert "make train" in log
    assert "brain.died" not in log


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


async def _first_of(*hearings: Coroutine[Any, Any, Heard]) -> tuple[set[Task[Heard]], set[Task[Heard]]]:
    tasks = [asyncio.create_task(hearing) for hearing in hearings]
    return await asyncio.wait(tasks, timeout=20, return_when=asyncio.FIRST_COMPLETED)


async def _models_used(database_url: str) -> list[str]:
    """The model of each answer, in order."""
    database = Database(database_url)
    await database.open()
    async with database.read() as tx:
        used = await tx.all(select(prediction.c.model).order_by(prediction.c.at))
    await database.close()
    return [row["model"] for row in used]


def _put(folder: Path, name: str, content: bytes) -> None:
    """As a training does: there is never half a file."""
    (folder / ".being-made").write_bytes(content)
    (folder / ".being-made").rename(folder / f"{name}.tar.gz")
