"""The customer's page in a real browser, said and seen as the customer would."""

from __future__ import annotations

from typing import Literal, Self

from playwright.async_api import FrameLocator, Locator, Page, expect

from tests.browser.words import Words

Author = Literal["bot", "agent", "system", "customer"]


class Chat:
    """`inside` is the page itself, or the frame of the widget in it."""

    def __init__(self, page: Page, inside: Page | FrameLocator, words: Words) -> None:
        self.page = page
        self.words = words
        self.box = inside.get_by_role("textbox", name=words("write"))
        self.log = inside.get_by_role("log", name=words("conversation"))
        self.choices = inside.get_by_role("group", name=words("choices"))
        self.person = inside.get_by_role("button", name=words("talkToPerson"), exact=True)
        self.standing = inside.locator("#who-answers")
        self.lost = inside.get_by_text(words("lost"))
        self.inside = inside

    async def says(self, text: str) -> None:
        await self.box.fill(text)
        await self.box.press("Enter")

    async def hears(self, text: str, by: Author = "bot") -> Locator:
        """Waits until the newest message of this author holds `text`, and gives it."""
        newest = self.said(by).last
        await expect(newest).to_contain_text(text)
        return newest

    def said(self, by: Author) -> Locator:
        """What this author said, oldest first."""
        return self.log.locator(f"article.{by}")

    async def is_offered(self, *titles: str) -> None:
        """Waits until the choices to tap are these."""
        await expect(self.choices.get_by_role("button")).to_have_text(list(titles))

    async def taps(self, title: str) -> None:
        await self.choices.get_by_role("button", name=title, exact=True).click()

    async def asks_for_a_person(self) -> None:
        await self.person.click()

    async def is_with(self, who: str) -> None:
        """Waits until the first line says that `who` answers now."""
        await expect(self.standing).to_contain_text(who)

    async def reads(self) -> list[str]:
        """Everything that was said, in order."""
        return await self.log.locator("article .text").all_inner_texts()

    async def second_tab(self) -> Self:
        page = await self.page.context.new_page()
        await page.goto(self.page.url)
        return type(self)(page, page, self.words)
