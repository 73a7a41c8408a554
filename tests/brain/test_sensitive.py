"""Subjects that are not for a bot: careful words, no guess, and a person at once."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.brain.conftest import Customer

Meet = Callable[..., Customer]
SET = Path(__file__).parents[1] / "content" / "sensitive.tsv"


@pytest.mark.parametrize(("language", "precision", "recall"), [("zh", 0.95, 0.95), ("en", 0.95, 0.95)])
def test_they_are_recognised(customer: Meet, language: str, precision: float, recall: float) -> None:
    """On sentences that were written before the phrases that find them."""
    with SET.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["language"] == language]
    said = [(row["subject"] != "none", customer(language).says(row["text"]).handoff) for row in rows]
    found = [meant for meant, handoff in said if handoff == "sensitive"]
    assert sum(found) / len(found) >= precision
    assert sum(found) / sum(meant for meant, _ in said) >= recall


@pytest.mark.parametrize(
    ("language", "text", "heard"),
    [
        ("zh", "我不想活了", "12356"),
        ("en", "I want to kill myself", "12356"),
        ("zh", "家里着火了，电话打不通", "119"),
        ("en", "my father collapsed and I have no signal", "120"),
        ("zh", "我要起诉你们", "权益"),
        ("en", "you will hear from my lawyer", "your rights"),
        ("zh", "孩子偷偷充了两千块", "未成年人"),
        ("en", "I'm 12, can I have a contract", "children"),
        ("zh", "我的信息被泄露了", "服务密码"),
        ("en", "you leaked my data", "seriously"),
        ("zh", "我父亲去世了，号码怎么办", "节哀"),
        ("en", "my husband passed away, close his number", "sorry for your loss"),
    ],
)
def test_each_has_words_of_its_own(customer: Meet, language: str, text: str, heard: str) -> None:
    said = customer(language).says(text)
    assert said.handoff == "sensitive"
    assert heard in said
    assert said.choices == []


def test_they_go_before_anger_and_before_a_form(customer: Meet) -> None:
    somebody = customer("en")
    somebody.says("where is my order")
    said = somebody.says("I'm so ANGRY I want to kill myself!!!")
    assert said.handoff == "sensitive"
    assert "12356" in said
