"""Outage notices in a real browser: an admin pins one, a customer hears it, everybody sees how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Locator, expect

from tests.browser.desk import Desk, Keyboard
from tests.browser.everybody import serves_everybody
from tests.browser.office import Office
from tests.browser.screens import Colour, Language, Screens
from tests.support.gateway import ADMIN_PASSWORD

ZH = "东区从 14:00 起通话掉线，预计 18:00 前修好。"
EN = "Calls have been dropping in the east district since 14:00, to be repaired by 18:00."
PINNED = {"area_zh": "东区，城东", "area_en": "the east district, east side", "text_zh": ZH, "text_en": EN}


def in_hours(hours: float) -> str:
    """What is typed into the field of day and time."""
    return (datetime.now(UTC).astimezone() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


async def opens(desk: Desk) -> None:
    await desk.signs_in("admin", ADMIN_PASSWORD)
    await desk.goes_to("outages")


async def fills(desk: Desk, form: Locator, **values: str) -> None:
    for field, value in values.items():
        await form.get_by_label(desk.words(f"outages.{field}"), exact=True).fill(value)


async def pins(desk: Desk, **values: str) -> Locator:
    """Fills in the form for a new notice, and sends it."""
    await desk.button("outages.add").click()
    form = desk.dialog("outages.add")
    await form.get_by_role("checkbox").first.check()
    await fills(desk, form, **values)
    await form.get_by_role("button", name=desk.words("outages.pin"), exact=True).click()
    return form


async def test_a_notice_from_the_pin_to_the_news_of_its_end(office: Office, screens: Screens) -> None:
    lin = await office.hires("林小舟")
    boss, desk, chat = await screens.desk(), await screens.desk("en"), await screens.chat()
    await opens(boss)
    await pins(boss, **PINNED, until_label=in_hours(4))
    await boss.is_told(boss.words("outages.pinned"))
    live = boss.page.get_by_role("list", name=boss.words("outages.live"))
    await expect(live).to_contain_text(ZH)
    await expect(live).to_contain_text("Admin 发布")

    await chat.says("电话老是掉线")
    await chat.hears("这是东区的情况")
    await chat.taps("恢复后告诉我")
    await chat.hears("一恢复我就在这里告诉您", by="system")
    counts = live.get_by_role("definition")
    await expect(counts).to_have_text(["1", "1", "0"])

    # an agent reads it, and cannot touch it
    await desk.signs_in(lin.login, lin.password)
    await desk.goes_to("outages")
    await expect(desk.page.get_by_role("list", name="Live notices")).to_contain_text(EN)
    await expect(desk.button("outages.add")).to_have_count(0)
    await expect(desk.button("outages.end")).to_have_count(0)

    await boss.button("outages.change").click()
    form = boss.dialog("outages.change_title")
    await fills(boss, form, text_zh="东区要到 20:00 才能修好。", until_label=in_hours(6))
    await form.get_by_role("button", name="保存").click()
    await expect(live).to_contain_text("东区要到 20:00 才能修好。")

    await boss.button("outages.end").click()
    doubt = boss.dialog("outages.end_title")
    await expect(doubt).to_contain_text("告诉等消息的 1 位客户")
    await serves_everybody(boss.page)
    await doubt.get_by_role("button", name="撤下").click()
    await boss.is_told("公告已撤下")
    await expect(live).to_have_count(0)
    await expect(desk.page.get_by_text("There is no notice.")).to_be_visible()
    await chat.hears("已经结束", by="system")


async def test_what_is_wrong_stands_at_the_field(screens: Screens) -> None:
    desk = await screens.desk("en", "dark")
    await opens(desk)
    form = await pins(desk, area_zh="东区", text_zh=ZH, text_en="x" * 501, until_label=in_hours(-1))
    area = form.get_by_label(desk.words("outages.area_en"), exact=True)
    await expect(area).to_be_focused()

    async def is_told(field: str, key: str, **values: object) -> None:
        wrong = form.get_by_label(desk.words(f"outages.{field}"), exact=True)
        await expect(wrong).to_have_accessible_description(desk.words(key, **values))

    await is_told("area_en", "wrong.area_both")
    await is_told("text_en", "wrong.notice_long", given=501, count=500)
    await is_told("until_label", "wrong.until_past")
    await fills(desk, form, area_en="e", text_zh="  ", until_label=in_hours(24 * 40))
    await is_told("area_en", "wrong.area_name", name="e", count=40)
    await is_told("text_zh", "wrong.notice")
    await is_told("until_label", "wrong.until_far", count=30)
    await fills(desk, form, until_label="")
    await is_told("until_label", "wrong.until")
    await form.get_by_role("checkbox").first.uncheck()
    await expect(form.get_by_role("alert").first).to_have_text(desk.words("wrong.subjects"))
    await serves_everybody(desk.page)


async def test_the_same_by_keyboard_alone(screens: Screens) -> None:
    desk = await screens.desk("en")
    keys = Keyboard(desk.page)
    await keys.is_on(desk.page.get_by_label("Login"))
    await keys.writes("admin")
    await keys.presses("Tab")
    await keys.writes(ADMIN_PASSWORD)
    await keys.presses("Enter")
    await expect(desk.status("away")).to_be_visible()
    await keys.presses("g", "o")
    await desk.shows("outages")
    await keys.tabs_to(desk.button("outages.add"))
    await keys.presses("Enter")
    form = desk.dialog("outages.add")
    await keys.is_on(form.get_by_role("checkbox").first)
    await keys.presses("Space")
    for field in ("text_zh", "text_en"):
        await keys.tabs_to(form.get_by_label(desk.words(f"outages.{field}"), exact=True))
        await keys.writes(PINNED[field])
    await form.get_by_label(desk.words("outages.until_label"), exact=True).fill(in_hours(2))
    await keys.tabs_to(form.get_by_role("button", name="Pin", exact=True))
    await keys.presses("Enter")
    await desk.is_told(desk.words("outages.pinned"))
    await keys.is_on(desk.button("outages.add"))
    await keys.tabs_to(desk.button("outages.end"))
    await keys.presses("Enter")
    doubt = desk.dialog("outages.end_title")
    await keys.is_on(doubt.get_by_role("button", name=desk.words("dialog.cancel")))
    await keys.presses("Tab", "Enter")
    await desk.is_told(desk.words("outages.ended"))


@pytest.mark.parametrize(
    ("language", "colour", "width"),
    [("zh", "light", 1280), ("zh", "dark", 320), ("en", "light", 320), ("en", "dark", 1280)],
)
async def test_the_list_serves_everybody(
    office: Office, screens: Screens, language: Language, colour: Colour, width: int
) -> None:
    desk = await screens.desk(language, colour, width)
    await opens(desk)
    await pins(desk, **PINNED, until_label=in_hours(3))
    await pins(desk, text_zh=ZH, text_en=EN, until_label=in_hours(30))
    live = desk.page.get_by_role("list", name=desk.words("outages.live"))
    await expect(live.get_by_role("listitem")).to_have_count(2)
    await serves_everybody(desk.page)
    await desk.button("outages.end").first.click()
    doubt = desk.dialog("outages.end_title")
    await doubt.get_by_role("button", name=desk.words("outages.end"), exact=True).click()
    over = desk.page.get_by_role("list", name=desk.words("outages.over"))
    await expect(over.get_by_text(desk.words.around("outages.taken_back")).first).to_be_visible()
    await serves_everybody(desk.page)
