"""For who measures: trains a pipeline's understanding on one file, and says what it makes of another."""

from __future__ import annotations

import asyncio
import csv
import json
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.model_training import train_nlu
from rasa.shared.exceptions import RasaException
from rasa.shared.utils.io import read_yaml_file, write_yaml

from bot.brain import model
from bot.brain.components.classifier import REVIEWED, CalibratedIntentClassifier
from bot.brain.components.threshold import THRESHOLD
from bot.brain.errors import ContentError
from bot.brain.slim import slim_training
from bot.brain.train import workshop

FALLBACK, FALLBACK_THRESHOLD = "FallbackClassifier", 0.7  # what Rasa's documentation and users take
OURS = f"{CalibratedIntentClassifier.__module__}.{CalibratedIntentClassifier.__name__}"

Said = tuple[str, str]


def predict(
    train: Path, test: Path, pipeline: Path, target_wrong: float | None = None, reviewed: Path | None = None
) -> Iterator[dict[str, Any]]:
    """For each row of `test`: text, intent and confidence before any fallback, and whether it is answered.

    Files are tab-separated with the columns text and intent, quoted like CSV. Raises ContentError.
    """
    examples, asked = read(train), read(test)
    config = read_yaml_file(pipeline)
    names = [part["name"] for part in config["pipeline"]]
    for part in config["pipeline"]:
        if part["name"] == OURS:
            part.update({"target_wrong_share": target_wrong} if target_wrong is not None else {})
            part[REVIEWED] = str(reviewed.resolve()) if reviewed else None
    fallback = [part for part in config["pipeline"] if part["name"] == FALLBACK]
    threshold = fallback[0].get("threshold", FALLBACK_THRESHOLD) if fallback else FALLBACK_THRESHOLD
    slim_training(names)
    with workshop() as folder:
        processor = model.load(_train(config, examples, folder))
    yield from asyncio.run(_ask(processor, [text for text, _ in asked], float(threshold)))


def read(file: Path) -> list[Said]:
    """The rows of a file of texts and intents. Raises ContentError."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            return [(row["text"], row["intent"]) for row in csv.DictReader(lines, delimiter="\t")]
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise ContentError(
            f"{file}: it must be tab-separated with the columns text and intent: {error!r}"
        ) from error


def _train(config: dict[str, Any], examples: Sequence[Said], folder: Path) -> Path:
    # JSON and not YAML, in which brackets in a text would be entities
    common = [{"text": text, "intent": intent, "entities": []} for text, intent in examples]
    (folder / "nlu.json").write_text(
        json.dumps({"rasa_nlu_data": {"common_examples": common}}), encoding="utf-8"
    )
    write_yaml({**config, "policies": []}, folder / "config.yml")
    warnings.filterwarnings("ignore", message="NLU data in Rasa JSON format")
    try:
        trained = train_nlu(str(folder / "config.yml"), str(folder / "nlu.json"), str(folder))
    except RasaException as error:
        raise ContentError(str(error)) from error
    return Path(trained)


async def _ask(processor: MessageProcessor, texts: Sequence[str], threshold: float) -> list[dict[str, Any]]:
    found = []
    for text in texts:
        parse = await processor.parse_message(UserMessage(text.lstrip("/ ")))
        meant = _before_fallback(parse)
        confidence = float(meant["confidence"])
        answered = confidence >= parse.get(THRESHOLD, threshold)
        found.append({"text": text, "intent": meant["name"], "confidence": confidence, "answered": answered})
    return found


def _before_fallback(parse: dict[str, Any]) -> dict[str, Any]:
    ranking = [each for each in parse.get("intent_ranking", []) if each["name"] != "nlu_fallback"]
    return ranking[0] if ranking else {"name": parse["intent"]["name"], "confidence": 0.0}
