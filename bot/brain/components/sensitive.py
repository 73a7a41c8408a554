"""For trainers: subjects that are not for a bot, by the phrases in intents/sensitive.yml."""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.brain.components.phrases import PhraseLists, fold

SENSITIVE = "sensitive"
EXCEPTION = "exception"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class SensitiveSubjects(PhraseLists):
    """Puts `sensitive: subject` into the parse of a message that touches one: the first one of the file."""

    PREFIX = "sensitive_"

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {}

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = fold(message.get(TEXT) or "")
            if EXCEPTION in self._lists:
                text = self._lists[EXCEPTION].sub(" ", text)
            subjects = (
                name for name, found in self._lists.items() if name != EXCEPTION and found.search(text)
            )
            message.set(SENSITIVE, next(subjects, None), add_to_output=True)
        return messages
