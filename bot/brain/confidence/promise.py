"""For trainers: the two thresholds, from a promise: at most this share of the bot's answers is wrong.

The curve tells, for each confidence that one might answer from, how much would be answered and how much of it
would be wrong. It comes from what was asked without having been learned, weighted to the assumed traffic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

SURE = 1.2816  # standard deviations: nine times in ten the truth lies below the upper bound
PRIOR = 20.0  # reviewed messages that the assumed share of out-of-scope ones is worth
INTERVAL = (0.025, 0.975)
CURVE_POINTS = 100


@dataclass(frozen=True)
class Share:
    """The share of messages that no intent covers, with its 95% interval; `reviewed` messages told it."""

    mean: float
    low: float
    high: float
    reviewed: int


@dataclass(frozen=True)
class Promise:
    """From `answer` on the bot answers, from `ask_back` on it asks back, under both a person is called."""

    answer: float
    ask_back: float
    curve: dict[str, np.ndarray]  # threshold, answered, wrong, wrong_upper

    def at(self, threshold: float) -> dict[str, float]:
        """What answering from this confidence on would mean."""
        point = max(int(np.searchsorted(-self.curve["threshold"], -threshold, side="right")) - 1, 0)
        return {name: float(values[point]) for name, values in self.curve.items()}

    def drawn(self) -> list[dict[str, float]]:
        """About a hundred points of the curve."""
        points = np.unique(np.linspace(0, len(self.curve["threshold"]) - 1, CURVE_POINTS).astype(int))
        return [
            {name: round(float(values[point]), 4) for name, values in self.curve.items()} for point in points
        ]


def out_of_scope_share(assumed: float, reviewed: list[bool]) -> Share:
    """The share after seeing `reviewed` messages, true where one was out of scope (Beta posterior)."""
    from scipy.stats import beta

    outside = PRIOR * assumed + sum(reviewed)
    inside = PRIOR * (1 - assumed) + len(reviewed) - sum(reviewed)
    low, high = beta.ppf(INTERVAL, outside, inside)
    return Share(outside / (outside + inside), float(low), float(high), len(reviewed))


def promise(
    confidence: np.ndarray,
    right: np.ndarray,
    among_two: np.ndarray,
    weights: np.ndarray,
    target_wrong_share: float,
    worth_asking: float,
) -> Promise:
    """`answer` is the lowest confidence at which the upper bound of the wrong share keeps the target;
    `ask_back` the lowest at which `worth_asking` of the messages mean one of the two likeliest.
    All arrays have one entry for each message that was asked.
    """
    order = np.argsort(-confidence, kind="stable")
    weight, sure = weights[order], confidence[order]
    answered = np.cumsum(weight)
    wrong = np.cumsum(weight * ~right[order]) / answered
    sample = answered**2 / np.cumsum(weight**2)
    upper = wrong + SURE * np.sqrt(np.maximum(wrong * (1 - wrong), 1e-9) / sample)
    curve = {
        "threshold": sure,
        "answered": answered / answered[-1],
        "wrong": wrong,
        "wrong_upper": np.minimum(upper, 1.0),
    }
    kept = np.flatnonzero(upper <= target_wrong_share)
    answer = float(sure[kept[-1]]) if len(kept) else 1.0
    return Promise(
        answer, _ask_back(sure, among_two[order].astype(float), weight, answer, worth_asking), curve
    )


def _ask_back(
    sure: np.ndarray, among_two: np.ndarray, weight: np.ndarray, answer: float, worth_asking: float
) -> float:
    """From how sure on one of the two likeliest meanings is right often enough."""
    from sklearn.isotonic import IsotonicRegression

    found = IsotonicRegression(out_of_bounds="clip").fit(sure, among_two, sample_weight=weight)
    worth = np.flatnonzero(found.predict(sure) >= worth_asking)
    return min(float(sure[worth[-1]]), answer) if len(worth) else answer


def as_report(promised: Promise, share: Share, sample: dict[str, int], target: float) -> dict[str, Any]:
    """What is written beside the model, and drawn."""
    answered = promised.at(promised.answer)["answered"]
    read = promised.at(promised.ask_back)["answered"]
    return {
        "target_wrong_share": target,
        "threshold": promised.answer,
        "ask_back_threshold": promised.ask_back,
        "expected": {
            **{name: value for name, value in promised.at(promised.answer).items() if name != "threshold"},
            "asked_back": max(read - answered, 0.0),
            "handed_over_at_once": 1 - max(read, answered),
        },
        "out_of_scope_share": vars(share),
        "sample": sample,
        "curve": promised.drawn(),
    }
