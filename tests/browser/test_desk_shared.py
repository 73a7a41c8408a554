"""More than one pair of hands: two tabs of one agent, two agents who want the same customer."""

from __future__ import annotations

from playwright.async_api import Route, expect

from tests.browser.office import Office
from tests.browser.screens import Screens
from tests.support.people import agent_at_desk, web_customer


async def test_two_tabs_of_an_agent_agree(office: Office, screens: Screens) -> None:
    lin = await office.hires("林小舟")
    one = await screens.desk()
    await one.begins_work(lin)
    other = await one.second_tab()
    await expect(other.status("ready")).to_be_checked()

    async with web_customer(screens.url) as customer:
        await customer.says("转人工")
        await other.is_offered()
        await one.accepts()
        await expect(other.offers).to_be_hidden()
        await other.rows.click()
        await one.replies("您好，请讲")
        await expect(other.said("您好，请讲", by="agent")).to_have_count(1)

        await one.composer.fill("稍等，我查一下")
        await expect(other.composer).to_have_value("稍等，我查一下")
        await one.composer.fill("")

        await other.presses("resolve")
        await customer.hears("小晴回来了")
        await expect(one.rows).to_have_count(0)
        await expect(one.composer).to_be_hidden()
        await expect(one.said("您好，请讲", by="agent")).to_be_visible()

        await one.is_("away")
        await expect(other.status("away")).to_be_checked()


async def test_a_colleague_who_was_faster_is_named(office: Office, screens: Screens) -> None:
    lin, zhou = await office.hires("林小舟"), await office.hires("周远")
    desk = await screens.desk()
    await desk.signs_in(lin.login, lin.password)
    await desk.goes_to("queue")
    async with (
        web_customer(screens.url) as customer,
        agent_at_desk(screens.url, zhou.login, zhou.password) as colleague,
    ):
        await customer.says("转人工")
        await desk.rows.click()
        waiting = await colleague.sees(lambda row: row["state"] == "queued")

        async def colleague_first(route: Route) -> None:
            await colleague.accepts(waiting["id"])
            await route.continue_()

        await desk.page.route("**/accept", colleague_first)
        await desk.presses("accept")
        await desk.is_told("周远先接待了这位客户，请选另一位。")
        await desk.has_nobody()
        assert [row["id"] for row in (await colleague.call("GET", "/conversations")).json()] == [
            waiting["id"]
        ]


async def test_a_reply_to_a_conversation_that_moved_on_is_kept(office: Office, screens: Screens) -> None:
    lin = await office.hires("林小舟")
    desk = await screens.desk()
    await desk.begins_work(lin)
    async with (
        web_customer(screens.url) as customer,
        agent_at_desk(screens.url, lin.login, lin.password) as elsewhere,
    ):
        await elsewhere.is_("ready")
        await customer.says("转人工")
        await desk.accepts()
        (row,) = (await elsewhere.call("GET", "/conversations")).json()

        async def resolved_first(route: Route) -> None:
            await elsewhere.resolves(row["id"])
            await route.continue_()

        await desk.page.route("**/reply", resolved_first)
        await desk.replies("我帮您查到了")
        await expect(desk.log).to_contain_text("没有发出：")
        await expect(desk.log).to_contain_text("我帮您查到了")
    assert "我帮您查到了" not in [heard.text for heard in customer.heard]
