"""The chat button on a page of another site: one script tag, and nothing of the page's own is disturbed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.async_api import Page, expect

from tests.browser.desk import Keyboard
from tests.browser.office import Office
from tests.browser.screens import Screens
from tests.support.gateway import Gateway
from tests.support.people import agent_at_desk

PAGE = """<!doctype html>
<html lang="{language}">
<title>A shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>button, p, dialog, iframe {{ color: red; font-size: 40px; display: none; }}</style>
<h1>A shop</h1>
<script src="{gateway}/chat/widget.js"></script>
"""


@pytest.fixture(scope="module")
def shop(gateway: Gateway) -> Iterator[str]:
    """A site of its own, whose page carries the widget; its path is the page's language."""

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = PAGE.format(gateway=gateway.url, language=self.path.strip("/")).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        # another host name than the gateway's: for a browser, another site
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


async def test_a_visitor_of_a_shop_talks_to_the_bot(shop: str, screens: Screens) -> None:
    chat = await screens.chat_on(f"{shop}/zh-CN")
    launcher = chat.page.get_by_role("button", name="在线客服")
    await launcher.click()
    await expect(chat.page.get_by_role("dialog", name="在线客服")).to_be_visible()
    await chat.says("QC20260001 到哪了")
    await chat.hears("送到")
    await chat.button("closeChat").click()
    await expect(chat.page.get_by_role("dialog")).to_be_hidden()
    await expect(launcher).to_be_focused()

    await chat.page.reload()
    await chat.page.get_by_role("button", name="在线客服").click()
    await chat.hears("送到")


async def test_the_widget_by_keyboard(shop: str, screens: Screens) -> None:
    chat = await screens.chat_on(f"{shop}/en", "en")
    keys = Keyboard(chat.page)
    launcher = chat.page.locator("jieli-chat button.launcher")
    await expect(launcher).to_have_accessible_name("Chat with us")
    await keys.tabs_to(launcher)
    await keys.presses("Enter")
    await expect(launcher).to_have_attribute("aria-expanded", "true")
    await keys.is_on(chat.box)
    await keys.writes("hello there")
    await keys.presses("Enter")
    await chat.hears("Xiaoqing")
    await keys.presses("Escape")
    await expect(chat.page.get_by_role("dialog")).to_be_hidden()
    await keys.is_on(launcher)


async def test_an_answer_to_a_closed_widget_is_counted(shop: str, office: Office, screens: Screens) -> None:
    zhou = await office.hires("周远")
    chat = await screens.chat_on(f"{shop}/zh-CN")
    async with agent_at_desk(screens.url, zhou.login, zhou.password) as agent:
        await agent.is_("ready")
        await chat.page.get_by_role("button", name="在线客服").click()
        await chat.asks_for_a_person()
        row = await agent.sees(lambda row: row["state"] == "offered")
        await agent.accepts(row["id"])
        await chat.is_with("周远")
        await chat.button("closeChat").click()
        await agent.replies(row["id"], "您好，还在吗")
        await expect(unread(chat.page)).to_contain_text("1")
        await chat.page.get_by_role("button", name="在线客服").click()
        await chat.hears("还在吗", by="agent")
        await expect(unread(chat.page)).to_be_empty()


def unread(page: Page):  # type: ignore[no-untyped-def]
    return page.locator("jieli-chat .badge")
