"""For trainers: from which confidence on the bot answers, and from which it asks back."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message

THRESHOLD = "threshold"
ASK_BACK_THRESHOLD = "ask_back_threshold"
GIBBERISH = "gibberish"  # true: no word of it is known


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class AnswerThreshold(GraphComponent):
    """Puts the configured thresholds (0 to 1) into each parse, unless a classifier has put its own there."""

    def __init__(self, thresholds: dict[str, float]) -> None:
        self._thresholds = thresholds

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> AnswerThreshold:
        return cls({name: _share(name, config[name]) for name in (THRESHOLD, ASK_BACK_THRESHOLD)})

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {THRESHOLD: 0.5, ASK_BACK_THRESHOLD: 0.15}

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            for name, threshold in self._thresholds.items():
                if message.get(name) is None:
                    message.set(name, threshold, add_to_output=True)
        return messages


def _share(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{name} in intents/config.yml is {value!r}, which is no number from 0 to 1")
    return float(value)
