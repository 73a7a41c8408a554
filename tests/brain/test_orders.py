"""Where is my order? The form, the look-up, and all that may get in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.brain.conftest import Customer
from tests.brain.shop import TOKEN, Shop
from tests.support.brain import start_brain

Meet = Callable[..., Customer]


def test_an_order_is_looked_up(customer: Meet, shop: Shop) -> None:
    somebody = customer("zh")
    asked = somebody.says("我的订单到哪了")
    assert asked.form == "order_form"
    assert "QC20260001" in asked
    told = somebody.says("QC20260003")
    assert told.form is None
    assert "手机壳" in told
    assert "已发货" in told
    assert "快燕速递" in told
    assert "SP778" in told
    assert "2026-11-24" in told


def test_an_order_without_parcel_says_nothing_of_one(customer: Meet) -> None:
    told = customer("en").says("where is my order QC20260001")
    assert "Data SIM" in told
    assert "paid" in told
    assert len(told.texts) == 1


def test_the_shop_learns_who_asks_and_which_message_it_is_for(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    somebody.says("track QC20260001 please")
    path, headers = shop.asked[-1]
    assert path == "/orders/QC20260001"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["idempotency-key"] == f"m-{somebody.number}-1:action_look_up_order"


@pytest.mark.parametrize(
    "typed", ["qc20260003", "ＱＣ２０２６０００３", "qc 2026 0003", "QC-20260003", "20260003"]
)
def test_a_number_may_be_typed_in_many_ways(customer: Meet, typed: str) -> None:
    somebody = customer("en")
    somebody.says("where is my order")
    told = somebody.says(typed)
    assert "Phone Case" in told
    assert told.raw["slots"]["last_order"] == "QC20260003"


def test_the_number_can_be_corrected(customer: Meet) -> None:
    somebody = customer("en")
    somebody.says("where is my order")
    assert "Data SIM" in somebody.says("QC20260001")
    assert "Phone Case" in somebody.says("sorry, I meant QC20260003")


def test_after_three_answers_that_are_no_number_a_person_is_called(customer: Meet) -> None:
    somebody = customer("zh")
    somebody.says("查订单")
    for wrong in ("12345", "QC123"):
        said = somebody.says(wrong)
        assert "订单号" in said
        assert (said.form, said.handoff, len(said.texts)) == ("order_form", None, 1)
    last = somebody.says("QC2026")
    assert last.handoff == "form_failed"
    assert last.form is None
    assert last.texts


def test_attempts_are_forgotten_with_the_form(customer: Meet) -> None:
    somebody = customer("en")
    for _ in range(2):
        somebody.says("where is my order")
        assert somebody.says("QC123").form == "order_form"
        assert somebody.says("QC456").form == "order_form"
        assert somebody.says("stop").form is None


def test_a_question_in_between_is_answered_and_the_form_goes_on(customer: Meet) -> None:
    somebody = customer("zh")
    asked = somebody.says("查订单")
    said = somebody.says("发票怎么开")
    assert said.intent == "invoice"
    assert said.form == "order_form"
    assert said.texts[-1] == asked.texts[-1]
    assert "手机壳" in somebody.says("QC20260003")


def test_a_question_after_a_wrong_answer_is_not_called_wrong(customer: Meet) -> None:
    somebody = customer("en")
    asked = somebody.says("where is my order")
    somebody.says("QC123")
    assert somebody.says("what time do your shops close?").texts[-1] == asked.texts[-1]


@pytest.mark.parametrize("words", ["stop", "forget it", "no"])
def test_the_form_can_be_stopped(customer: Meet, words: str) -> None:
    somebody = customer("en")
    somebody.says("where is my order")
    said = somebody.says(words)
    assert said.form is None
    assert said.handoff is None
    assert said.state is None
    assert somebody.says("hello").form is None


def test_a_person_can_be_called_out_of_the_form(customer: Meet) -> None:
    somebody = customer("zh")
    somebody.says("查订单")
    said = somebody.says("转人工")
    assert said.handoff == "asked"
    assert said.form is None
    assert len(said.texts) == 1, "the form's question would be said to the agent"
    assert said.state is None


def test_there_is_no_such_order(customer: Meet) -> None:
    somebody = customer("en")
    said = somebody.says("where is QC99999999?")
    assert "QC99999999" in said
    assert said.handoff is None
    assert "Phone Case" in somebody.says("QC20260003")


def test_an_unknown_number_is_not_looked_up_again(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    somebody.says("where is QC99999999?")
    asked = len(shop.asked)
    assert somebody.says("where is my order").form == "order_form"
    assert len(shop.asked) == asked


@pytest.mark.parametrize("words", ["where is my parcel", "查订单", "我的订单到哪了", "3"])
def test_a_new_question_is_not_about_the_order_before(customer: Meet, shop: Shop, words: str) -> None:
    somebody = customer("zh")
    somebody.says("QC20260003")
    asked = len(shop.asked)
    said = somebody.says(words)
    assert said.form == "order_form"
    assert "请把订单号发给我" in said
    assert said.raw["slots"]["last_order"] == "QC20260003", "the agent wants to know"
    assert len(shop.asked) == asked


def test_having_no_number_never_brings_the_order_before(customer: Meet, shop: Shop) -> None:
    somebody = customer("zh")
    somebody.says("QC20260003")
    asked = len(shop.asked)
    assert "查到了" not in somebody.says("没有订单号")
    assert len(shop.asked) == asked


@pytest.mark.parametrize("words", ["QC20260003 when will it arrive", "QC20260003什么时候到"])
def test_a_number_with_a_question_about_it_is_looked_up(customer: Meet, words: str) -> None:
    assert "SP778" in customer("zh").says(words)


@pytest.mark.parametrize("before", ["hello", "QC20260003", "cancel QC20260003"])
@pytest.mark.parametrize("typed", ["QC2026001", "QC202600011", "13912345678", "where is order QC2026001"])
def test_a_mistyped_number_is_called_one(customer: Meet, shop: Shop, before: str, typed: str) -> None:
    somebody = customer("en")
    somebody.says(before)
    asked = len(shop.asked)
    said = somebody.says(typed)
    assert "That doesn't look like an order number" in said
    assert said.form == "order_form"
    assert len(shop.asked) == asked
    assert "Data SIM" in somebody.says("QC20260001")


def test_other_digits_in_a_question_in_between_are_not_called_wrong(customer: Meet) -> None:
    somebody = customer("zh")
    asked = somebody.says("查订单")
    said = somebody.says("我的手机13912345678没信号")
    assert said.intent == "network_fault"
    assert said.texts[-1] == asked.texts[-1]


@pytest.mark.parametrize(
    "words", ["when will QC20260003 arrive", "QC20260003什么时候到", "QC20260003 几天能送到"]
)
def test_a_number_with_a_question_about_its_arrival_is_a_look_up(customer: Meet, words: str) -> None:
    said = customer("en").says(words)
    assert "Phone Case" in said
    assert said.form is None
    assert said.raw["intent"] == said.raw["ranking"][0], "the answer has what the classifier said"


@pytest.mark.parametrize(
    ("words", "means"), [("cancel QC20260003", "cancel_order"), ("退货 QC20260003", "return_goods")]
)
def test_a_number_with_another_wish_is_no_look_up(customer: Meet, shop: Shop, words: str, means: str) -> None:
    asked = len(shop.asked)
    said = customer("en").says(words)
    assert said.raw["actions"][0]["name"] == f"utter_{means}"
    assert len(shop.asked) == asked


def test_the_number_named_with_another_wish_is_known_to_the_look_up(customer: Meet) -> None:
    somebody = customer("en")
    button = next(each for each in somebody.says("cancel QC20260003").choices if "sent" in each["title"])
    assert "Phone Case" in somebody.taps(button)


@pytest.mark.parametrize("trouble", ["broken", "slow", "nonsense"])
def test_a_shop_in_trouble_is_admitted_and_a_person_called(customer: Meet, shop: Shop, trouble: str) -> None:
    with shop.in_trouble(trouble):
        said = customer("en").says("where is QC20260003?")
    assert said.handoff == "lookup_failed"
    assert "Phone Case" not in said
    assert said.raw["ms"] < 2500
    assert said.raw["slots"]["last_order"] == "QC20260003", "the agent wants to know"


def test_a_shop_that_is_gone_is_admitted_too(model: Path) -> None:
    brain = start_brain(model, {"BUSINESS_API_URL": "http://127.0.0.1:9", "BUSINESS_API_TOKEN": "x"})
    try:
        assert Customer(brain, "zh").says("QC20260003到哪了").handoff == "lookup_failed"
    finally:
        brain.stop()
