"""For the README: makes its two pictures, `python -m tests.browser.pictures`, from a demo that runs.

Wants a Chromium that knows Chinese well: `JIELI_CHROMIUM=/usr/bin/chromium` with the fonts of fonts-noto-cjk.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import Browser, ViewportSize, async_playwright, expect

from tests.browser.office import open_office
from tests.browser.screens import Screens, open_screens
from tests.browser.words import ROOT
from tests.fakes.telegram import FakeTelegram
from tests.fakes.wechat import FakeWeChat
from tests.support.browser import launch_options
from tests.support.gateway import Gateway, running_gateway
from tests.support.people import agent_at_desk, web_customer

PICTURES = ROOT / "deploy/pictures"


async def make_pictures(folder: Path) -> None:
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(FakeTelegram())
        wechat = await stack.enter_async_context(FakeWeChat(encrypted=True))
        (folder / "models").symlink_to(_model().parent)
        gateway = await stack.enter_async_context(
            running_gateway(folder, {**telegram.environment, **wechat.environment})
        )
        await gateway.answers()
        await wechat.saves_address(f"{gateway.url}/channels/wechat")
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(**launch_options())
        stack.push_async_callback(browser.close)
        screens = await stack.enter_async_context(open_screens(browser, gateway.url, scale=2))
        await picture_chat(screens)
        await picture_console(screens, telegram, wechat)


async def picture_chat(screens: Screens) -> None:
    """A question with its answer, and another with things to tap."""
    chat = await screens.chat("zh")
    await chat.page.set_viewport_size({"width": 420, "height": 760})
    await chat.says("你好，我的订单 QC20260001 到哪了？")
    await chat.hears("送到")
    await chat.says("要出国一周，漫游怎么收费？")
    await expect(chat.choices).to_have_count(1)
    await chat.box.blur()
    await chat.page.screenshot(path=PICTURES / "chat.png")


async def picture_console(screens: Screens, telegram: FakeTelegram, wechat: FakeWeChat) -> None:
    """An agent who has just joined a customer from WeChat, while others wait."""
