"""For the README: makes its two pictures, `python -m tests.browser.pictures`, from a demo that runs.

Wants a Chromium that knows Chinese well: `JIELI_CHROMIUM=/usr/bin/chromium` with the fonts of fonts-noto-cjk.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import async_playwright, expect

from tests.browser.office import open_office
from tests.browser.screens import Screens, open_screens
from tests.browser.words import ROOT
from tests.fakes.telegram import FakeTelegram
from tests.fakes.wechat import FakeWeChat
from tests.support.browser import launch_options
from tests.support.gateway import running_gateway
from tests.support.people import web_customer

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
    await chat.page.set_viewport_size({"width": 440, "height": 780})
    await chat.says("QC20260003 发货了吗")
    await chat.hears("送到")
    await chat.says("谢谢，我还想换个套餐")
    await chat.hears("换套餐")
    await expect(chat.choices).not_to_have_count(0)
    await chat.box.blur()
    await chat.page.screenshot(path=PICTURES / "chat.png")


async def picture_console(screens: Screens, telegram: FakeTelegram, wechat: FakeWeChat) -> None:
    """An agent in the middle of the work: one customer answered, two more in hand, the next one offered."""
    chen, follower = telegram.customer("陈晓", language_code="zh-hans"), wechat.customer()
    async with (
        open_office(screens.url) as office,
        web_customer(screens.url, "zh") as visitor,
        web_customer(screens.url, "en") as tourist,
    ):
        await chen.says("QC20260004 到了没有")
        await chen.hears("已签收")
        await chen.says("耳机右边那只没声音，能换吗")
        await chen.hears(lambda heard: len(heard.choices) == 3)
        await chen.says("右边那只一点反应都没有")
        await chen.hears("排")
        await follower.says("宽带断了两天，师傅两次没来，我要投诉")
        await follower.hears("排")
        await visitor.says("我想换个便宜点的套餐")
        await visitor.hears("套餐")
        await visitor.says("转人工")
        await visitor.reaches("queued")

        zhou = await office.hires("周远", capacity=4)
        desk = await screens.desk("zh")
        await desk.page.set_viewport_size({"width": 1180, "height": 900})
        await desk.signs_in(zhou.login, zhou.password)
        for number in range(3):
            await desk.goes_to("queue")
            await desk.rows.nth(0 if number else 1).click()
            await desk.presses("accept")
            await expect(desk.composer).to_be_focused()
        await tourist.says("Roaming does not work here")
        await tourist.hears(lambda heard: heard.author == "bot")
        await tourist.says("Can I talk to a person, please?")
        await tourist.reaches("queued")
        await desk.goes_to("mine")
        await desk.rows.filter(has_text="陈晓").click()
        await desk.replies("您好，我是周远。15 天内有质量问题，免费换新，运费我们出。")
        await chen.hears("免费换新")
        await chen.says("太好了，什么时候来取？")
        await desk.hears("什么时候来取")
        await desk.is_("ready")
        await desk.is_offered()
        await desk.composer.fill("明天 9:00 到 12:00 上门取，您方便吗？")
        await desk.page.screenshot(path=PICTURES / "console.png")


def _set_clock() -> None:
    """Whenever the pictures are made, their clocks show ten in the morning."""
    west = (datetime.now(UTC).hour - 10 + 12) % 24 - 12
    os.environ["TZ"] = f"Etc/GMT{west:+}"


def _model() -> Path:
    python, models = str(ROOT / ".venv-brain/bin/python"), str(ROOT / "var/models")
    command = [python, "-m", "bot.brain", "train", "--content", ".", "--out", models]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return Path(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    _set_clock()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(make_pictures(Path(name)))
