"""For the READMEs: makes the two pictures of each, `python -m tests.browser.pictures`, from a demo that runs.

Wants a Chromium that knows Chinese well: `JIELI_CHROMIUM=/usr/bin/chromium` with the fonts of fonts-noto-cjk.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import async_playwright, expect

from tests.browser.office import open_office
from tests.browser.screens import Language, Screens, open_screens
from tests.browser.words import ROOT
from tests.fakes.telegram import FakeTelegram
from tests.fakes.wechat import FakeWeChat
from tests.support.browser import launch_options
from tests.support.gateway import running_gateway
from tests.support.people import web_customer

PICTURES = ROOT / "deploy/pictures"


@dataclass(frozen=True)
class Talk:
    """What is said in the pictures for the README of one language."""

    language: Language
    order: tuple[str, str]
    plan: tuple[str, str]
    customer: str
    bought: tuple[str, str]
    doubt: tuple[str, str]
    complaint: str
    cheaper: str
    person: str
    guest: tuple[str, str]
    agent: str
    reply: tuple[str, str]
    thanks: tuple[str, str]
    next: str


TALKS = (
    Talk(
        language="zh",
        order=("QC20260003 发货了吗", "送到"),
        plan=("谢谢，我还想换个套餐", "换套餐"),
        customer="陈晓",
        bought=("QC20260004 到了没有", "已签收"),
        doubt=("耳机坏了一只", "戴着只有左边响"),
        complaint="宽带断了两天，师傅两次没来，我要投诉",
        cheaper="我想换个便宜点的套餐",
        person="转人工",
        guest=("Roaming does not work here", "Can I talk to a person, please?"),
        agent="周远",
        reply=("您好，我是周远。15 天内有质量问题，免费换新，运费我们出。", "免费换新"),
        thanks=("太好了，什么时候来取？", "什么时候来取"),
        next="明天 9:00 到 12:00 上门取，您方便吗？",
    ),
    Talk(
        language="en",
        order=("Is QC20260003 on its way?", "reach you"),
        plan=("Thanks, I would also like to change my plan", "is free"),
        customer="Robin Vale",
        bought=("Has QC20260004 arrived?", "delivered"),
        doubt=("One of the earbuds is dead", "Not a single sound on that side"),
        complaint="Two days without broadband. I want to make a complaint",
        cheaper="I would like a cheaper plan",
        person="Talk to a person",
        guest=("在国外手机没信号", "转人工"),
        agent="Alex Reed",
        reply=(
            "Hello, I'm Alex. Within 15 days we exchange it free and pay the courier.",
            "exchange it free",
        ),
        thanks=("Great, when can they collect it?", "when can they"),
        next="Tomorrow between 9:00 and 12:00, would that suit you?",
    ),
)


async def make_pictures(folder: Path, talk: Talk) -> None:
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
        screens = await stack.enter_async_context(open_screens(browser, gateway.url, scale=1.5))
        await picture_chat(screens, talk)
        await picture_console(screens, talk, telegram, wechat)


async def picture_chat(screens: Screens, talk: Talk) -> None:
    """A question with its answer, and another with things to tap."""
    chat = await screens.chat(talk.language)
    await chat.page.set_viewport_size({"width": 440, "height": 780})
    for asked, told in (talk.order, talk.plan):
        await chat.says(asked)
        await chat.hears(told)
    await expect(chat.choices).not_to_have_count(0)
    await chat.box.blur()
    await chat.page.screenshot(path=PICTURES / f"chat.{talk.language}.png")


async def picture_console(screens: Screens, talk: Talk, telegram: FakeTelegram, wechat: FakeWeChat) -> None:
    """An agent in the middle of the work: one customer answered, two more in hand, the next one offered."""
    code = {"zh": "zh-hans", "en": "en"}[talk.language]
    customer, follower = telegram.customer(talk.customer, language_code=code), wechat.customer()
    other: Language = "en" if talk.language == "zh" else "zh"
    async with (
        open_office(screens.url) as office,
        web_customer(screens.url, talk.language) as visitor,
        web_customer(screens.url, other) as guest,
    ):
        await customer.says(talk.bought[0])
        await customer.hears(talk.bought[1])
        await customer.says(talk.doubt[0])
        await customer.hears(lambda heard: len(heard.choices) == 3)
        await customer.says(talk.doubt[1])
        await office.admin.sees(lambda row: row["channel"] == "telegram")
        await follower.says(talk.complaint)
        await follower.hears({"zh": "手机号", "en": "phone number"}[talk.language])
        await follower.says(talk.person)
        await office.admin.sees(lambda row: row["channel"] == "wechat")
        await visitor.says(talk.cheaper)
        await visitor.hears(lambda heard: heard.author == "bot")
        await visitor.says(talk.person)
        await visitor.reaches("queued")

        agent = await office.hires(talk.agent, capacity=4)
        desk = await screens.desk(talk.language)
        await desk.page.set_viewport_size({"width": 1180, "height": 900})
        await desk.signs_in(agent.login, agent.password)
        for number in range(3):
            await desk.goes_to("queue")
            await desk.rows.nth(0 if number else 1).click()
            await desk.presses("accept")
            await expect(desk.composer).to_be_focused()
        await guest.says(talk.guest[0])
        await guest.hears(lambda heard: heard.author == "bot")
        await guest.says(talk.guest[1])
        await guest.reaches("queued")
        await desk.goes_to("mine")
        await desk.rows.filter(has_text=talk.customer).click()
        await desk.replies(talk.reply[0])
        await customer.hears(talk.reply[1])
        await customer.says(talk.thanks[0])
        await desk.hears(talk.thanks[1])
        await desk.is_("ready")
        await desk.is_offered()
        await desk.composer.fill(talk.next)
        await desk.page.screenshot(path=PICTURES / f"console.{talk.language}.png")


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
    for one in TALKS:
        with tempfile.TemporaryDirectory() as name:
            asyncio.run(make_pictures(Path(name), one))
