"""The chat button on a page of another site: one script tag, and nothing of the page's own is disturbed."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.desk import Keyboard
from tests.browser.everybody import serves_everybody
from tests.browser.office import Office
from tests.browser.screens import Language, Screens
from tests.support.people import agent_at_desk


async def test_a_visitor_of_a_shop_talks_to_the_bot(shop: str, screens: Screens) -> None:
    chat = await screens.chat_on(f"{shop}/zh-CN")
    await chat.launcher.click()
    await expect(chat.page.get_by_role("dialog", name="在线客服")).to_be_visible()
    await chat.says("QC20260001 到哪了")
    await chat.hears("送到")
    await chat.button("closeChat").click()
    await expect(chat.page.get_by_role("dialog")).to_be_hidden()
    await expect(chat.launcher).to_be_focused()

    await chat.page.reload()
    await chat.launcher.click()
    await chat.hears("送到")


async def test_an_open_widget_has_one_way_to_close_and_shows_the_whole_answer(
    shop: str, screens: Screens
) -> None:
    chat = await screens.chat_on(f"{shop}/en", "en")
    await chat.page.set_viewport_size({"width": 1280, "height": 720})
    await chat.launcher.click()
    await chat.says("What can you help with?")
    answer = await chat.hears("Here is what you can ask me about")
    await expect(answer.locator(".author")).to_be_in_viewport(ratio=1)
    await expect(chat.choices.last).to_be_in_viewport(ratio=1)
    await expect(chat.button("closeChat")).to_be_visible()
    await expect(chat.launcher).to_be_hidden()
    await expect(chat.page.get_by_role("button", name=chat.words("closeChat"))).to_have_count(0)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_demonstration_speaks_the_browsers_language(screens: Screens, language: Language) -> None:
    chat = await screens.chat_on(f"{screens.url}/chat/demo.html", language)
    title = chat.page.get_by_role("heading")
    here, there = (["把客服放到您的网页上", "在线客服"], ["Put the chat on your page", "Chat with us"])
    if language == "en":
        here, there = there, here
    await expect(title).to_have_text(here[0])
    await expect(chat.page).to_have_title(here[0])
    await expect(chat.launcher).to_have_accessible_name(here[1])
    await expect(chat.page.locator("code:visible").first).to_contain_text(f"{screens.url}/chat/widget.js")
    await serves_everybody(chat.page)
    await chat.page.get_by_role("link").click()
    await expect(title).to_have_text(there[0])
    await expect(chat.launcher).to_have_accessible_name(there[1])


async def test_the_widget_by_keyboard(shop: str, screens: Screens) -> None:
    chat = await screens.chat_on(f"{shop}/en", "en")
    keys = Keyboard(chat.page)
    await expect(chat.launcher).to_have_accessible_name("Chat with us")
    await keys.tabs_to(chat.launcher)
    await keys.presses("Enter")
    await expect(chat.launcher).to_have_attribute("aria-expanded", "true")
    await keys.is_on(chat.box)
    await keys.writes("hello there")
    await keys.presses("Enter")
    await chat.hears("Xiaoqing")
    await keys.presses("Escape")
    await expect(chat.page.get_by_role("dialog")).to_be_hidden()
    await keys.is_on(chat.launcher)


async def test_an_answer_to_a_closed_widget_is_counted(shop: str, office: Office, screens: Screens) -> None:
    zhou = await office.hires("周远")
    chat = await screens.chat_on(f"{shop}/zh-CN")
    async with agent_at_desk(screens.url, zhou.login, zhou.password) as agent:
        await agent.is_("ready")
        await chat.launcher.click()
        await chat.asks_for_a_person()
        row = await agent.sees(lambda row: row["state"] == "offered")
        await agent.accepts(row["id"])
        await chat.is_with("周远")
        await chat.button("closeChat").click()
        await expect(chat.page.get_by_role("dialog")).to_be_hidden()
        await agent.replies(row["id"], "您好，还在吗")
        await expect(chat.unread).to_contain_text("1")
        await chat.launcher.click()
        await chat.hears("还在吗", by="agent")
        await expect(chat.unread).to_be_hidden()
