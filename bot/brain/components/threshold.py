"""For trainers: the confidence from which the bot answers; under it, it asks back."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message

THRESHOLD = "threshold"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class AnswerThreshold(GraphComponent):
    """Puts the configured `threshold` (0 to 1) into each parse, unless a classifier has put one there."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> AnswerThreshold:
        return cls(float(config[THRESHOLD]))

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {THRESHOLD: 0.5}

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if message.get(THRESHOLD) is None:
                message.set(THRESHOLD, self._threshold, add_to_output=True)
        return messages
