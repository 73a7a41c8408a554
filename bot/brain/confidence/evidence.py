"""For the calibration: what speaks for and against the likeliest meaning of a text, in 18 numbers.

From the scores: how high, how far ahead, how spread the rest. From the examples, by words and by meaning:
how near the nearest of all, of the likeliest meaning, of any other, of the background; who the five
nearest are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.brain.confidence.kernel import Likeness

NEAREST = 5
FAR = -1.0  # farther than any text can be


@dataclass(frozen=True)
class Evidence:
    """Of texts: the numbers (texts, 18), and all meanings from the likeliest on (texts, meanings)."""

    numbers: np.ndarray
    ranking: np.ndarray


class Witnesses:
    """The landmarks by class. The last class is the background, which no text is said to mean."""

    def __init__(self, classes: np.ndarray) -> None:
        """`classes` a number for each landmark; the highest is the background's."""
        self._order = np.argsort(classes, kind="stable")
        self._classes = classes[self._order]
        self._starts = np.flatnonzero(np.diff(self._classes, prepend=-1))

    def testify(self, scores: np.ndarray, likeness: Likeness, hidden: np.ndarray | None = None) -> Evidence:
        """`scores` (texts, classes); `hidden` (texts, landmarks): true where one must not be seen."""
        meant, background = scores[:, :-1], scores[:, -1]
        ranking = np.argsort(-meant, axis=1)
        rows, top = np.arange(len(scores)), ranking[:, 0]
        best = meant[rows, top]
        second = meant[rows, ranking[:, 1]] if meant.shape[1] > 1 else np.full(len(best), -1.0)
        numbers = [
            best,
            best - second,
            _spread(meant, best),
            _rest(meant, best),
            background,
            best - background,
        ]
        for alike in (likeness.words, likeness.meaning):
            numbers += self._nearest(alike, top, hidden)
        return Evidence(np.stack(numbers, axis=1).astype(np.float64), ranking)

    def _nearest(self, alike: np.ndarray, top: np.ndarray, hidden: np.ndarray | None) -> list[np.ndarray]:
        seen = (alike if hidden is None else np.where(hidden, FAR, alike))[:, self._order]
        by_class = np.maximum.reduceat(seen, self._starts, axis=1)
        meant, background = by_class[:, :-1], by_class[:, -1]
        rows = np.arange(len(top))
        of_top, others = meant[rows, top], meant.copy()
        others[rows, top] = FAR
        few = min(NEAREST, seen.shape[1] - 1)
        nearest = np.argpartition(-seen, few, axis=1)[:, :few]
        share = (self._classes[nearest] == top[:, None]).mean(axis=1)
        return [
            meant.max(axis=1),
            of_top,
            of_top - others.max(axis=1),
            share,
            background,
            of_top - background,
        ]


def _spread(scores: np.ndarray, best: np.ndarray) -> np.ndarray:
    """The entropy of a sharp softmax."""
    shares = np.exp(6.0 * (scores - best[:, None]))
    shares /= shares.sum(axis=1, keepdims=True)
    entropy: np.ndarray = -(shares * np.log(shares + 1e-12)).sum(axis=1)
    return entropy


def _rest(scores: np.ndarray, best: np.ndarray) -> np.ndarray:
    """What the other meanings have together."""
    rest: np.ndarray = np.maximum(scores + 1, 0).sum(axis=1) - np.maximum(best + 1, 0)
    return rest
