"""What the desk tells an agent about customers: by what name, what they wait for, who is offered."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack

from playwright.async_api import expect

from tests.browser.desk import Keyboard
from tests.browser.everybody import serves_everybody
from tests.browser.office import Office
from tests.browser.screens import Screens
from tests.support.people import WebCustomer, web_customer


async def waiting_customers(url: str, stack: AsyncExitStack, number: int) -> list[WebCustomer]:
    customers = [await stack.enter_async_context(web_customer(url, "zh")) for _ in range(number)]
    for customer in customers:
        await customer.says("转人工")
        await customer.reaches("queued", "offered")
    return customers


async def test_a_visitor_is_named_in_the_agents_language(office: Office, screens: Screens) -> None:
    lin = await office.hires("林小舟")
    desk, english = await screens.desk("zh"), await screens.desk("en")
    async with AsyncExitStack() as stack:
        await waiting_customers(screens.url, stack, 1)
        for one in (desk, english):
            await one.signs_in(lin.login, lin.password)
            await one.goes_to("queue")
            await one.rows.click()
        await expect(desk.page.get_by_role("heading", name=re.compile(r"^访客 \d+$"))).to_be_visible()
        await expect(english.page.get_by_role("heading", name=re.compile(r"^Visitor \d+$"))).to_be_visible()
        await expect(desk.rows).to_contain_text("中文")
        await expect(english.rows).to_contain_text("Chinese")
        await english.presses("accept")
        await english.presses("requeue")
        await expect(english.notices).to_contain_text(re.compile(r"Visitor \d+ is back in the queue"))


async def test_what_the_clock_of_a_customer_counts(office: Office, screens: Screens) -> None:
    """In the queue since the handoff; in hand since the last word that nobody has answered."""
    lin = await office.hires("林小舟")
    desk = await screens.desk("zh")
    await desk.signs_in(lin.login, lin.password)
    await desk.goes_to("queue")
    async with AsyncExitStack() as stack:
        (customer,) = await waiting_customers(screens.url, stack, 1)
        clock = desk.rows.get_by_title("转人工以后等待接待的时间，在服务标准之内")
        await expect(clock).to_contain_text(re.compile(r"排队\s+\d\d:\d\d"))
        await desk.rows.click()
        await desk.presses("accept")
        await desk.replies("您好，请讲")
        await customer.hears("请讲")
        await expect(desk.said("您好", by="agent")).to_contain_text("已发出，客户在网页聊天里可以看到")
        await expect(desk.rows).not_to_contain_text("排队")
        await customer.says("宽带断了")
        clock = desk.rows.get_by_title("从第一条还没回复的消息算起的等待时间，在服务标准之内")
        await expect(clock).to_contain_text(re.compile(r"待回复\s+\d\d:\d\d"))


async def test_more_offers_than_there_is_room_for(office: Office, screens: Screens) -> None:
    """Two are shown; the others come on demand, and who came by keyboard goes on among them."""
    lin = await office.hires("林小舟", capacity=4)
    desk = await screens.desk("en")
    keys = Keyboard(desk.page)
    await desk.begins_work(lin)
    async with AsyncExitStack() as stack:
        await waiting_customers(screens.url, stack, 4)
        cards, more = desk.offers.get_by_role("article"), desk.offers.get_by_role("button", name="+2 more")
        await expect(more).to_be_visible()
        await expect(cards).to_have_count(2)
        await keys.tabs_to(more)
        await keys.presses("Enter")
        await expect(cards).to_have_count(4)
        await keys.is_on(cards.nth(2))
        await keys.presses("Tab")
        await keys.is_on(cards.nth(2).get_by_role("button", name="Accept"))
        await serves_everybody(desk.page)
        for left in (3, 2):
            await cards.last.get_by_role("button", name="Back to queue").click()
            await expect(cards).to_have_count(left)
        await desk.is_told("back in the queue")


async def test_accepting_by_key_when_there_is_nobody(office: Office, screens: Screens) -> None:
    """The key says that there is nobody, or where somebody is; in the reply it is a letter, until Esc."""
    lin = await office.hires("林小舟")
    desk = await screens.desk("zh")
    keys = Keyboard(desk.page)
    await desk.signs_in(lin.login, lin.password)
    await expect(desk.status("away")).to_be_checked()
    await keys.presses("a")
    await desk.is_told("现在没有等待接待的客户。")
    async with AsyncExitStack() as stack:
        await waiting_customers(screens.url, stack, 2)
        await expect(desk.link("queue")).to_contain_text("2")
        await keys.presses("a")
        await keys.is_on(desk.composer)
        await expect(desk.composer).to_have_accessible_description(re.compile("Esc 离开回复框"))
        await keys.presses("a")
        await expect(desk.composer).to_have_value("a")
        await keys.presses("Backspace", "Escape", "a")
        await desk.is_told("现在没有转给您的客户。")
        await expect(desk.rows).to_have_count(1)
