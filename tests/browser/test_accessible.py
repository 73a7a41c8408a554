"""Every screen for everybody: no fault that axe finds, in both languages, light and dark, and on the
narrowest phone, where nothing may stick out at the side.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Frame, Page, expect

from tests.browser.desk import Desk
from tests.browser.office import Office
from tests.browser.screens import ROOT, Colour, Language, Screens
from tests.support.people import agent_at_desk, web_customer

AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8")
LOOKS: list[tuple[Language, Colour, int]] = [
    ("zh", "light", 1280),
    ("zh", "dark", 320),
    ("en", "dark", 1280),
    ("en", "light", 320),
]
ASK = {"zh": "我要投诉，师傅两次没来", "en": "I want to complain, nobody came twice"}
look = pytest.mark.parametrize(("language", "colour", "width"), LOOKS)


@look
async def test_the_console(
    office: Office, screens: Screens, language: Language, colour: Colour, width: int
) -> None:
    desk = await screens.desk(language, colour, width)
    await desk.signs_in("nobody", "wrong-password")
    await expect(desk.page.get_by_role("alert")).not_to_be_empty()
    await is_for_everybody(desk.page)

    await desk.signs_in(office.admin.me["login"], office.password)
    await is_for_everybody(desk.page)
    async with web_customer(screens.url, language) as waiting, web_customer(screens.url, language) as served:
        await served.says("hello" if language == "en" else "你好")
        await served.says(ASK[language])
        await served.reaches("queued")
        await waiting.says(ASK[language])
        await waiting.reaches("queued")
        await desk.goes_to("queue")
        await expect(desk.rows).to_have_count(2)
        await is_for_everybody(desk.page)

        await desk.is_("ready")
        await desk.is_offered()
        await is_for_everybody(desk.page)
        await desk.is_("away")
        await expect(desk.offers).to_be_hidden()
        await desk.rows.first.click()
        await desk.presses("accept")
        await desk.replies("OK")
        await served.hears("OK")
        await desk.composer.fill("...")
        await unfold_why(desk)
        await is_for_everybody(desk.page)
        await desk.presses("resolve")
        await is_for_everybody(desk.page)
        await desk.button("dialog.stay").click()
        if width < 720:
            await desk.page.get_by_role("link", name=desk.words("customer.title")).click()
            await is_for_everybody(desk.page)
            await desk.page.get_by_role("link", name=desk.words("customer.back")).click()
            await desk.page.get_by_role("link", name=desk.words("conversation.back")).click()
        await look_at_dialogs(desk)
