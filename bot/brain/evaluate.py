"""For trainers: how well the bot understands what it was not trained on, and what each threshold would cost.

Five times, a fifth of the examples is put aside, the rest is trained on, and the fifth is asked.
For each threshold: how many messages would be answered at once, and how many of these answers would be wrong.
"""

from __future__ import annotations

import asyncio
import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.model_training import train_nlu
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.io import write_text_file
from sklearn.model_selection import StratifiedKFold

from bot.brain import content, model
from bot.brain.slim import slim_training
from bot.brain.train import workshop

FOLDS = 5
THRESHOLDS = [round(0.05 * step, 2) for step in range(4, 18)]
CONFUSIONS_SHOWN = 15

Said = tuple[str, str]  # a sentence and the intent it means


@dataclass(frozen=True)
class Guess:
    """What was said, what it meant, and what the bot thought, how surely (0 to 1)."""

    text: str
    meant: str
    understood: str
    confidence: float

    @property
    def right(self) -> bool:
        return self.meant == self.understood


def evaluate(folder: Path, held_out: Path | None = None) -> str:
    """A report in plain text, by cross-validation, or on the sentences in `held_out`. Raises ContentError.

    `held_out` has tab-separated columns with their names in the first line, among them `text` and `intent`.
    """
    checked = content.read(folder)
    guesses = _ask(checked, checked.examples, _read(held_out)) if held_out else _cross_validate(checked)
    return "\n".join([*_summary(guesses), "", *_costs(guesses), "", *_confusions(guesses)])


def _cross_validate(checked: content.Content) -> list[Guess]:
    examples = checked.examples.intent_examples
    said = [(example.get("text"), example.get("intent")) for example in examples]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(said, [intent for _, intent in said])
    return [
        guess
        for learn, ask in folds
        for guess in _ask(checked, TrainingData([examples[i] for i in learn]), [said[i] for i in ask])
    ]


def _read(held_out: Path) -> list[Said]:
    with held_out.open(encoding="utf-8", newline="") as lines:
        return [(line["text"], line["intent"]) for line in csv.DictReader(lines, delimiter="\t")]


def _ask(checked: content.Content, learn: TrainingData, ask: Iterable[Said]) -> list[Guess]:
    slim_training(checked.component_names)
    with workshop() as folder:
        examples = folder / "nlu.yml"
        write_text_file(learn.nlu_as_yaml(), examples)
        archive = train_nlu(str(checked.config_file), str(examples), str(folder))
        processor = model.load(Path(archive))
    return asyncio.run(_guess(processor, ask))


async def _guess(processor: MessageProcessor, ask: Iterable[Said]) -> list[Guess]:
    guesses = []
    for text, meant in ask:
        understood = (await processor.parse_message(UserMessage(text)))["intent"]
        guesses.append(Guess(text, meant, understood["name"], understood["confidence"]))
    return guesses


def _summary(guesses: list[Guess]) -> list[str]:
    right = np.array([guess.right for guess in guesses])
    confidence = np.array([guess.confidence for guess in guesses])
    error = _calibration_error(confidence, right)
    return [
        f"{len(guesses)} messages, {right.mean():.1%} understood",
        f"confidence and truth are {error:.3f} apart on average (ECE)",
    ]


def _calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """The gap between confidence and share of right answers, averaged over bins by their size."""
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        (which == each).mean() * abs(confidence[which == each].mean() - right[which == each].mean())
        for each in range(bins)
        if (which == each).any()
    ]
    return float(sum(gaps))


def _costs(guesses: list[Guess]) -> list[str]:
    rows = ["threshold  answered at once  of these wrong"]
    for threshold in THRESHOLDS:
        answered = [guess for guess in guesses if guess.confidence >= threshold]
        wrong = sum(not guess.right for guess in answered) / max(len(answered), 1)
        rows.append(f"{threshold:9.2f}  {len(answered) / len(guesses):16.1%}  {wrong:14.1%}")
    return rows


def _confusions(guesses: list[Guess]) -> list[str]:
    pairs = Counter((guess.meant, guess.understood) for guess in guesses if not guess.right)
    examples = {(guess.meant, guess.understood): guess.text for guess in guesses}
    return [
        f"{count:3d} x {meant} taken for {understood}, such as: {examples[meant, understood]}"
        for (meant, understood), count in pairs.most_common(CONFUSIONS_SHOWN)
    ]
