"""For the chat page: what a customer who has said nothing yet may tap, the same as after a greeting."""

from __future__ import annotations

import time

from bot.dialogue import Dialogue
from bot.errors import BrainError
from bot.messages import Choice, Kind, Language

_GREETING = {Language.ZH: "你好", Language.EN: "hello"}
# A page asks at every visit, and trainers change an answer far less often.
_KEPT_SECONDS = 60.0


class Opening:
    """Asks the bot itself, so that trainers write these choices in one place, with its greeting."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self._kept: dict[Language, tuple[float, tuple[Choice, ...]]] = {}

    async def choices(self, language: Language) -> tuple[Choice, ...]:
        """None while no brain answers: the page then has a first step of its own."""
        asked_at, kept = self._kept.get(language, (float("-inf"), ()))
        if time.monotonic() - asked_at < _KEPT_SECONDS:
            return kept
        try:
            answer = await self._dialogue.ask(
                0, 0, _GREETING[language], None, channel="web", language=language.value, kind=Kind.TEXT.value
            )
        except BrainError:
            return ()
        choices = tuple(choice for said in answer.messages for choice in said.choices)
        self._kept[language] = (time.monotonic(), choices)
        return choices
