"""The agent's console in a real browser: what an agent does there by mouse, and sees."""

from __future__ import annotations

from typing import Literal, Self

from playwright.async_api import Locator, Page, expect

from tests.browser.words import Words


class Desk:
    """The console's page; every method waits for what it names."""

    def __init__(self, page: Page, words: Words) -> None:
        self.page = page
        self.words = words
        self.offers = page.get_by_role("region", name=words("offer.label"))
        self.log = page.get_by_role("log", name=words("conversation.log"))
        self.why = page.get_by_role("region", name=words("why.title"))
        self.composer = page.get_by_role("textbox", name=words.around("composer.label"))
        self.acts = page.get_by_role("group", name=words("act.label"))
        self.reconnecting = page.get_by_text(words("banner.away"))
        self.notices = page.locator(".notices")

    async def signs_in(self, login: str, password: str) -> None:
        await self.page.get_by_role("textbox", name=self.words("signin.login")).fill(login)
        await self.page.get_by_label(self.words("signin.password")).fill(password)
        await self.page.get_by_role("button", name=self.words("signin.submit")).click()

    async def is_(self, status: Literal["ready", "away"]) -> None:
        await self.status(status).locator("..").click()
        await expect(self.status(status)).to_be_checked()

    def status(self, status: Literal["ready", "away"]) -> Locator:
        return self.page.get_by_role("radio", name=self.words(f"status.{status}"))

    async def goes_to(self, view: Literal["mine", "queue", "team"]) -> None:
        rail = self.page.get_by_role("navigation", name=self.words("rail.label"))
        await rail.get_by_role("link", name=self.words(f"rail.{view}")).click()

    def row(self, text: str) -> Locator:
        """The list's row that holds `text`."""
        return self.page.locator("[data-row]").filter(has_text=text)

    async def is_offered(self, text: str) -> Locator:
        """Waits for an offer that holds `text`."""
        offer = self.offers.get_by_role("article").filter(has_text=text)
        await expect(offer).to_be_visible()
        return offer

    async def accepts(self, text: str = "") -> None:
        """Accepts the offer that holds `text`; the conversation then is open."""
        offer = await self.is_offered(text)
        await offer.get_by_role("button", name=self.words("act.accept")).click()
        await expect(self.composer).to_be_focused()

    async def presses(self, act: Literal["accept", "resolve", "requeue"]) -> None:
        await self.acts.get_by_role("button", name=self.words(f"act.{act}")).click()

    async def replies(self, text: str) -> None:
        await self.composer.fill(text)
        await self.page.get_by_role("button", name=self.words("composer.send"), exact=True).click()

    async def hears(self, text: str, by: Literal["customer", "bot", "agent"] = "customer") -> None:
        """Waits until this author's newest message in the open conversation holds `text`."""
        await expect(self.log.locator(f"li.{by}").last).to_contain_text(text)

    async def is_told(self, text: str) -> None:
        """Waits for a notice in the corner."""
        await expect(self.notices).to_contain_text(text)

    async def has_nobody(self) -> None:
        """Waits until no conversation is in the list, and none is open."""
        await expect(self.page.locator("[data-row]")).to_have_count(0)
        await expect(self.log).to_be_hidden()

    async def second_tab(self) -> Self:
        page = await self.page.context.new_page()
        await page.goto(self.page.url)
        return type(self)(page, self.words)
