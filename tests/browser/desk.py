"""The agent's console in a real browser: what an agent does there, by mouse and by keyboard, and sees."""

from __future__ import annotations

import re
from typing import Literal, Self

from playwright.async_api import Locator, Page, expect

from tests.browser.office import Hired
from tests.browser.words import Words

View = Literal["mine", "queue", "outages", "team"]
Status = Literal["ready", "away"]


class Desk:
    """The console's page; whatever a method names, it waits for."""

    def __init__(self, page: Page, words: Words) -> None:
        self.page = page
        self.words = words
        self.offers = page.get_by_role("region", name=words("offer.label"))
        self.rows = page.locator("[data-row]")
        self.log = page.get_by_role("log", name=words("conversation.log"))
        self.why = page.get_by_role("region", name=words("why.title"))
        self.composer = page.get_by_role("textbox", name=words.around("composer.label"))
        self.acts = page.get_by_role("group", name=words("act.label"))
        self.reconnecting = page.get_by_role("status").filter(has_text=words("banner.away"))
        self.notices = page.locator(".notices")

    async def signs_in(self, login: str, password: str) -> None:
        await self.page.get_by_label(self.words("signin.login")).fill(login)
        await self.page.get_by_label(self.words("signin.password")).fill(password)
        await self.page.get_by_role("button", name=self.words("signin.submit")).click()

    async def begins_work(self, agent: Hired) -> None:
        """Signs in and is ready."""
        await self.signs_in(agent.login, agent.password)
        await self.is_("ready")

    async def is_(self, status: Status) -> None:
        # one clicks the word: the radio itself lies invisible over it
        await self.status(status).locator("..").click()
        await expect(self.status(status)).to_be_checked()

    def status(self, status: Status) -> Locator:
        return self.page.get_by_role("radio", name=self.words(f"status.{status}"))

    async def goes_to(self, view: View) -> None:
        await self.link(view).click()
        await self.shows(view)

    async def shows(self, view: View) -> None:
        await expect(self.link(view)).to_have_attribute("aria-current", "page")

    def link(self, view: View) -> Locator:
        rail = self.page.get_by_role("navigation", name=self.words("rail.label"))
        return rail.get_by_role("link", name=re.compile(f"^{self.words(f'rail.{view}')}"))

    def dialog(self, title: str) -> Locator:
        return self.page.get_by_role("dialog", name=self.words(title))

    def button(self, key: str) -> Locator:
        return self.page.get_by_role("button", name=self.words(key), exact=True)

    async def is_offered(self) -> Locator:
        """Waits for an offer, and gives its card."""
        card = self.offers.get_by_role("article")
        await expect(card).to_be_visible()
        return card

    async def accepts(self) -> None:
        """Accepts what is offered; the conversation then is open, and one may write."""
        card = await self.is_offered()
        await card.get_by_role("button", name=self.words("act.accept")).click()
        await expect(self.composer).to_be_focused()

    async def presses(self, act: Literal["accept", "resolve", "requeue"]) -> None:
        await self.acts.get_by_role("button", name=self.words(f"act.{act}")).click()

    async def replies(self, text: str) -> None:
        await self.composer.fill(text)
        await self.button("composer.send").click()

    def said(self, text: str, by: Literal["customer", "bot", "agent", "system"]) -> Locator:
        """What this author said in the open conversation, as far as it holds `text`."""
        return self.log.locator(f"li.{by}").filter(has_text=text)

    async def hears(self, text: str) -> None:
        """Waits until the customer has said so in the open conversation."""
        await expect(self.said(text, by="customer").last).to_be_visible()

    async def is_told(self, text: str) -> None:
        """Waits for a notice in the corner."""
        await expect(self.notices).to_contain_text(text)

    async def has_nobody(self) -> None:
        """Waits until no conversation is in the list, and none is open."""
        await expect(self.rows).to_have_count(0)
        await expect(self.log).to_be_hidden()

    async def second_tab(self) -> Self:
        page = await self.page.context.new_page()
        await page.goto(self.page.url)
        return type(self)(page, self.words)


class Keyboard:
    """The same desk for somebody who never touches a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def presses(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def writes(self, text: str) -> None:
        await self.page.keyboard.insert_text(text)

    async def tabs_to(self, wanted: Locator) -> None:
        """Tab by Tab, as far as it takes."""
        await expect(wanted).to_be_attached()
        for _ in range(30):
            if await wanted.evaluate("element => element.matches(':focus')"):
                break
            await self.page.keyboard.press("Tab")
        await self.is_on(wanted)

    async def is_on(self, wanted: Locator) -> None:
        """Waits until the focus is there, and looks whether one can see it."""
        await expect(wanted).to_be_focused()
        assert await wanted.evaluate(RING), f"the focus on {wanted} cannot be seen"


# the element with the focus, or the label that stands for a hidden input, is drawn with an outline
RING = """element => [element, element.closest('label')].some((one) => {
  const style = one && getComputedStyle(one);
  return style && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
})"""
