"""For trainers: finds entities that have a shape, like order numbers, however they are spaced or typed."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PatternEntityExtractor(GraphComponent):
    """`patterns` maps an entity to a regular expression over the text in half-width capitals.

    The value is what was found, without blanks and hyphens: `ｑｃ 2026-0001` is QC20260001.
    """

    def __init__(self, patterns: dict[str, str]) -> None:
        self._patterns = {entity: re.compile(pattern) for entity, pattern in patterns.items()}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PatternEntityExtractor:
        return cls(config["patterns"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"patterns": {}}

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            found = self._find(message.get(TEXT) or "")
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages

    def _find(self, text: str) -> list[dict[str, Any]]:
        folded = "".join(_fold(character) for character in text)
        return [
            {
                "entity": entity,
                "value": re.sub(r"[\s-]", "", match.group()),
                "start": match.start(),
                "end": match.end(),
                "extractor": type(self).__name__,
            }
            for entity, pattern in self._patterns.items()
            for match in pattern.finditer(folded)
        ]


def _fold(character: str) -> str:
    """Half-width and capital, always one character, so that positions stay those of the text."""
    folded = unicodedata.normalize("NFKC", character).upper()
    return folded if len(folded) == 1 else character
