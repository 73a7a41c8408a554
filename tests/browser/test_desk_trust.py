"""What an agent must be able to rely on: who is left with whom, what is proven, who waits longest."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import Locator, expect

from tests.browser.desk import Keyboard
from tests.browser.everybody import serves_everybody
from tests.browser.office import Office
from tests.browser.screens import Language, Screens
from tests.support.people import agent_at_desk, web_customer

PHONE = "13800000001"
SENT = re.compile(r"(?:验证码是|the code is) (\d+)")


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_signing_out_here_while_signed_in_elsewhere(
    office: Office, screens: Screens, language: Language
) -> None:
    """The customers stay; or else one signs out everywhere, and they wait again at once."""
    lin = await office.hires("林小舟")
    here, there = await screens.desk(language), await screens.desk(language)
    await here.begins_work(lin)
    await there.begins_work(lin)
    async with web_customer(screens.url) as customer:
        await customer.says("转人工")
        await here.accepts()
        for desk in (here, there):
            await desk.button("rail.settings").click()
        await here.button("settings.leave").click()
        doubt = here.dialog("settings.elsewhere_title")
        await expect(doubt).to_contain_text(
            {"zh": "1 位客户就仍由您接待", "en": "Your customer stays"}[language]
        )
        await serves_everybody(here.page)
        await here.button("settings.leave_here").click()
        await expect(here.button("signin.submit")).to_be_visible()
        await expect(there.rows).to_have_count(1)

        await there.button("settings.leave").click()
        await expect(there.dialog("settings.leave_title")).to_be_visible()
        await there.button("dialog.cancel").click()
        await here.begins_work(lin)
        await there.button("settings.leave").click()
        await there.button("settings.leave_everywhere").click()
        await customer.hears("没有别的同事在岗")
        await expect(here.button("signin.submit")).to_be_visible()
        await expect(there.button("signin.submit")).to_be_visible()


async def test_a_number_is_proven_or_it_is_not(office: Office, screens: Screens) -> None:
    """Three wrong codes: the card and the panel say that the number is not verified, and show no code."""
    lin = await office.hires("林小舟")
    desk = await screens.desk("zh")
    await desk.signs_in(lin.login, lin.password)
    async with web_customer(screens.url) as customer:
        await customer.says("查账单")
        await customer.hears("手机号")
        await customer.says(PHONE)
        sent = SENT.search((await customer.hears("演示")).text)
        assert sent
        wrong = f"{(int(sent[1]) + 1) % 1_000_000:06}"
        for _ in range(3):
            await customer.says(wrong)
        await customer.reaches("queued")
        await desk.goes_to("queue")
        await expect(desk.rows).to_contain_text("••••••")
        await desk.rows.click()
        await expect(desk.why).to_contain_text("手机号没有核实过")
        await expect(desk.why.get_by_role("listitem").filter(has_text="%")).to_have_count(0)
        panel = desk.page.get_by_role("region", name="客户资料")
        await expect(panel).to_contain_text(re.compile(rf"{PHONE}\s*▲ 未核实"))
        await expect(desk.log.get_by_text("••••••")).to_have_count(3)
        await expect(desk.page.get_by_text(wrong)).to_have_count(0)
        await serves_everybody(desk.page)


async def test_what_the_bot_did_is_known(office: Office, screens: Screens) -> None:
    """A plan was changed before: the agent reads it, and that the number is the customer's."""
    lin = await office.hires("Robin Reed")
    desk = await screens.desk("en")
    await desk.signs_in(lin.login, lin.password)
    async with web_customer(screens.url) as customer:
        await customer.says("换套餐")
        await customer.hears("手机号")
        await customer.says("13800000002")
        sent = SENT.search((await customer.hears("演示")).text)
        assert sent
        await customer.says(sent[1])
        choices = await customer.hears(lambda heard: len(heard.choices) > 1)
        await customer.taps(choices.titles[0])
        await customer.hears("每月")
        await customer.says("确认")
        await customer.hears("办好了")
        await customer.says("转人工")
        await customer.reaches("queued")
        await desk.goes_to("queue")
        await desk.rows.click()
        panel = desk.page.get_by_role("region", name="Customer")
        await expect(panel).to_contain_text(
            re.compile(r"Done by the bot\s*\d\d:\d\d\s*Change of plan\s+.*办好了")
        )
        await expect(panel).to_contain_text(re.compile(r"13800000002\s*✓ verified by code"))


async def test_after_accepting_the_conversation_has_the_room(office: Office, screens: Screens) -> None:
    """The card folds into a line, and what happened is told once; by keyboard the card opens again."""
    lin = await office.hires("林小舟")
    desk = await screens.desk("zh")
    keys = Keyboard(desk.page)
    await desk.begins_work(lin)
    async with web_customer(screens.url) as customer:
        await customer.says("转人工")
        card = await desk.is_offered()
        await card.get_by_role("link").click()
        turn = desk.why.get_by_role("button")
        await expect(turn).to_have_attribute("aria-expanded", "true")
        await desk.presses("accept")
        await expect(turn).to_have_attribute("aria-expanded", "false")
        await expect(desk.said("林小舟", by="system")).to_have_count(1)
        await expect(desk.log.get_by_text("林小舟")).to_have_count(1)
        await expect(desk.composer).not_to_have_attribute("lang", re.compile("."))
        await desk.composer.fill("您好")
        await expect(desk.composer).to_have_attribute("lang", "zh")
        await keys.presses("Escape", "w")
        await expect(turn).to_have_attribute("aria-expanded", "true")


