"""For browser tests: opens the screens as a person of a given language does, each in a fresh browser
profile, and listens for what the browser complains of.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, WebError

from tests.browser.chat import Chat
from tests.browser.desk import Desk
from tests.browser.words import ROOT, Words

Language = Literal["zh", "en"]
Colour = Literal["light", "dark"]

LOCALES = {"zh": "zh-CN", "en": "en-GB"}
# a gateway that is down, or says no, is what some tests are about
OF_THE_NETWORK = "Failed to load resource"


class Screens:
    """The pages of one test, all of one gateway; `complaints` is what any of them wrote as an error."""

    def __init__(self, browser: Browser, url: str, scale: float) -> None:
        self.url = url
        self.scale = scale
        self.complaints: list[str] = []
        self.contexts: list[BrowserContext] = []
        self._browser = browser

    async def desk(
        self, language: Language = "zh", colour: Colour = "light", width: int = 1280, *, touch: bool = False
    ) -> Desk:
        """The console, at its sign-in page."""
        page = await self.page(language, colour, width, touch=touch)
        await page.goto(f"{self.url}/console/")
        return Desk(page, Words(ROOT / "handoff/console/src/locales", language))

    async def chat(self, language: Language = "zh", colour: Colour = "light", width: int = 1280) -> Chat:
        """The customer's page, as a new visitor finds it."""
        page = await self.page(language, colour, width)
        await page.goto(f"{self.url}/chat/")
        return self.as_chat(page, language)

    def as_chat(self, page: Page, language: Language) -> Chat:
        """A chat page that is open already, read in this language."""
        return Chat(page, page, Words(ROOT / "bot/chat/src/locales", language))

    async def chat_on(
        self, address: str, language: Language = "zh", colour: Colour = "light", width: int = 1280
    ) -> Chat:
        """The widget's chat, on a page of somebody else."""
        page = await self.page(language, colour, width)
        await page.goto(address)
        inside = page.frame_locator("jieli-chat iframe")
        return Chat(page, inside, Words(ROOT / "bot/chat/src/locales", language))

    async def take_pictures(self, name: str) -> None:
        """What the open pages show, as `test-results/NAME-1.png` and so on."""
        pages = [page for context in self.contexts for page in context.pages]
        for number, page in enumerate(pages, 1):
            await page.screenshot(path=ROOT / "test-results" / f"{name}-{number}.png")

    async def page(
        self, language: Language, colour: Colour = "light", width: int = 1280, *, touch: bool = False
    ) -> Page:
        """An empty page of a person who has never been here."""
        context = await self._browser.new_context(
            locale=LOCALES[language],
            color_scheme=colour,
            device_scale_factor=self.scale,
            viewport={"width": width, "height": 800},
            reduced_motion="reduce",
            has_touch=touch,
            is_mobile=touch,
        )
        context.on("console", self._heard)
        context.on("weberror", self._broke)
        self.contexts.append(context)
        return await context.new_page()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(OF_THE_NETWORK):
            self.complaints.append(message.text)

    def _broke(self, error: WebError) -> None:
        self.complaints.append(str(error.error))


@asynccontextmanager
async def open_screens(browser: Browser, url: str, scale: float = 1) -> AsyncIterator[Screens]:
    """Screens that are closed at the end; no page may have complained (of the content policy, say)."""
    screens = Screens(browser, url, scale)
    try:
        yield screens
        assert not screens.complaints, screens.complaints
    finally:
        for context in screens.contexts:
            await context.close()
