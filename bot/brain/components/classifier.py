"""For trainers: understands what a customer means, and says how sure that is: a probability to be trusted."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import joblib
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.brain.components.threshold import ASK_BACK_THRESHOLD, GIBBERISH, THRESHOLD
from bot.brain.confidence.encoder import EncoderMissing, encoder
from bot.brain.confidence.learner import Options, Understanding, learn

LEARNED = "understanding.joblib"
REPORT = "report.json"
SHOWN = 10  # meanings in a ranking
REVIEWED = "reviewed"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CalibratedIntentClassifier(GraphComponent):
    """The options are those of bot/brain/confidence/learner.py; `reviewed` names a file of reviewed messages
    (tab-separated: text, intent), which tell the share of those that no intent covers.
    """

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        learned: Understanding | None = None,
    ) -> None:
        self._config, self._storage, self._resource = config, storage, resource
        self._learned = learned

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**vars(Options()), REVIEWED: None}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CalibratedIntentClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CalibratedIntentClassifier:
        with model_storage.read_from(resource) as folder:
            learned: Understanding = joblib.load(folder / LEARNED)
        learned.landmarks.encoder = encoder(config["encoder"])
        return cls(config, model_storage, resource, learned)

    def train(self, training_data: TrainingData) -> Resource:
        """Raises InvalidConfigException when the encoder or the reviewed messages are missing."""
        examples = [(each.get(TEXT), each.get(INTENT)) for each in training_data.intent_examples]
        options = Options(**{name: self._config[name] for name in vars(Options())})
        try:
            self._learned = learn(examples, options, read_reviewed(self._config[REVIEWED]))
        except (EncoderMissing, OSError) as error:
            raise InvalidConfigException(str(error)) from error
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._learned, folder / LEARNED)
            (folder / REPORT).write_text(json.dumps(self._learned.report), encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        learned = self._learned
        if learned is None:
            return messages
        for message in messages:
            (ranking,) = learned.understand([message.get(TEXT) or ""])
            meanings = [{"name": name, "confidence": confidence} for name, confidence in ranking[:SHOWN]]
            message.set(INTENT, meanings[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, meanings, add_to_output=True)
            message.set(GIBBERISH, learned.is_gibberish(message.get(TEXT) or ""), add_to_output=True)
            message.set(THRESHOLD, learned.threshold, add_to_output=True)
            message.set(ASK_BACK_THRESHOLD, learned.ask_back_threshold, add_to_output=True)
        return messages


def read_reviewed(file: str | None) -> list[tuple[str, str]]:
    """The rows of a file with the columns text and intent, or none without a file."""
    if file is None:
        return []
    with Path(file).open(encoding="utf-8", newline="") as lines:
        return [(row["text"], row["intent"]) for row in csv.DictReader(lines, delimiter="\t")]
