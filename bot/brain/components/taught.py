"""For trainers: what was taught word for word is understood, however much it looks like something else."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

CONFIDENCE = 0.99
FILE = "taught.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TaughtWordForWord(GraphComponent):
    """Stands behind a classifier: a message that is an example of exactly one intent means that."""

    def __init__(
        self, storage: ModelStorage, resource: Resource, intents: dict[str, str] | None = None
    ) -> None:
        self._storage, self._resource = storage, resource
        self._intents = intents or {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TaughtWordForWord:
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TaughtWordForWord:
        with model_storage.read_from(resource) as folder:
            intents = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return cls(model_storage, resource, intents)

    def train(self, training_data: TrainingData) -> Resource:
        taught = defaultdict(set)
        for example in training_data.intent_examples:
            taught[_words(example)].add(example.get(INTENT))
        self._intents = {words: intents.pop() for words, intents in taught.items() if len(intents) == 1}
        with self._storage.write_to(self._resource) as folder:
            (folder / FILE).write_text(json.dumps(self._intents, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            intent = self._intents.get(_words(message))
            if intent and message.get(INTENT, {}).get("confidence", 0.0) < CONFIDENCE:
                _put_first(message, intent)
        return messages


def _words(message: Message) -> str:
    """The tokens: case, width, blanks and punctuation make no difference."""
    return " ".join(token.text for token in message.get(TOKENS_NAMES[TEXT]) or [])


def _put_first(message: Message, intent: str) -> None:
    """The other meanings share what confidence is left, in the proportions they had."""
    ranking = [each for each in message.get(INTENT_RANKING_KEY, []) if each["name"] != intent]
    total = sum(each["confidence"] for each in ranking) or 1.0
    rest = [{**each, "confidence": each["confidence"] / total * (1 - CONFIDENCE)} for each in ranking]
    first = {"name": intent, "confidence": CONFIDENCE}
    message.set(INTENT, first, add_to_output=True)
    message.set(INTENT_RANKING_KEY, [first, *rest], add_to_output=True)
