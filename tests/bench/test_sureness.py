"""The measures of confidence, on rankings small enough to count by hand."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.bench.sureness import auroc, best_coverage, calibration_error, coverage, excess_aurc, wrong_share

MEANT = ["a", "b", "a", "out_of_scope"]


def said(*confidences: float, intents: str = "abaa") -> list[dict[str, Any]]:
    return [
        {"intent": intent, "confidence": confidence, "answered": confidence >= 0.5}
        for intent, confidence in zip(intents, confidences, strict=True)
    ]


def test_a_perfect_ranking_has_nothing_in_excess() -> None:
    rows = said(0.9, 0.8, 0.7, 0.1)
    assert excess_aurc(rows, MEANT) == pytest.approx(0)
    assert auroc(rows, MEANT) == 1
    assert wrong_share(rows, MEANT) == 0
    assert coverage(rows, MEANT) == best_coverage(rows, MEANT, 0.05) == 1


def test_what_is_out_of_scope_and_sure_costs() -> None:
    rows = said(0.9, 0.4, 0.7, 0.8)
    # one wrong of two, of three, of four, instead of one of four
    assert excess_aurc(rows, MEANT) == pytest.approx((1 / 2 + 1 / 3) / 4)
    assert auroc(rows, MEANT) == pytest.approx(1 / 3)
    assert wrong_share(rows, MEANT) == pytest.approx(1 / 3)
    assert coverage(rows, MEANT) == pytest.approx(2 / 3)
    assert best_coverage(rows, MEANT, 0.05) == pytest.approx(1 / 3)


def test_a_draw_is_half_a_win() -> None:
    assert auroc(said(0.5, 0.5, 0.5, 0.5), MEANT) == 0.5


def test_the_area_is_what_counting_all_pairs_gives() -> None:
    chance = random.Random(7)
    meant = [chance.choice(["a", "out_of_scope"]) for _ in range(200)]
    rows = said(*(round(chance.random(), 1) for _ in meant), intents="a" * 200)
    inside = [row["confidence"] for row, intent in zip(rows, meant, strict=True) if intent == "a"]
    outside = [row["confidence"] for row, intent in zip(rows, meant, strict=True) if intent != "a"]
    won = sum((i > o) + 0.5 * (i == o) for i in inside for o in outside)
    assert auroc(rows, meant) == pytest.approx(won / (len(inside) * len(outside)))


def test_certain_and_always_right_is_calibrated_and_certain_and_wrong_is_not() -> None:
    assert calibration_error(said(1, 1, 1, 0), MEANT) == 0
    assert calibration_error(said(1, 1, 1, 1, intents="bbbb"), ["a"] * 4) == 1
