"""How angry a customer is: measured on sentences that were written before the words that find them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.brain.conftest import Customer

Meet = Callable[..., Customer]
SET = Path(__file__).parents[1] / "content" / "feelings.tsv"
OVER = {"anger": {"anger"}, "annoyance": {"anger", "annoyance"}}
MEANT = {"anger": {"angry"}, "annoyance": {"angry", "mild"}}


def rows(language: str) -> list[dict[str, str]]:
    with SET.open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines, delimiter="\t") if row["language"] == language]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_set_is_large_and_varied(language: str) -> None:
    kinds = [row["kind"] for row in rows(language)]
    assert len(kinds) >= 120
    assert all(kinds.count(kind) >= 14 for kind in ("angry", "mild", "neutral", "happy", "tricky"))


@pytest.mark.parametrize(
    ("language", "level", "precision", "recall"),
    [
        ("zh", "anger", 0.92, 0.92),
        ("zh", "annoyance", 0.94, 0.94),
        ("en", "anger", 0.94, 0.82),
        ("en", "annoyance", 0.95, 0.9),
    ],
)
def test_anger_is_found_and_calm_is_left_alone(
    customer: Meet, language: str, level: str, precision: float, recall: float
) -> None:
    said = [(row["kind"] in MEANT[level], feeling(customer(language), row["text"])) for row in rows(language)]
    found = [meant for meant, name in said if name in OVER[level]]
    assert sum(found) / len(found) >= precision
    assert sum(found) / sum(meant for meant, _ in said) >= recall


@pytest.mark.parametrize(
    ("calmer", "angrier"),
    [
        ("you are useless", "you are absolutely useless"),
        ("this is terrible", "this is terrible!!!"),
        ("your service is terrible", "YOUR SERVICE IS TERRIBLE"),
        ("this is terrible, please help", "this is terrible, help"),
        ("I'm not angry", "I'm angry"),
        ("I'm not really that angry", "I'm really angry"),
        ("my boss is furious about it", "I'm furious about it"),
        ("a bit slow, thank you", "a bit slow, so annoying"),
        ("it is so annoying", "it is soooo annoying, ugh"),
        ("服务差劲", "服务太差劲了"),
        ("服务差劲", "服务差劲！！！"),
        ("我没有生气", "我生气了"),
        ("我并不是很生气", "我很生气"),
        ("我女朋友生气了", "我生气了"),
        ("垃圾短信太多", "垃圾公司太多"),
        ("麻烦您看看，网速太慢", "网速太慢，心累"),
    ],
)
def test_emphasis_denial_and_courtesy_change_how_angry_it_is(
    customer: Meet, calmer: str, angrier: str
) -> None:
    somebody = customer("en")
    low = somebody.says(calmer).raw["feeling"]["intensity"]
    assert low < customer("en").says(angrier).raw["feeling"]["intensity"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "气死我了，又断网，你们管不管！！！"),
        ("zh", "傻逼机器人"),
        ("en", "I'm FURIOUS, charged twice AGAIN!!!"),
        ("en", "stupid bot, that's not what I asked"),
        ("en", "😡😡😡"),
    ],
)
def test_an_angry_customer_hears_an_apology_and_gets_a_person(
    customer: Meet, language: str, text: str
) -> None:
    said = customer(language).says(text)
    assert said.handoff == "anger"
    assert {"zh": "对不起", "en": "sorry"}[language] in said, "an apology first"
    assert {"zh": "之前也有客户遇到过", "en": "just as fed up"}[language] in said, "feel, felt, found"
    assert said.raw["feeling"]["name"] == "anger"
    assert said.state is None


def test_anger_goes_before_a_form(customer: Meet) -> None:
    somebody = customer("en")
    assert somebody.says("where is my order").form == "order_form"
    said = somebody.says("I'm sick of this, you idiots!!!")
    assert said.handoff == "anger"
    assert said.form is None


@pytest.mark.parametrize(
    ("language", "text", "intent", "sorry"),
    [
        ("zh", "真麻烦，发票怎么开", "invoice", "抱歉"),
        ("en", "ugh, how do I get an invoice?", "invoice", "sorry"),
    ],
)
def test_an_annoyed_customer_is_answered_with_a_word_of_apology_first(
    customer: Meet, language: str, text: str, intent: str, sorry: str
) -> None:
    said = customer(language).says(text)
    assert said.intent == intent
    assert said.handoff is None
    assert sorry in said.texts[0].partition("\n")[0]
    assert {"zh": "发票", "en": "invoice"}[language] in said


def test_an_answer_that_apologises_does_so_once(customer: Meet) -> None:
    said = customer("en").says("so annoying, my phone has no signal")
    assert said.intent == "network_fault"
    assert said.raw["feeling"]["name"] == "annoyance"
    assert "".join(said.texts).lower().count("sorry") == 1


def feeling(somebody: Customer, text: str) -> str:
    return str(somebody.says(text).raw["feeling"]["name"])
