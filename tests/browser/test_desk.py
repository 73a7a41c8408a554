"""An agent's whole work in a real browser, by mouse and by keyboard, with a customer in another."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.office import Office
from tests.browser.screens import Screens

DATABASE = "postgresql"
NONSENSE = "量子猫在月亮上跳芭蕾吗"


async def test_an_agents_whole_work_by_mouse(office: Office, screens: Screens) -> None:
    lin = await office.hires("林小舟")
    desk, chat = await screens.desk(), await screens.chat()

    await desk.signs_in(lin.login, "not-the-password")
    await expect(desk.page.get_by_role("alert")).to_have_text("账号或密码不对，请再试一次。")
    await desk.signs_in(lin.login, lin.password)
    await desk.is_("ready")

    await chat.says(NONSENSE)
    await expect(chat.choices.get_by_role("button")).to_have_count(3)
    await chat.taps("都不是")
    await desk.is_offered(NONSENSE)
    await desk.accepts()
    await chat.is_with("林小舟")

    await expect(desk.why).to_contain_text("没有把握弄懂客户的意思")
    await expect(desk.why.get_by_role("listitem").filter(has_text="%")).not_to_have_count(0)
    await expect(desk.why).to_contain_text(NONSENSE)
    await expect(desk.log).to_contain_text("机器人没有听懂这句话")

    await desk.replies("您好，我是林小舟，请问想了解什么？")
    await chat.hears("我是林小舟", by="agent")
    await chat.says("想问一下宽带能不能提速")
    await desk.hears("宽带能不能提速")

    await desk.presses("resolve")
    await desk.is_told("由机器人继续接待")
    await desk.has_nobody()
    await chat.is_with("机器人")
    await chat.says("营业厅几点开门")
    await chat.hears("点")
