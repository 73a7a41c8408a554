"""The customer's web chat in a real browser: bot, choices, a person, and the same again after a reload."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from bot.channels.web import LONGEST
from tests.browser.office import Office
from tests.browser.screens import Language, Screens
from tests.support.people import agent_at_desk


async def test_a_customer_is_served_by_bot_and_person_in_turn(office: Office, screens: Screens) -> None:
    chat = await screens.chat()
    await chat.is_with("机器人")
    await chat.button("starter").click()
    await chat.hears("查订单")
    await chat.says("QC20260001 到哪了")
    await chat.hears("送到")
    await expect(chat.log).to_contain_text("已发货")

    await chat.is_not_understood()
    await expect(chat.choices).to_have_text(["不等了，继续问小晴"])
    await chat.is_with("您排在第 1 位")

    zhou = await office.hires("周远")
    async with agent_at_desk(screens.url, zhou.login, zhou.password) as agent:
        await agent.is_("ready")
        row = await agent.sees(lambda row: row["state"] == "offered")
        await chat.is_with("正在请一位客服接入")
        await expect(chat.header_button("backToBot")).to_be_visible()
        await agent.accepts(row["id"])
        await chat.is_with("您正在和 周远 对话")
        await expect(chat.choices).to_have_count(0)
        await agent.replies(row["id"], "您好，我是周远")
        told = await chat.hears("您好，我是周远", by="agent")
        await expect(told).to_contain_text("周远 · 人工客服")
        await chat.says("跳得好吗")
        await agent.hears(row["id"], "跳得好吗")
        await agent.resolves(row["id"])
    await chat.hears("小晴回来了", by="system")
    await chat.is_with("机器人")
    await chat.says("营业厅几点开门")
    await expect(chat.said("customer").last.locator(".fate")).to_have_count(0)
    await chat.hears("营业")


async def test_a_choice_is_tapped_once_and_gone(screens: Screens) -> None:
    chat = await screens.chat()
    await chat.says("怎么充话费")
    await chat.taps("怎么付款")
    await chat.hears("手机钱包")
    await expect(chat.choices.get_by_text("怎么付款")).to_have_count(0)
    await chat.says("取消QC20260003")
    await chat.hears("要取消吗")
    await chat.taps("先不取消")
    await expect(chat.choices.get_by_text("先不取消")).to_have_count(0)
    assert (await chat.reads()).count("怎么付款") == 1


async def test_who_waits_may_go_back_to_the_bot(screens: Screens) -> None:
    chat = await screens.chat("en")
    await chat.asks_for_a_person()
    await chat.is_with("You are number 1 in line.")
    await expect(chat.button("talkToPerson")).to_be_hidden()
    await chat.taps("Stop waiting, ask Xiaoqing")
    await chat.hears("you've left the queue", by="system")
    await chat.is_with("You are talking to a bot")
    await expect(chat.button("talkToPerson")).to_be_visible()


async def test_the_way_back_to_the_bot_stays_in_the_header(screens: Screens) -> None:
    chat = await screens.chat("zh")
    await expect(chat.header_button("backToBot")).to_be_hidden()
    await chat.asks_for_a_person()
    await chat.is_with("您排在第 1 位")
    await expect(chat.header_button("backToBot")).to_have_accessible_name(await chat.choices.inner_text())
    await chat.header_button("backToBot").click()
    await chat.is_with("您正在和机器人对话")
    await expect(chat.header_button("backToBot")).to_be_hidden()
    assert (await chat.reads()).count("不等了，继续问小晴") == 1


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_first_steps_are_those_of_the_bots_greeting(screens: Screens, language: Language) -> None:
    chat = await screens.chat(language)
    steps = chat.log.get_by_role("button")
    await expect(chat.button("starter")).to_be_visible()
    offered = await steps.all_inner_texts()
    await steps.first.click()
    await chat.hears("QC20260001")
    await chat.is_with(chat.words("botAnswers"))

    greeted = await screens.chat(language)
    await greeted.says({"zh": "你好", "en": "hello"}[language])
    await expect(greeted.choices).to_have_text([*offered[:-1], chat.words("talkToPerson")])


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_header_on_a_phone_is_two_lines_high(screens: Screens, language: Language) -> None:
    chat = await screens.chat(language, width=320)
    header = chat.page.locator("header")
    await expect(chat.button("talkToPerson")).to_be_visible()
    assert await header.evaluate("element => element.offsetHeight") < 96
    await chat.asks_for_a_person()
    await chat.is_with(chat.words("waitingAt", position=1))
    assert await header.evaluate("element => element.offsetHeight") < 96


async def test_a_text_too_long_is_counted_before_it_is_sent(screens: Screens) -> None:
    chat = await screens.chat("en")
    await chat.box.fill("x" * (LONGEST - 500))
    await expect(chat.room).to_be_hidden()
    await chat.says("🙂" * (LONGEST + 1))
    await expect(chat.room).to_have_text("1 over the limit of 5,000. Shorten it, or send it in parts.")
    await expect(chat.box).to_have_attribute("aria-invalid", "true")
    await expect(chat.button("send")).to_have_attribute("aria-disabled", "true")
    await expect(chat.said("customer")).to_have_count(0)

    await chat.box.press("Backspace")
    await expect(chat.room).to_have_text("Room for 0 more")
    await chat.box.press("Enter")
    await expect(chat.box).to_have_value("")
    await expect(chat.said("bot")).to_have_count(1)
    assert len(await chat.said("customer").locator(".text").inner_text()) == LONGEST


async def test_an_answer_taller_than_the_window_says_that_more_is_below(screens: Screens) -> None:
    chat = await screens.chat("en", width=320)
    await chat.page.set_viewport_size({"width": 320, "height": 480})
    await chat.button("starter").click()
    answer = await chat.hears("Here is what you can ask me about")
    await expect(answer.locator(".author")).to_be_in_viewport()
    await expect(chat.choices.last).not_to_be_in_viewport()
    await chat.button("more").click()
    await expect(chat.choices.last).to_be_in_viewport(ratio=1)
    await expect(chat.button("more")).to_be_hidden()
    await expect(chat.log).to_be_focused()


async def test_a_reload_and_a_second_tab_show_the_same_conversation(screens: Screens) -> None:
    chat = await screens.chat()
    await chat.says("你好")
    await chat.hears("小晴")
    await chat.box.fill("写了一半")
    before = await chat.reads()

    await chat.page.reload()
    await expect(chat.log.locator("article")).to_have_count(len(before))
    assert await chat.reads() == before
    await expect(chat.box).to_have_value("写了一半")

    other = await chat.second_tab()
    await other.says("营业厅几点开门")
    await other.hears("营业")
    await chat.hears("营业")
    assert await chat.reads() == await other.reads()


async def test_the_language_is_switched_by_the_customer(screens: Screens) -> None:
    chat = await screens.chat("zh")
    await chat.button("switchLanguage").click()
    await expect(chat.page).to_have_title("Customer service")
    await expect(chat.page.locator("html")).to_have_attribute("lang", "en")
    await chat.page.reload()
    in_english = screens.as_chat(chat.page, "en")
    await in_english.says("hello there")
    await in_english.hears("Xiaoqing")
    await in_english.is_with("You are talking to a bot")


async def test_unread_messages_are_counted_in_the_title(office: Office, screens: Screens) -> None:
    zhou = await office.hires("周远")
    chat = await screens.chat()
    async with agent_at_desk(screens.url, zhou.login, zhou.password) as agent:
        await agent.is_("ready")
        await chat.asks_for_a_person()
        row = await agent.sees(lambda row: row["state"] == "offered")
        await agent.accepts(row["id"])
        await chat.is_with("周远")
        # without a screen every page counts as seen, so the page is told that it is not
        await chat.page.evaluate(
            "Object.defineProperty(document, 'visibilityState', { value: 'hidden' });"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        await agent.replies(row["id"], "您好")
        await agent.replies(row["id"], "还在吗")
        await expect(chat.page).to_have_title("(2) 在线客服")


async def test_a_phone_in_britain(screens: Screens) -> None:
    """Times as they are written there, by a button that says so; nothing sticks out to the right."""
    chat = await screens.chat("en", width=390)
    await chat.button("showTimes").click()
    await expect(chat.button("showTimes")).to_have_text("Times")
    await chat.asks_for_a_person()
    await expect(chat.log.locator("time").first).to_have_text(re.compile(r"^\d\d:\d\d$"))
    stop, mine = chat.header_button("backToBot"), chat.said("customer").locator(".text")
    await expect(stop).to_be_visible()
    assert await right_of(stop) <= await right_of(mine)


async def right_of(one: Locator) -> float:
    box = await one.bounding_box()
    assert box
    return box["x"] + box["width"]
