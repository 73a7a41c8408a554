"""The customer's page in a real browser: what a customer does there, and sees."""

from __future__ import annotations

from typing import Literal, Self

from playwright.async_api import FrameLocator, Locator, Page, expect

from tests.browser.words import Words
from tests.support.doubts import UNCLEAR

Author = Literal["customer", "bot", "agent", "system"]


class Chat:
    """`inside` is the page itself, or the widget's frame in it; whatever a method names, it waits for."""

    def __init__(self, page: Page, inside: Page | FrameLocator, words: Words) -> None:
        self.page = page
        self.inside = inside
        self.words = words
        self.box = inside.get_by_role("textbox", name=words("write"))
        self.log = inside.get_by_role("log", name=words("conversation"))
        self.choices = inside.get_by_role("group", name=words("choices")).get_by_role("button")
        self.room = inside.locator("#room")
        self.standing = inside.locator("#who-answers")
        # the widget's own, around the page
        self.launcher = page.locator("jieli-chat button.launcher")
        self.unread = page.locator("jieli-chat").get_by_role("status")
        self.lost = inside.get_by_role("status").filter(has_text=words("lost"))

    async def says(self, text: str) -> None:
        await self.box.fill(text)
        await self.box.press("Enter")

    async def hears(self, text: str, by: Author = "bot") -> Locator:
        """Waits until this author's newest message holds `text`, and gives it."""
        newest = self.said(by).last
        await expect(newest).to_contain_text(text)
        return newest

    def said(self, by: Author) -> Locator:
        """All that this author said, oldest first."""
        return self.log.locator(f"article.{by}")

    async def reads(self) -> list[str]:
        """Everything that was said, in order."""
        return await self.log.locator("article .text").all_inner_texts()

    async def taps(self, title: str) -> None:
        await self.choices.get_by_text(title, exact=True).click()

    async def is_not_understood(self) -> None:
        """Says what a bot can only guess, and answers its question by "none of these"."""
        await self.says(UNCLEAR[self.words.language])
        await expect(self.choices).to_have_count(3)
        await self.choices.last.click()

    async def asks_for_a_person(self) -> None:
        await self.button("talkToPerson").click()

    async def is_with(self, who: str) -> None:
        """Waits until the first line says that `who` answers now."""
        await expect(self.standing).to_contain_text(who)

    def button(self, key: str) -> Locator:
        return self.inside.get_by_role("button", name=self.words(key), exact=True)

    def header_button(self, key: str) -> Locator:
        return self.inside.locator("header").get_by_role("button", name=self.words(key), exact=True)

    async def second_tab(self) -> Self:
        page = await self.page.context.new_page()
        await page.goto(self.page.url)
        return type(self)(page, page, self.words)
