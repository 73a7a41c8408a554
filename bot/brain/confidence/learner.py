"""For trainers: learns intents from examples, and says of a text what it means and how sure that is.

How sure is learned from what was not learned: each example is asked of those in other folds; five groups of
whole intents are left out in turn, so that their examples stand for what no intent covers, near the subject;
and a background of everyday sentences (background/) stands for what is far from it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bot.brain.confidence import promise as promises
from bot.brain.confidence.calibration import Calibration, calibrate
from bot.brain.confidence.encoder import Encoder, encoder
from bot.brain.confidence.evidence import Witnesses
from bot.brain.confidence.grams import words
from bot.brain.confidence.kernel import EXACT, LANDMARKS, Landmarks, Likeness, Ridge

OUT_OF_SCOPE = "out_of_scope"
NOBODY = -1
FOLDS = 5
LEFT_OUT_TWICE = 2  # groupings of the intents: one alone depends much on which come together
# How many reviewed messages the imagined ones are worth: examples are odder than what customers write, closed
# subjects nearer than what no intent covers. Many make a steady calibration, few a true threshold.
TO_CALIBRATE, TO_PROMISE = 200, 50
CALIBRATED_ON = 6000  # rows of each kind at most
SHARPNESS = 6.0  # of the runners-up beside the likeliest
FEW = 0.1  # of the examples: a language that hardly occurs is left alone
HAN = re.compile(r"[\u4e00-\u9fff]")

Said = tuple[str, str]  # a text and its intent


@dataclass(frozen=True)
class Options:
    """What a trainer may set; shares are of messages, 0 to 1."""

    encoder: str = "multilingual"
    target_wrong_share: float = 0.05
    out_of_scope_share: float = 0.2  # assumed until reviewed messages tell
    far_share: float = 0.7  # of those out of scope: how many are everyday talk and not near the subject
    worth_asking: float = 0.33  # asking back has to find the meaning this often


@dataclass
class Understanding:
    """What was learned; the encoder is found again by its name."""

    intents: list[str]
    landmarks: Landmarks
    witnesses: Witnesses
    weights: np.ndarray
    calibration: Calibration
    threshold: float
    ask_back_threshold: float
    report: dict[str, Any]

    def understand(self, texts: Sequence[str]) -> list[list[tuple[str, float]]]:
        """For each text all intents with their probability, from the likeliest on; what is missing to 1 is
        the probability that none of them is meant.
        """
        likeness = self.landmarks.likeness(texts)
        scores = likeness.kernel @ self.weights
        evidence = self.witnesses.testify(scores, likeness)
        sure = self.calibration.probability(evidence.numbers)
        return [
            self._ranking(order, score, float(p))
            for order, score, p in zip(evidence.ranking, scores, sure, strict=True)
        ]

    def is_gibberish(self, text: str) -> bool:
        """Several words, and none of them in any example: likenesses of letters are chance."""
        return len(words(text)) > 1 and not self.landmarks.knows_a_word(text)

    def _ranking(self, order: np.ndarray, scores: np.ndarray, first: float) -> list[tuple[str, float]]:
        rest = np.exp(SHARPNESS * (scores[order[1:]] - scores[order[0]]))
        rest *= min(first, (1 - first) / max(float(rest.sum()), 1e-9))
        shares = [first, *map(float, rest)]
        return [(self.intents[which], share) for which, share in zip(order, shares, strict=True)]


def learn(examples: Sequence[Said], options: Options, reviewed: Sequence[Said] = ()) -> Understanding:
    """Learn from examples of at least two intents. `reviewed` messages tell the share of those out of scope,
    and what these look like. Raises EncoderMissing.
    """
    outside = [intent == OUT_OF_SCOPE for _, intent in reviewed]
    share = promises.out_of_scope_share(options.out_of_scope_share, outside)
    covered = any(intent == OUT_OF_SCOPE for _, intent in examples)  # the trainers have an answer for them
    seen_outside = [] if covered else [text for text, intent in reviewed if intent == OUT_OF_SCOPE]
    material = _gather(examples, seen_outside, encoder(options.encoder))
    ridge = Ridge(material.likeness.kernel, material.chosen, material.classes)
    witnesses = Witnesses(material.classes[material.chosen])
    asked = _ask_unlearned(
        material, ridge, witnesses, [said for said in reviewed if said[1] in material.intents]
    )
    calibration = calibrate(
        asked.numbers, asked.right, asked.weights(share.mean, options.far_share, TO_CALIBRATE)
    )
    weights = asked.weights(share.mean, options.far_share, TO_PROMISE)
    sure = calibration.probability(asked.numbers)
    promised = promises.promise(
        sure, asked.right, asked.among_two, weights, options.target_wrong_share, options.worth_asking
    )
    report = promises.as_report(promised, share, asked.sizes(), options.target_wrong_share)
    thresholds = promised.answer, promised.ask_back
    return Understanding(
        material.intents, material.landmarks, witnesses, ridge.weights, calibration, *thresholds, report
    )


@dataclass(frozen=True)
class _Material:
    """What is learned from: `classes` of the examples, then of the background, the highest of all."""

    intents: list[str]
    classes: np.ndarray
    chosen: np.ndarray  # the rows of those that are landmarks
    landmarks: Landmarks
    likeness: Likeness  # of all to the landmarks

    @property
    def out_of_scope(self) -> int:
        """The class that says so, where trainers have written one; else none is right for the background."""
        return self.intents.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in self.intents else NOBODY

    @property
    def inside(self) -> np.ndarray:
        """True for the examples, false for the background."""
        inside: np.ndarray = self.classes < len(self.intents)
        return inside


def _gather(examples: Sequence[Said], seen_outside: list[str], encode: Encoder | None) -> _Material:
    intents = sorted({intent for _, intent in examples})
    background = [*_background(examples), *seen_outside]
    texts = [text for text, _ in examples] + background
    classes = np.array([intents.index(intent) for _, intent in examples] + [len(intents)] * len(background))
    chosen = _spread_over(classes, LANDMARKS if len(classes) > EXACT else EXACT)
    vectors = encode(texts) if encode else None
    known = None if vectors is None else vectors[chosen]
    landmarks = Landmarks([texts[row] for row in chosen], known, encode)
    likeness = landmarks.likeness(texts, vectors)
    everyday = slice(len(examples), len(texts) - len(seen_outside))
    kept = ~_explained(likeness, classes, chosen, everyday)
    stay = kept[chosen]
    return _Material(
        intents,
        classes[kept],
        (np.cumsum(kept) - 1)[chosen[stay]],
        landmarks.only(np.flatnonzero(stay)),
        likeness[kept][:, stay],
    )


def _explained(likeness: Likeness, classes: np.ndarray, chosen: np.ndarray, everyday: slice) -> np.ndarray:
    """True for sentences of the background that look like examples: to this company they are not far."""
    alike = likeness.words + likeness.meaning
    same = classes[:, None] == classes[chosen][None, :]
    itself = np.arange(len(classes))[:, None] == chosen[None, :]
    usual = np.median(np.where(same & ~itself, alike, -np.inf)[: everyday.start].max(axis=1))
    inside = classes[chosen] < classes.max()
    explained = np.zeros(len(classes), dtype=bool)
    explained[everyday] = alike[everyday][:, inside].max(axis=1) > usual
    return explained


@dataclass(frozen=True)
class _Asked:
    """Evidence on texts that were not learned from: examples, background, and intents left out whole."""

    numbers: np.ndarray
    right: np.ndarray
    among_two: np.ndarray  # the meaning is one of the two likeliest
    kind: np.ndarray  # one of:

    INSIDE, FAR, NEAR, REVIEWED, REVIEWED_OUTSIDE = range(5)

    def weights(self, out_of_scope: float, far: float, worth: float) -> np.ndarray:
        """How much each counts, so that together they are the traffic that is assumed; the imagined ones are
        `worth` so many reviewed ones.
        """
        counts = np.bincount(self.kind, minlength=5)
        inside, seen = 1 - out_of_scope, counts[self.REVIEWED]
        seen_outside = counts[self.REVIEWED_OUTSIDE]
        real = seen / (seen + worth)
        real_outside = seen_outside / (seen_outside + worth)
        imagined = out_of_scope * (1 - real_outside)
        shares = (
            inside * (1 - real),
            imagined * far,
            imagined * (1 - far),
            inside * real,
            out_of_scope * real_outside,
        )
        per_kind = np.array(shares) / np.maximum(counts, 1) * counts[self.INSIDE]
        weights: np.ndarray = per_kind[self.kind]
        return weights

    def sizes(self) -> dict[str, int]:
        """How many of each kind were asked."""
        names = ("examples", "background", "left_out", "reviewed", "reviewed_outside")
        return dict(zip(names, map(int, np.bincount(self.kind, minlength=5)), strict=True))


def _ask_unlearned(
    material: _Material, ridge: Ridge, witnesses: Witnesses, reviewed: Sequence[Said]
) -> _Asked:
    chance = np.random.default_rng(0)
    asked = [_ask(material, ridge, witnesses, _folds(material.classes, chance), _Asked.INSIDE)]
    for _ in range(LEFT_OUT_TWICE):
        of_intent = chance.permutation(len(material.intents)) % FOLDS
        groups = np.where(material.inside, np.append(of_intent, -1)[material.classes], -1)
        asked.append(_ask(material, ridge, witnesses, groups, _Asked.NEAR))
    if reviewed:
        asked.append(_ask_reviewed(material, ridge, witnesses, reviewed))
    parts = [np.concatenate(part) for part in zip(*asked, strict=True)]
    return _Asked(*_few_of_each_kind(parts, chance))


def _ask(
    material: _Material, ridge: Ridge, witnesses: Witnesses, groups: np.ndarray, kind: int
) -> tuple[np.ndarray, ...]:
    """Each text that is in a group, asked of the others."""
    rows = np.flatnonzero(groups >= 0)
    scores, classes = ridge.without(groups)[rows], material.classes[rows]
    numbers, ranking = [], []
    for part in np.array_split(np.arange(len(rows)), max(len(rows) // 2000, 1)):
        hidden = groups[rows[part]][:, None] == groups[material.chosen][None, :]
        evidence = witnesses.testify(scores[part], material.likeness[rows[part]], hidden)
        numbers.append(evidence.numbers)
        ranking.append(evidence.ranking[:, :2])
    meant = np.concatenate(ranking)
    wanted = np.where(material.inside[rows], classes, material.out_of_scope)
    known = (kind == _Asked.INSIDE) | ~material.inside[rows]
    right = known & (meant[:, 0] == wanted)
    among_two = known & (meant == wanted[:, None]).any(axis=1)
    return np.concatenate(numbers), right, among_two, np.where(material.inside[rows], kind, _Asked.FAR)


def _ask_reviewed(
    material: _Material, ridge: Ridge, witnesses: Witnesses, reviewed: Sequence[Said]
) -> tuple[np.ndarray, ...]:
    """Messages of customers: none of them was learned from, so all may be asked of everything."""
    likeness = material.landmarks.likeness([text for text, _ in reviewed])
    evidence = witnesses.testify(likeness.kernel @ ridge.weights, likeness)
    wanted = np.array([material.intents.index(intent) for _, intent in reviewed])
    among_two = (evidence.ranking[:, :2] == wanted[:, None]).any(axis=1)
    outside = wanted == material.out_of_scope
    kind = np.where(outside, _Asked.REVIEWED_OUTSIDE, _Asked.REVIEWED)
    return evidence.numbers, evidence.ranking[:, 0] == wanted, among_two, kind


def _few_of_each_kind(parts: list[np.ndarray], chance: np.random.Generator) -> list[np.ndarray]:
    kinds = parts[-1]
    few = [chance.permutation(np.flatnonzero(kinds == kind))[:CALIBRATED_ON] for kind in np.unique(kinds)]
    rows = np.sort(np.concatenate(few))
    return [part[rows] for part in parts]


def _folds(classes: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """A fold for each, every class spread over all of them."""
    folds = np.zeros(len(classes), dtype=int)
    for each in np.unique(classes):
        rows = chance.permutation(np.flatnonzero(classes == each))
        folds[rows] = np.arange(len(rows)) % FOLDS
    return folds


def _spread_over(classes: np.ndarray, most: int) -> np.ndarray:
    """The rows of at most so many, each class in proportion."""
    if len(classes) <= most:
        return np.arange(len(classes))
    places = np.zeros(len(classes))
    chance = np.random.default_rng(0)
    for each in np.unique(classes):
        rows = chance.permutation(np.flatnonzero(classes == each))
        places[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    return np.sort(np.argsort(places, kind="stable")[:most])


def _background(examples: Sequence[Said]) -> list[str]:
    """Everyday sentences in the languages of the examples, none of which is an example itself."""
    chinese = sum(bool(HAN.search(text)) for text, _ in examples) / len(examples)
    known = {text.casefold() for text, _ in examples}
    wanted = [*_sentences("zh")] * (chinese > FEW) + [*_sentences("en")] * (chinese < 1 - FEW)
    return [sentence for sentence in wanted if sentence.casefold() not in known]


@cache
def _sentences(language: str) -> tuple[str, ...]:
    file = Path(__file__).parent / "background" / f"{language}.txt"
    return tuple(file.read_text(encoding="utf-8").split("\n")[:-1])
