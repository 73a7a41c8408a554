"""Offers that nobody takes, in a real browser: what the thread and the history make of them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.everybody import serves_everybody
from tests.browser.office import Office
from tests.browser.screens import Screens
from tests.support.brain import Brain
from tests.support.gateway import Gateway, running_gateway
from tests.support.people import agent_at_desk, web_customer


@pytest.fixture(scope="module")
async def gateway(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, brain: Brain
) -> AsyncIterator[Gateway]:
    """A gateway whose offers are soon over."""
    folder = tmp_path_factory.mktemp("hasty")
    await asyncio.to_thread(shutil.copy, sqlite_template, folder / "jieli.sqlite")
    settings = {"BRAIN_URLS": brain.url, "BRAIN_TOKEN": brain.token, "JIELI_OFFER_SECONDS": "1"}
    async with running_gateway(folder, settings) as running:
        yield running


async def test_offers_that_nobody_took_are_one_line(office: Office, screens: Screens) -> None:
    zhou, lin = await office.hires("周远"), await office.hires("林小舟")
    desk = await screens.desk("zh")
    await desk.signs_in(lin.login, lin.password)
    await desk.goes_to("queue")
    async with (
        web_customer(screens.url) as customer,
        agent_at_desk(screens.url, zhou.login, zhou.password) as elsewhere,
    ):
        await elsewhere.is_("ready")
        await customer.says("转人工")
        await desk.rows.click()
        line = desk.log.get_by_text("没有及时接待").or_(desk.log.get_by_text("无人接待"))
        await expect(desk.log.get_by_text("转给周远，没有及时接待")).to_be_visible()
        await customer.says("还有人吗")
        await expect(desk.log.get_by_text("先后转给客服 2 次，无人接待")).to_be_visible()
        await expect(line).to_have_count(1)
        history = desk.page.get_by_role("region", name="客户资料")
        await expect(history.get_by_text("没有及时接待")).to_have_count(0)
        await expect(history.get_by_text("无人接待")).to_have_count(1)


async def test_who_ignores_two_offers_is_away_and_reads_why(office: Office, screens: Screens) -> None:
    lin = await office.hires("Robin Reed")
    desk = await screens.desk("en")
    await desk.begins_work(lin)
    async with web_customer(screens.url, "en") as customer:
        await customer.says("I want to talk to a real person")
        told = desk.page.get_by_role("status").filter(has_text=desk.words("banner.ignored_offers"))
        await expect(told).to_be_visible()
        await expect(desk.status("away")).to_be_checked()
        await serves_everybody(desk.page)
        await desk.button("banner.ready").click()
        await expect(desk.status("ready")).to_be_checked()
        await expect(told).to_have_count(0)
        await expect(desk.page.get_by_role("heading", name=desk.words("rail.mine"))).to_be_focused()
