"""For trainers: what customers ask next, about the answer just given (stories/details/).

Only the details of the answer's own intent compete, so a few examples of each will do, and they may be
elliptic ("and the big one?").
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.io import read_yaml_file

from bot.brain.confidence.details import Details, learn
from bot.brain.confidence.encoder import EncoderMissing, encoder

DETAIL = "detail"  # in a parse: what is written of the likeliest detail of the topic, and its `confidence`
DETAILS = "details"
LEARNED = "details.joblib"
TOPIC = "topic"  # in a message's metadata: the intent that was answered last


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class DetailFinder(GraphComponent):
    """Says which detail of its topic a message asks about. `encoder` is as the classifier's."""

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, learned: Details
    ) -> None:
        self._config, self._storage, self._resource = config, storage, resource
        self._learned = learned

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"encoder": "multilingual", DETAILS: None}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DetailFinder:
        return cls(config, model_storage, resource, Details({}))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DetailFinder:
        with model_storage.read_from(resource) as folder:
            learned: Details = joblib.load(folder / LEARNED)
        learned.use(encoder(config["encoder"]))
        return cls(config, model_storage, resource, learned)

    def train(self, training_data: TrainingData) -> Resource:
        """Raises InvalidConfigException when the encoder is missing."""
        folder = self._config[DETAILS]
        examples = [(each.get(TEXT), each.get(INTENT)) for each in training_data.intent_examples]
        try:
            written = list(read(Path(folder))) if folder else []
            self._learned = learn(written, examples, encoder(self._config["encoder"]))
        except EncoderMissing as error:
            raise InvalidConfigException(str(error)) from error
        with self._storage.write_to(self._resource) as kept:
            joblib.dump(self._learned, kept / LEARNED)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            topic = (message.get(METADATA) or {}).get(TOPIC)
            if topic and (found := self._learned.find(topic, message.get(TEXT) or "")):
                message.set(DETAIL, found, add_to_output=True)
        return messages


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """What is written of each detail, with its `topic` and its `name`."""
    for file in sorted(folder.glob("*.yml")):
        for topic, details in (read_yaml_file(file) or {}).items():
            for name, detail in details.items():
                yield {"topic": topic, "name": name, **detail}
