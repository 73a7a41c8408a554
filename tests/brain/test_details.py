"""What customers ask next gets a short answer of its own, however the classifier would take it by itself."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable

import pytest
from ruamel.yaml import YAML

from tests.brain.conftest import Customer, Said
from tests.support.brain import ROOT

Meet = Callable[..., Customer]


@pytest.mark.parametrize(
    ("language", "first", "then", "told"),
    [
        ("zh", "营业厅在哪", "停车要不要钱", "两小时"),
        ("zh", "营业厅在哪", "周日也开门吗", "周日"),
        ("zh", "我要开发票", "抬头能写我们公司不", "单位"),
        ("zh", "去日本怎么开漫游", "那边打电话怎么收", "0.99"),
        ("zh", "去日本怎么开漫游", "落地以后再开可以不", "Wi-Fi"),
        ("zh", "手机被偷了", "赶紧先给我停了", "555-0100"),
        ("zh", "携号转网怎么办", "我欠着费能转不", "交清"),
        ("en", "where are your shops", "can I leave my car there", "two hours"),
        ("en", "where are your shops", "r u open on sunday", "Sundays"),
        ("en", "how do I turn on roaming in Japan", "and phone calls?", "0.99"),
        ("en", "how do I turn on roaming in Japan", "could I switch it on after I land", "Wi-Fi"),
        ("en", "my phone was stolen", "pls block it now", "555-0100"),
        ("en", "how do I bring my number", "i still owe them money", "Pay"),
    ],
)
def test_the_next_question_is_answered_by_itself(
    customer: Meet, language: str, first: str, then: str, told: str
) -> None:
    somebody = customer(language)
    whole = somebody.says(first)
    said = somebody.says(then)
    assert told in said
    assert said.handoff is None
    assert len(said.texts[0]) < len(whole.texts[0])


@pytest.mark.parametrize(
    ("language", "first", "then", "form"),
    [
        ("zh", "宽带断了", "那咋办啊", "repair_form"),
        ("en", "my broadband is down", "ok so what now", "repair_form"),
    ],
)
def test_a_wish_that_follows_is_granted(
    customer: Meet, language: str, first: str, then: str, form: str
) -> None:
    somebody = customer(language)
    somebody.says(first)
    assert somebody.says(then).form == form


@pytest.mark.parametrize(("language", "text"), [("zh", "可以停车吗"), ("en", "is there parking")])
def test_without_that_answer_before_it_is_no_detail(customer: Meet, language: str, text: str) -> None:
    assert customer(language).says(text).raw["detail"] is None


@pytest.mark.parametrize(
    ("language", "first", "then", "intent"),
    [
        ("zh", "营业厅在哪", "查一下我的话费", "bill_query"),
        ("zh", "手机被偷了", "补卡要多少钱", "sim_replacement"),
        ("en", "where are your shops", "check my bill please", "bill_query"),
        ("en", "my phone was stolen", "how much is a new sim", "sim_replacement"),
        ("en", "where are your shops", "thanks", "thanks"),
    ],
)
def test_a_question_of_its_own_keeps_its_answer(
    customer: Meet, language: str, first: str, then: str, intent: str
) -> None:
    somebody = customer(language)
    somebody.says(first)
    said, alone = somebody.says(then), customer(language).says(then)
    assert said.intent == intent
    assert [action["name"] for action in said.raw["actions"]] == [
        each["name"] for each in alone.raw["actions"]
    ]


def test_a_detail_asked_within_a_form_is_told_and_the_form_goes_on(customer: Meet) -> None:
    somebody = customer("en")
    asked = somebody.says("check my bill")
    said = somebody.says("why is it so high this time")
    assert said.form == asked.form
    assert len(said.texts) > 1


FOUND, RIGHT, LEFT_ALONE = 0.5, 0.9, 0.95


def test_held_out_next_questions_are_found_and_others_left_alone(
    customer: Meet, capsys: pytest.CaptureFixture[str]
) -> None:
    """Written by somebody who saw the answers, never the examples. `none`: the first question once more, or a
    new one.
    """
    seen: Counter[str] = Counter()
    missed: list[str] = []
    lines = (ROOT / "tests" / "content" / "next_questions.tsv").read_text("utf-8").splitlines()
    for row in csv.DictReader(lines, delimiter="\t"):
        outcome = becomes_of(row, customer(row["language"]))
        seen[outcome] += 1
        if outcome in {"wrong", "taken"}:
            missed.append(f"  {row['topic']}: {row['text']}")
    asked, told = seen["right"] + seen["wrong"] + seen["not found"], seen["right"] + seen["wrong"]
    shares = seen["right"] / asked, seen["right"] / told, seen["left"] / (seen["left"] + seen["taken"])
    with capsys.disabled():
        print("\nfound {:.1%}, right {:.1%} of those told, left alone {:.1%}".format(*shares), dict(seen))
    assert shares[0] >= FOUND, missed
    assert shares[1] >= RIGHT, missed
    assert shares[2] >= LEFT_ALONE, missed


def becomes_of(row: dict[str, str], somebody: Customer) -> str:
    somebody.state = {"v": 1, "topic": [row["topic"], int(time.time() // 60)]}
    said = somebody.says(row["text"])
    did = {action["name"] for action in said.raw["actions"]}
    told = (said.raw["detail"] or {}).get("name") if "action_detail" in did else None
    if row["detail"] == "none":
        return "taken" if told else "left"
    wanted = f"{row['topic']}/{row['detail']}"
    if told == wanted or (wanted in MEANS and understood_as(said, did) == MEANS[wanted]):
        return "right"
    return "wrong" if told else "not found"


def understood_as(said: Said, did: set[str]) -> str | None:
    """The intent that was followed, as far as it shows."""
    if said.handoff:
        return {"asked": "human"}.get(said.handoff, said.handoff)
    return None if "action_clarify" in did else said.state["topic"][0]


def read_details() -> dict[str, dict[str, object]]:
    files = (ROOT / "stories" / "details").glob("*.yml")
    topics = [each for file in files for each in YAML(typ="safe").load(file).items()]
    return {f"{topic}/{name}": detail for topic, details in topics for name, detail in details.items()}


MEANS = {name: detail["means"] for name, detail in read_details().items() if "means" in detail}
