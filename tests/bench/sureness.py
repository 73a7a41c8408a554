"""For the measurement of understanding: what a ranking by confidence is worth.

Everywhere `rows` are predictions (intent, confidence 0 to 1, answered) and `meant` the intents in the same
order; an answered message that is out of scope is a wrong answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

OUT_OF_SCOPE = "out_of_scope"
BINS = 15

Rows = Sequence[dict[str, Any]]


def excess_aurc(rows: Rows, meant: Sequence[str]) -> float:
    """Area under risk and coverage, less that of a bot that is always right and surer of all in scope."""
    outside = sum(intent == OUT_OF_SCOPE for intent in meant)
    perfect = [False] * (len(meant) - outside) + [True] * outside
    return _area(_wrong_by_sureness(rows, meant)) - _area(perfect)


def auroc(rows: Rows, meant: Sequence[str]) -> float:
    """The probability that a message in scope is surer than one that is not; a draw is a half."""
    ordered = sorted(
        (row["confidence"], intent != OUT_OF_SCOPE) for row, intent in zip(rows, meant, strict=True)
    )
    wins, below, at = 0.0, 0, 0
    before = -1.0
    held = 0
    for confidence, inside in ordered:
        if confidence != before:
            below, at, held, before = below + at, 0, 0, confidence
        if inside:
            wins += below + at / 2
            held += 1
        else:
            wins += held / 2
            at += 1
    outside = below + at
    return wins / max((len(ordered) - outside) * outside, 1)


def calibration_error(rows: Rows, meant: Sequence[str]) -> float:
    """The gap between confidence and share of right answers, over equal bins by their size (ECE)."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for row, intent in zip(rows, meant, strict=True):
        which = min(int(row["confidence"] * BINS), BINS - 1)
        bins[which].append((row["confidence"], row["intent"] == intent))
    gaps = [abs(sum(sure - right for sure, right in each)) for each in bins]
    return math.fsum(gaps) / max(len(rows), 1)


def wrong_share(rows: Rows, meant: Sequence[str]) -> float:
    """Of the answers."""
    answers = [row["intent"] == intent for row, intent in zip(rows, meant, strict=True) if row["answered"]]
    return answers.count(False) / max(len(answers), 1)


def coverage(rows: Rows, meant: Sequence[str]) -> float:
    """The share of the messages in scope that is answered."""
    inside = [row for row, intent in zip(rows, meant, strict=True) if intent != OUT_OF_SCOPE]
    return sum(bool(row["answered"]) for row in inside) / max(len(inside), 1)


def best_coverage(rows: Rows, meant: Sequence[str], target: float) -> float:
    """The most that any threshold on this ranking answers of what is in scope, at this wrong share."""
    inside = [intent != OUT_OF_SCOPE for intent in _by_sureness(rows, meant)]
    wrong = accumulate(_wrong_by_sureness(rows, meant))
    kept = [number for number, errors in enumerate(wrong, start=1) if errors <= target * number]
    return sum(inside[: max(kept, default=0)]) / max(sum(inside), 1)


def _wrong_by_sureness(rows: Rows, meant: Sequence[str]) -> list[bool]:
    pairs = zip(rows, meant, strict=True)
    return [row["intent"] != intent for row, intent in sorted(pairs, key=lambda pair: -pair[0]["confidence"])]


def _by_sureness(rows: Rows, meant: Sequence[str]) -> list[str]:
    pairs = zip(rows, meant, strict=True)
    return [intent for _, intent in sorted(pairs, key=lambda pair: -pair[0]["confidence"])]


def _area(wrong: Sequence[bool]) -> float:
    risks = [errors / number for number, errors in enumerate(accumulate(wrong), start=1)]
    return sum(risks) / max(len(risks), 1)
