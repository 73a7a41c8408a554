"""For the gateway: a trained model in memory, with Rasa's silent failures made loud."""

from __future__ import annotations

import json
import tempfile
import zlib
from functools import partial
from pathlib import Path
from typing import Any

from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.channels.channel import OutputChannel
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.nlg import NaturalLanguageGenerator, TemplatedNaturalLanguageGenerator
from rasa.core.nlg.generator import ResponseVariationFilter
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.engine.storage.local_model_storage import MODEL_ARCHIVE_METADATA_FILE, LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

from bot.brain import choices
from bot.brain.actions.local import LocalActions
from bot.brain.components.threshold import THRESHOLD
from bot.brain.errors import BrainFailed
from bot.brain.meaning import Meanings
from bot.brain.runner import PlannedRunner
from bot.brain.slim import slim_model
from bot.brain.turn import CURRENT


def load(path: Path) -> Processor:
    """Load a model file. Takes a second or two, and raises what Rasa raises when the file is none."""
    slim_model(path)
    processor = Processor(
        path,
        tracker_store=TurnTrackerStore(),
        lock_store=InMemoryLockStore(),  # unused: the gateway's lease lets in one message of a conversation
        generator=Responses({}),
        action_endpoint=LocalActions(),
    )
    processor.nlg = Responses(processor.domain.responses)
    domain = processor.domain.as_dict()
    processor.buttons = choices.buttons_of(domain)
    processor.meanings = Meanings.of(domain)
    processor.words = choices.words_of(domain)
    return processor


def name_of(path: Path) -> str:
    """What a model is called."""
    return path.name.removesuffix(".tar.gz")


class Processor(MessageProcessor):
    """Rasa's own, which logs the failure of an action and goes on as if nothing was: here it is put down."""

    meanings: Meanings  # what the domain says of its intents
    buttons: dict[str, choices.Choice]  # all that the domain's responses and intents may offer
    words: dict[str, set[str]]  # what may be typed in place of a choice's title
    threshold = 0.0  # of the classifier, as it said last: a choice is understood without asking it

    @staticmethod
    def _load_model(model_path: Path) -> tuple[str, ModelMetadata, PlannedRunner]:
        with tempfile.TemporaryDirectory() as folder:
            storage, metadata = Archive.from_model_archive(Path(folder), model_path)
            runner = PlannedRunner.load(metadata, storage)
        return model_path.name, metadata, runner

    @property
    def model_id(self) -> str:
        """The name by which the gateway asks for this model."""
        return name_of(self.model_path)

    async def parse_message(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        parse = await super().parse_message(*arguments, **options)
        self.threshold = parse.get(THRESHOLD, self.threshold)
        return parse

    def _check_for_unseen_features(self, parse_data: dict[str, Any]) -> None:
        """Nothing: the training has made sure that the domain knows all intents and entities."""

    def _log_slots(self, tracker: DialogueStateTracker) -> None:
        """Nothing: these are customers' words."""

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        confidence = round(float(prediction.max_confidence), 4)
        CURRENT.get().actions.append(
            {"name": action.name(), "policy": _policy(prediction), "confidence": confidence}
        )
        action.run = partial(_run, action.name(), action.run)
        return await super()._run_action(action, tracker, output_channel, nlg, prediction)


class Archive(LocalModelStorage):
    """A model file, without the plan of its training: reading that would import what only trains."""

    @staticmethod
    def _load_metadata(directory: Path) -> ModelMetadata:
        known = json.loads((directory / MODEL_ARCHIVE_METADATA_FILE).read_text(encoding="utf-8"))
        return ModelMetadata.from_dict({**known, "train_schema": {"nodes": {}}})


class TurnTrackerStore:
    """Hands Rasa the dialogue that came with the request, and takes it back: nothing outlives the turn."""

    async def get_or_create_tracker(self, sender_id: str, **_: Any) -> DialogueStateTracker:
        return CURRENT.get().dialogue.tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        CURRENT.get().result = tracker


class Responses(TemplatedNaturalLanguageGenerator):
    """Picks among the variations of a response by the message's id: the same question has one answer."""

    def _fill_response(
        self, response: dict[str, Any], filled_slots: dict[str, Any] | None = None, **values: Any
    ) -> dict[str, Any]:
        """As Rasa's, but for the buttons: `/intent{"entity": ...}` is no placeholder that failed."""
        buttons = response.pop("buttons", None)
        filled: dict[str, Any] = super()._fill_response(response, filled_slots, **values)
        return {**filled, **({"buttons": buttons} if buttons is not None else {})}

    def _random_response_for(
        self, utter_action: str, output_channel: str, filled_slots: dict[str, Any]
    ) -> dict[str, Any]:
        variations = ResponseVariationFilter(self.responses).responses_for_utter_action(
            utter_action, output_channel, filled_slots
        )
        if not variations:
            raise BrainFailed(f"there is no response {utter_action} that fits")
        seed = f"{CURRENT.get().question.message_id} {utter_action}"
        return variations[zlib.crc32(seed.encode()) % len(variations)]


async def _run(name: str, run: Any, *arguments: Any) -> list[Event]:
    try:
        return await run(*arguments)
    except ActionExecutionRejection:
        raise  # a form saying that the message was not for it
    except Exception as error:
        CURRENT.get().failures.append(f"{name}: {type(error).__name__}: {error}")
        raise


def _policy(prediction: PolicyPrediction) -> str | None:
    """`policy_0_RulePolicy` is Rasa's name for the first one of intents/config.yml."""
    return prediction.policy_name and prediction.policy_name.rpartition("_")[2]
