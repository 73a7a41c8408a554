"""A gateway that is killed and comes back: neither the agent nor the customer loses a word."""

from __future__ import annotations

from playwright.async_api import Route, expect

from tests.browser.office import Office
from tests.browser.screens import Screens
from tests.support.gateway import Gateway


async def test_agent_and_customer_write_on_through_an_outage(
    gateway: Gateway, office: Office, screens: Screens
) -> None:
    lin = await office.hires("林小舟")
    desk, chat = await screens.desk(), await screens.chat()
    await desk.begins_work(lin)
    await chat.asks_for_a_person()
    await desk.accepts()
    await desk.composer.fill("我正在查")

    await gateway.kill()
    await expect(desk.reconnecting).to_be_visible()
    await expect(desk.composer).to_have_value("我正在查")
    await desk.composer.press("Enter")
    await expect(desk.log).to_contain_text("连接恢复后会自动发出。")
    await expect(desk.reconnecting).to_contain_text("1 条回复会在恢复后自动发出。")
    await desk.composer.fill("另外，您的地址是")
    await expect(chat.lost).to_be_visible()
    await chat.says("还在吗")
    await expect(chat.said("customer").last).to_contain_text("已保存，稍后发送")

    await gateway.start()
    await expect(desk.reconnecting).to_be_hidden()
    await chat.hears("我正在查", by="agent")
    await expect(chat.lost).to_be_hidden()
    await desk.hears("还在吗")
    await expect(desk.said("我正在查", by="agent")).to_have_count(1)
    await expect(desk.composer).to_have_value("另外，您的地址是")

    await desk.page.reload()
    await expect(desk.composer).to_have_value("另外，您的地址是")
    await chat.page.reload()
    await chat.hears("还在吗", by="customer")
    assert (await chat.reads()).count("我正在查") == 1
    assert (await chat.reads()).count("还在吗") == 1


async def test_a_reply_whose_receipt_got_lost_arrives_once(office: Office, screens: Screens) -> None:
    lin = await office.hires("林小舟")
    desk, chat = await screens.desk(), await screens.chat()
    await desk.begins_work(lin)
    await chat.asks_for_a_person()
    await desk.accepts()

    async def lose_receipt(route: Route) -> None:
        await route.fetch()
        await route.abort("connectionreset")

    await desk.page.route("**/reply", lose_receipt, times=1)
    await desk.replies("只说一遍")
    await desk.replies("这是第二句")
    await chat.hears("这是第二句", by="agent")
    assert [text for text in await chat.reads() if text == "只说一遍"] == ["只说一遍"]
    await expect(desk.said("只说一遍", by="agent")).to_have_count(1)
