"""Every screen in both languages, light and dark, on a desk's screen and on the narrowest phone."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.desk import Desk
from tests.browser.everybody import serves_everybody
from tests.browser.office import Office
from tests.browser.screens import Colour, Language, Screens
from tests.support.doubts import UNCLEAR
from tests.support.gateway import ADMIN_PASSWORD
from tests.support.people import agent_at_desk, web_customer

# each language is seen light and dark, wide and narrow
LOOKS = [("zh", "light", 1280), ("zh", "dark", 320), ("en", "dark", 1280), ("en", "light", 320)]
COMPLAINT = {"zh": "我要投诉，师傅两次都没来", "en": "I want to make a complaint"}
NO_QUESTIONS = {"zh": "转人工", "en": "a person, please"}


@pytest.mark.parametrize(("language", "colour", "width"), LOOKS)
async def test_the_console(
    office: Office, screens: Screens, language: Language, colour: Colour, width: int
) -> None:
    desk = await screens.desk(language, colour, width)
    await desk.signs_in("admin", "not-the-password")
    await expect(desk.page.get_by_role("alert")).to_contain_text(desk.words("signin.wrong"))
    await serves_everybody(desk.page)
    await desk.signs_in("admin", ADMIN_PASSWORD)
    await expect(desk.status("away")).to_be_checked()
    await serves_everybody(desk.page)
    await look_at_dialogs(desk)

    async with web_customer(screens.url, language) as customer:
        await customer.says(COMPLAINT[language])
        await customer.says(NO_QUESTIONS[language])
        await customer.reaches("queued")
        await desk.goes_to("queue")
        await expect(desk.rows).to_have_count(1)
        await serves_everybody(desk.page)
        await desk.is_("ready")
        await desk.is_offered()
        await serves_everybody(desk.page)
        await desk.accepts()
        await desk.replies("OK")
        await customer.hears("OK")
        await look_at_conversation(desk)


async def look_at_dialogs(desk: Desk) -> None:
    await desk.page.keyboard.press("?")
    await expect(desk.dialog("keys.title")).to_be_visible()
    await serves_everybody(desk.page)
    await desk.page.keyboard.press("Escape")
    await desk.button("rail.settings").click()
    await expect(desk.dialog("settings.title")).to_be_visible()
    await serves_everybody(desk.page)
    await desk.button("password.title").click()
    await expect(desk.dialog("password.title")).to_be_visible()
    await serves_everybody(desk.page)
    await desk.page.keyboard.press("Escape")
    await desk.page.keyboard.press("Escape")
    await desk.goes_to("team")
    await serves_everybody(desk.page)
    await desk.button("team.add").click()
    await desk.dialog("team.add").get_by_role("button", name=desk.words("team.add")).click()
    await expect(desk.page.get_by_role("alert").first).to_contain_text(desk.words("wrong.name"))
    await serves_everybody(desk.page)
    await desk.page.keyboard.press("Escape")
    title = desk.words("team.edit", name="Admin")
    await desk.page.get_by_role("button", name=title, exact=True).click()
    await expect(desk.page.get_by_role("dialog", name=title)).to_be_visible()
    await serves_everybody(desk.page)
    await desk.page.keyboard.press("Escape")
    await desk.goes_to("outages")
    await serves_everybody(desk.page)
    await desk.button("outages.add").click()
    form = desk.dialog("outages.add")
    await serves_everybody(desk.page)
    await form.get_by_role("button", name=desk.words("outages.pin"), exact=True).click()
    await expect(form.get_by_role("alert").filter(has_text=desk.words("wrong.until"))).to_be_visible()
    await serves_everybody(desk.page)
    await desk.page.keyboard.press("Escape")


async def look_at_conversation(desk: Desk) -> None:
    if await desk.why.get_by_role("button").get_attribute("aria-expanded") == "false":
        await desk.why.get_by_role("button").click()
    await serves_everybody(desk.page)
    await desk.composer.fill("...")
    await desk.presses("requeue")
    await expect(desk.dialog("doubt.title")).to_be_visible()
    await serves_everybody(desk.page)
    await desk.button("dialog.stay").click()
    to_customer = desk.page.get_by_role("link", name=desk.words("customer.title"), exact=True)
    if await to_customer.is_visible():
        await to_customer.click()
        await expect(to_customer).to_be_hidden()
        await serves_everybody(desk.page)


@pytest.mark.parametrize(("language", "colour", "width"), LOOKS)
async def test_the_chat(
    office: Office, screens: Screens, language: Language, colour: Colour, width: int
) -> None:
    chat = await screens.chat(language, colour, width)
    await expect(chat.button("starter")).to_be_visible()
    await serves_everybody(chat.page)
    await chat.button("showTimes").click()
    await chat.says(UNCLEAR[language])
    await expect(chat.choices).to_have_count(3)
    await serves_everybody(chat.page)

    zhou = await office.hires("周远")
    async with agent_at_desk(screens.url, zhou.login, zhou.password) as agent:
        await chat.choices.last.click()
        await chat.is_with(chat.words("waitingAt", position=1))
        await serves_everybody(chat.page)
        await agent.is_("ready")
        row = await agent.sees(lambda row: row["state"] == "offered")
        await agent.accepts(row["id"])
        await agent.replies(row["id"], "https://shop.example/" + "long" * 30)
        await chat.hears("longlong", by="agent")
        await serves_everybody(chat.page)

    await chat.page.context.set_offline(offline=True)
    await chat.says("...")
    await expect(chat.lost).to_be_visible()
    await serves_everybody(chat.page)


@pytest.mark.parametrize(("language", "colour", "width"), LOOKS)
async def test_the_widget(
    shop: str, screens: Screens, language: Language, colour: Colour, width: int
) -> None:
    chat = await screens.chat_on(f"{shop}/{language}", language, colour, width)
    await serves_everybody(chat.page)
    await chat.launcher.click()
    await expect(chat.box).to_be_focused()
    await serves_everybody(chat.page)
    await serves_everybody(chat.page.frames[1])