async def test_after_resolving_comes_who_waits(office: Office, screens: Screens) -> None:
    """Who waits longest stands first, and is next; whom I resolved is a click away."""
    lin = await office.hires("林小舟")
    desk = await screens.desk("zh")
    await desk.begins_work(lin)
    async with web_customer(screens.url) as first, web_customer(screens.url) as second:
        for customer, word in ((first, "一"), (second, "二")):
            await customer.says("转人工")
            await desk.accepts()
            await desk.replies(f"您好{word}")
            await customer.hears(f"您好{word}")
        await expect(desk.rows.get_by_text("待回复")).to_have_count(0)
        await second.says("第二位先来")
        await expect(desk.rows.first).to_contain_text("第二位先来")
        await first.says("第一位后来")
        await second.says("第二位又来")
        await expect(desk.rows.last).to_contain_text("第一位后来")
        await expect(desk.rows.first).to_contain_text("第二位又来")
        await desk.rows.first.click()
        await desk.presses("resolve")
        await expect(desk.composer).to_be_focused()
        await expect(desk.log).to_contain_text("第一位后来")
        await desk.notices.get_by_role("link", name="打开看看").click()
        await expect(desk.log).to_contain_text("第二位又来")


async def test_an_offer_stands_in_one_place(office: Office, screens: Screens) -> None:
    """It counts once, has one button, and says who spoke, in which language, and how long the wait is."""
    lin, zhou = await office.hires("林小舟"), await office.hires("周远")
    desk = await screens.desk("zh")
    await desk.signs_in(lin.login, lin.password)
    async with (
        web_customer(screens.url, "en") as customer,
        agent_at_desk(screens.url, zhou.login, zhou.password) as colleague,
    ):
        await customer.says("I want to talk to a real person")
        row = await colleague.sees(lambda row: row["state"] == "queued")
        await colleague.accepts(row["id"])
        await colleague.replies(row["id"], "One moment")
        await desk.is_("ready")
        await colleague.requeues(row["id"])
        card = await desk.is_offered()
        await expect(card).to_contain_text("客服：One moment")
        await expect(card).to_contain_text(re.compile(r"英文 ·\s+.*排队\s+\d\d:\d\d"))
        await expect(desk.link("mine")).to_have_text(re.compile(r"^\s*我的\s*1$"))
        await expect(desk.link("queue")).to_have_text(re.compile(r"^\s*队列\s*$"))
        await expect(desk.page.get_by_text("接待中 0，待接待 1，上限 3")).to_be_visible()
        spoken = desk.page.get_by_text("按 a 键接待。")
        await expect(spoken).to_have_count(1)
        await desk.goes_to("queue")
        await expect(desk.rows).to_have_count(0)
        await card.get_by_role("link").click()
        await expect(card).to_have_count(0)
        await expect(desk.button("act.accept")).to_have_count(1)
        await expect(desk.page.get_by_text(re.compile(r"还剩 \d+ 秒"))).to_have_count(1)
        await customer.says("never mind")
        await expect(spoken).to_have_count(0)


async def test_a_phone_has_no_keys_and_hides_no_countdown(office: Office, screens: Screens) -> None:
    lin = await office.hires("林小舟")
    desk = await screens.desk("zh", width=390, touch=True)
    await desk.begins_work(lin)
    async with AsyncExitStack() as stack:
        customers = [await stack.enter_async_context(web_customer(screens.url)) for _ in range(2)]
        await customers[0].says("转人工")
        await desk.accepts()
        await customers[1].says("转人工")
        card = await desk.is_offered()
        await desk.presses("requeue")
        await desk.is_told("已放回队列")
        notice = desk.notices.locator(".notice")
        assert not await overlap(notice, card)
        await card.get_by_role("link").click()
        await expect(desk.acts.get_by_role("button", name="接待")).to_be_visible()
        await expect(desk.page.locator("kbd:visible")).to_have_count(0)
        await desk.page.go_back()
        await desk.button("rail.settings").click()
        await expect(desk.dialog("settings.title")).to_be_visible()
        await expect(desk.page.get_by_text("启用单键命令")).to_be_hidden()


async def overlap(one: Locator, other: Locator) -> bool:
    a, b = await one.bounding_box(), await other.bounding_box()
    assert a
    assert b
    return a["y"] < b["y"] + b["height"] and b["y"] < a["y"] + a["height"]


async def test_a_new_name_reaches_the_open_chat(office: Office, screens: Screens) -> None:
    lin = await office.hires("林小舟")
    desk, chat = await screens.desk(), await screens.chat()
    await desk.begins_work(lin)
    await chat.asks_for_a_person()
    await desk.accepts()
    await chat.is_with("林小舟")
    agents = (await office.admin.call("GET", "/agents")).json()
    (me,) = [one["id"] for one in agents if one["login"] == lin.login]
    await office.admin.call("PATCH", f"/agents/{me}", {"name": "林一舟"})
    await chat.is_with("林一舟")
