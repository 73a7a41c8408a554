"""An agent's whole work in a real browser, by mouse and by keyboard, with a customer in another."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from tests.browser.desk import Keyboard
from tests.browser.everybody import serves_everybody
from tests.browser.office import Office
from tests.browser.screens import Screens
from tests.support.brain import Brain
from tests.support.doubts import UNCLEAR
from tests.support.gateway import ADMIN_PASSWORD, Gateway, running_gateway
from tests.support.people import web_customer
from tests.support.postgres import fresh_database


@pytest.fixture(scope="module")
async def gateway(
    tmp_path_factory: pytest.TempPathFactory, postgres: str, postgres_template: str, brain: Brain
) -> AsyncIterator[Gateway]:
    """A gateway on PostgreSQL."""
    async with fresh_database(postgres, postgres_template) as url:
        settings = {"DATABASE_URL": url, "BRAIN_URLS": brain.url, "BRAIN_TOKEN": brain.token}
        async with running_gateway(tmp_path_factory.mktemp("postgresql"), settings) as running:
            yield running


async def test_an_agents_whole_work_by_mouse(office: Office, screens: Screens) -> None:
    lin = await office.hires("林小舟")
    desk, chat = await screens.desk(), await screens.chat()

    await desk.signs_in(lin.login, "not-the-password")
    await expect(desk.page.get_by_role("alert")).to_have_text("账号或密码不对，请再试一次。")
    await desk.begins_work(lin)

    await chat.is_not_understood()
    await desk.accepts()
    await chat.is_with("林小舟")

    await desk.why.get_by_role("button").click()
    await expect(desk.why).to_contain_text("没有把握弄懂客户的意思")
    await expect(desk.why.get_by_role("listitem").filter(has_text=re.compile(r"\d%"))).to_have_count(4)
    await expect(desk.why.get_by_role("listitem").filter(has_text=UNCLEAR["zh"])).to_be_visible()
    await expect(desk.said(UNCLEAR["zh"], by="customer")).to_contain_text("机器人没有听懂这句话")

    await desk.replies("您好，我是林小舟，您想了解什么？")
    told = await chat.hears("您想了解什么", by="agent")
    await expect(told).to_contain_text("林小舟 · 人工客服")
    await chat.says("宽带能不能提速")
    await desk.hears("宽带能不能提速")

    await desk.presses("resolve")
    await desk.is_told("由机器人继续接待")
    await desk.has_nobody()
    await chat.is_with("机器人")
    await chat.says("你好")
    await chat.hears("小晴")


async def test_the_same_by_keyboard_alone(office: Office, screens: Screens) -> None:
    lin = await office.hires("Robin Reed")
    desk = await screens.desk("en")
    keys = Keyboard(desk.page)

    await keys.is_on(desk.page.get_by_label("Login"))
    await keys.writes(lin.login)
    await keys.presses("Tab")
    await keys.writes(lin.password)
    await keys.presses("Enter")
    await keys.tabs_to(desk.status("away"))
    await keys.presses("ArrowLeft")
    await expect(desk.status("ready")).to_be_checked()
    await keys.presses("ArrowRight")
    await expect(desk.status("away")).to_be_checked()

    async with web_customer(screens.url, "en") as first, web_customer(screens.url, "en") as second:
        await first.says("I want to talk to a real person")
        await first.reaches("queued")
        await second.says("I want to make a complaint")
        await second.says("a person, please")
        await second.reaches("queued")

        await expect(desk.link("queue")).to_contain_text("2")
        await keys.presses("g", "q")
        await desk.shows("queue")
        await keys.is_on(desk.rows.first)
        await keys.presses("j")
        await keys.is_on(desk.rows.last)
        await keys.presses("k", "Enter")
        await expect(desk.rows.first).to_have_attribute("aria-current", "true")
        await expect(desk.log).to_contain_text("real person")

        await keys.presses("?")
        await expect(desk.dialog("keys.title")).to_be_visible()
        await keys.presses("Escape")
        await expect(desk.dialog("keys.title")).to_be_hidden()
        await keys.is_on(desk.rows.first)

        await keys.presses("a")
        await keys.is_on(desk.composer)
        await keys.writes("Hello, this is Robin.")
        await keys.presses("Enter")
        await first.hears("this is Robin")
        await first.says("Thank you, Robin")
        await desk.hears("Thank you, Robin")

        await keys.presses("Escape")
        await keys.is_on(desk.rows.first)
        await keys.presses("w")
        await expect(desk.why.get_by_role("button")).to_have_attribute("aria-expanded", "true")
        await keys.presses("w")
        await expect(desk.why.get_by_role("button")).to_have_attribute("aria-expanded", "false")
        await keys.presses("r")
        await keys.is_on(desk.composer)
        await keys.presses("Escape", "e")
        await first.hears("Xiaoqing is back")
        await desk.has_nobody()

        await keys.presses("a")
        await keys.is_on(desk.composer)
        await second.hears("Robin Reed")
        await keys.presses("Escape", "b")
        await second.hears("nobody else is at work right now")
        await desk.has_nobody()


async def test_leaving_with_an_unsent_draft_asks_first(office: Office, screens: Screens) -> None:
    lin = await office.hires("林小舟")
    desk = await screens.desk()
    await desk.begins_work(lin)
    async with web_customer(screens.url) as customer:
        await customer.says("转人工")
        await desk.accepts()
        await desk.composer.fill("写了一半")
        await desk.presses("resolve")
        await desk.button("dialog.stay").click()
        await expect(desk.composer).to_have_value("写了一半")
        await desk.presses("resolve")
        await desk.button("doubt.resolve").click()
        await customer.hears("小晴回来了")
        await desk.has_nobody()


async def test_signing_out_gives_customers_back_to_the_queue(office: Office, screens: Screens) -> None:
    lin = await office.hires("林小舟")
    desk = await screens.desk()
    await desk.begins_work(lin)
    async with web_customer(screens.url) as customer:
        await customer.says("转人工")
        await desk.accepts()
        await desk.button("rail.settings").click()
        await desk.button("settings.leave").click()
        doubt = desk.dialog("settings.leave_title")
        await expect(doubt).to_contain_text("正在接待 1 位客户")
        await doubt.get_by_role("button", name=desk.words("dialog.cancel")).click()
        await expect(doubt).to_be_hidden()
        await desk.button("settings.leave").click()
        await desk.button("settings.leave_anyway").click()
        await customer.hears("没有别的同事在岗")
        await expect(desk.button("signin.submit")).to_be_visible()
        assert [row["state"] for row in await office.admin.queue()] == ["queued"]


async def test_a_new_agents_password_can_be_passed_on(office: Office, screens: Screens) -> None:
    desk = await screens.desk("en")
    await desk.signs_in("admin", ADMIN_PASSWORD)
    await desk.goes_to("team")
    await desk.button("team.add").click()
    form = desk.dialog("team.add")
    await form.get_by_label(desk.words("team.name")).fill("Robin Reed")
    await form.get_by_label(desk.words("team.login")).fill("robin.reed")
    await form.get_by_role("button", name=desk.words("team.make")).click()
    password = await form.get_by_label(desk.words("team.password"), exact=True).input_value()
    await form.get_by_role("button", name=desk.words("team.add")).click()
    await expect(form.get_by_role("definition")).to_have_text(["robin.reed", password])
    await serves_everybody(desk.page)

    await desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await form.get_by_role("button", name=desk.words("team.copy")).click()
    await expect(form).to_contain_text(desk.words("team.copied"))
    assert password in await desk.page.evaluate("navigator.clipboard.readText()")
    await form.locator("p").get_by_role("button", name=desk.words("dialog.close")).click()
    await expect(form).to_be_hidden()
