"""The team in a real browser: who is renamed, disabled, given a new password, and who changes it alone."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.desk import Desk, Keyboard
from tests.browser.everybody import serves_everybody
from tests.browser.office import Hired, Office
from tests.browser.screens import Language, Screens
from tests.support.gateway import ADMIN_PASSWORD
from tests.support.people import web_customer


async def opens_team(desk: Desk) -> None:
    await desk.signs_in("admin", ADMIN_PASSWORD)
    await desk.goes_to("team")


async def edits(desk: Desk, who: Hired) -> Locator:
    """Opens the form of one agent, who may have a namesake, and gives it."""
    title = desk.words("team.edit", name=who.name)
    row = desk.page.get_by_role("listitem").filter(has_text=who.login)
    await row.get_by_role("button", name=title, exact=True).click()
    return desk.page.get_by_role("dialog", name=title)


async def adds(desk: Desk, **values: str) -> Locator:
    """Fills in the form for a new agent, and sends it."""
    await desk.button("team.add").click()
    form = desk.dialog("team.add")
    for field, value in values.items():
        await form.get_by_label(desk.words(f"team.{field}"), exact=True).fill(value)
    await form.get_by_role("button", name=desk.words("team.add")).click()
    return form


@pytest.mark.parametrize(("language", "width"), [("zh", 320), ("en", 1280)])
async def test_what_is_wrong_stands_at_the_field(screens: Screens, language: Language, width: int) -> None:
    desk = await screens.desk(language, "dark", width)
    await opens_team(desk)
    form = await adds(desk, name="Robin Reed", login="", password="123")
    login = form.get_by_label(desk.words("team.login"), exact=True)
    await expect(login).to_have_accessible_description(desk.words("wrong.login"))
    await login.fill("robin reed!")
    await expect(login).to_be_focused()
    await expect(login).to_have_attribute("aria-invalid", "true")

    async def is_told(key: str, **values: object) -> None:
        await expect(login).to_have_accessible_description(desk.words(key, **values))

    await is_told("wrong.login_space")
    await login.fill("robin!#")
    await is_told("wrong.login_signs", signs="! #")
    await login.fill(".robin")
    await is_told("wrong.login_start", sign=".")
    await login.fill("r")
    await is_told("wrong.login_short")
    await serves_everybody(desk.page)
    await login.fill("admin")
    await expect(login).not_to_have_attribute("aria-invalid", "true")
    password = form.get_by_label(desk.words("team.password"), exact=True)
    await expect(password).to_have_attribute("aria-invalid", "true")
    await password.fill("1234567890")
    await form.get_by_role("button", name=desk.words("team.add")).click()
    await is_told("error.already_exists")
    await expect(login).to_be_focused()


async def test_a_colleague_is_renamed_and_the_customer_hears_the_new_name(
    office: Office, screens: Screens
) -> None:
    lin = await office.hires("林小舟")
    desk, boss = await screens.desk(), await screens.desk()
    await desk.begins_work(lin)
    await opens_team(boss)
    form = await edits(boss, lin)
    await form.get_by_label("姓名（客户会看到）").fill("林舟")
    await form.get_by_label("同时接待上限").fill("1")
    await form.get_by_role("button", name="保存").click()
    await boss.is_told("林舟 的修改已保存。")
    await expect(boss.page.get_by_role("button", name="修改林舟")).to_be_focused()
    async with web_customer(screens.url) as customer:
        await customer.says("转人工")
        await desk.accepts()
        await customer.hears("林舟")
        await expect(desk.page.get_by_text("接待中 1，上限 1")).to_be_visible()


async def test_a_disabled_colleague_is_signed_out_and_the_customer_waits_again(
    office: Office, screens: Screens
) -> None:
    lin = await office.hires("Robin Reed")
    desk, boss = await screens.desk("en"), await screens.desk("en")
    await desk.begins_work(lin)
    await opens_team(boss)
    async with web_customer(screens.url, "en") as customer:
        await customer.says("I want to talk to a real person")
        await desk.accepts()
        await expect(boss.page.get_by_role("listitem").filter(has_text="1/3")).to_be_visible()
        await expect(boss.page.get_by_text("In hand or offered / at most").first).to_be_visible()
        form = await edits(boss, lin)
        await form.get_by_role("button", name="Disable").click()
        doubt = boss.page.get_by_role("dialog", name="Disable Robin Reed?")
        await expect(doubt).to_contain_text("the customer in hand goes back to the front of the queue")
        await expect(doubt.get_by_role("button").filter(has_text=re.compile("."))).to_have_text(
            ["Cancel", "Disable"]
        )
        await serves_everybody(boss.page)
        await doubt.get_by_role("button", name="Disable").click()
        await boss.is_told("Robin Reed has been disabled.")
        await expect(desk.button("signin.submit")).to_be_visible()
        await customer.hears("nobody else is at work right now")
        await serves_everybody(boss.page)

        await desk.signs_in(lin.login, lin.password)
        await expect(desk.page.get_by_role("alert")).to_have_text(
            "This account is disabled. Ask your admin if you need it."
        )
        form = await edits(boss, lin)
        await form.get_by_role("button", name="Enable").click()
        await boss.is_told("Robin Reed can sign in again.")
        await desk.signs_in(lin.login, lin.password)
        await expect(desk.status("away")).to_be_checked()


async def test_an_admin_sets_a_new_password(office: Office, screens: Screens) -> None:
    lin = await office.hires("林小舟")
    desk, boss = await screens.desk(), await screens.desk()
    await desk.begins_work(lin)
    await opens_team(boss)
    form = await edits(boss, lin)
    await form.get_by_role("button", name="生成").click()
    await form.get_by_role("button", name="保存").click()
    await expect(form.get_by_role("definition").first).to_have_text(lin.login)
    password = await form.get_by_role("definition").last.inner_text()
    office.learns(lin, password)
    await expect(desk.page.get_by_text(desk.words("signin.ended"))).to_be_visible()
    await desk.signs_in(lin.login, lin.password)
    await expect(desk.page.get_by_role("alert")).to_have_text(desk.words("signin.wrong"))
    await desk.signs_in(lin.login, password)
    await expect(desk.status("away")).to_be_checked()


async def test_the_last_admin_stays_one(screens: Screens) -> None:
    desk = await screens.desk("en")
    await opens_team(desk)
    form = await edits(desk, Hired("Admin", "admin", ADMIN_PASSWORD))
    await expect(form.get_by_role("button", name="Disable")).to_have_count(0)
    await form.get_by_label("Also an admin").uncheck()
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_role("alert")).to_have_text(desk.words("error.last_admin"))


async def test_ones_own_password_is_changed_by_keyboard_alone(office: Office, screens: Screens) -> None:
    lin = await office.hires("Robin Reed")
    desk, elsewhere = await screens.desk("en"), await screens.desk("en")
    await elsewhere.begins_work(lin)
    await desk.begins_work(lin)
    keys = Keyboard(desk.page)
    await keys.tabs_to(desk.button("rail.settings"))
    await keys.presses("Enter")
    await keys.tabs_to(desk.button("password.title"))
    await keys.presses("Enter")
    form = desk.dialog("password.title")
    current = form.get_by_label("Present password")
    await keys.is_on(current)
    await keys.writes("not the password")
    await keys.presses("Tab")
    await keys.writes("too short")
    await keys.presses("Enter")
    new = form.get_by_label("New password")
    await keys.is_on(new)
    await expect(new).to_have_accessible_description("That is 9 characters; a password has at least 10.")
    await keys.writes(" no more")
    await keys.presses("Enter")
    await keys.is_on(current)
    await expect(current).to_have_accessible_description(desk.words("error.wrong_password"))
    await serves_everybody(desk.page)
    await keys.presses("ControlOrMeta+a")
    await keys.writes(lin.password)
    await keys.presses("Enter")
    await desk.is_told("Your password has been changed.")
    await expect(desk.page.get_by_role("dialog")).to_have_count(0)
    await keys.is_on(desk.button("rail.settings"))
    await expect(elsewhere.button("signin.submit")).to_be_visible()
    office.learns(lin, "too short no more")
    await elsewhere.signs_in(lin.login, "too short no more")
    await expect(elsewhere.status("ready")).to_be_checked()
