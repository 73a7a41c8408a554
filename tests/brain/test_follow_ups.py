"""What is said right after an answer is understood as being about it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.brain.conftest import Customer

Meet = Callable[..., Customer]


@pytest.mark.parametrize(
    ("language", "first", "then"),
    [
        ("zh", "QC20260001", "取消它"),
        ("zh", "QC20260001到哪了", "取消吧"),
        ("en", "where is my order QC20260001", "cancel it please"),
        ("en", "QC20260001", "I don't want it any more, please cancel it"),
    ],
)
def test_an_order_that_was_shown_can_be_cancelled(
    customer: Meet, language: str, first: str, then: str
) -> None:
    somebody = customer(language)
    somebody.says(first)
    said = somebody.says(then)
    assert said.form == "cancel_form"
    assert "QC20260001" in said.texts[-1]
    phone = {"zh": "手机号", "en": "phone"}[language]
    assert phone in somebody.says(then).texts[-1], "the same words again are a yes"


@pytest.mark.parametrize(("language", "chip"), [("zh", "取消这个订单"), ("en", "Cancel this order")])
def test_an_order_that_has_not_been_sent_offers_to_be_cancelled(
    customer: Meet, language: str, chip: str
) -> None:
    somebody = customer(language)
    offered = next(each for each in somebody.says("QC20260001").choices if each["title"] == chip)
    assert "QC20260001" in somebody.taps(offered)


def test_an_order_that_is_on_its_way_offers_nothing_of_the_kind(customer: Meet) -> None:
    assert customer("en").says("QC20260003").titles == []


@pytest.mark.parametrize(("language", "text"), [("zh", "什么时候到"), ("en", "when will it arrive")])
def test_when_will_it_arrive_is_asked_of_the_order_just_shown(
    customer: Meet, language: str, text: str
) -> None:
    somebody = customer(language)
    somebody.says("QC20260003")
    assert "QC20260003" in somebody.says(text)


@pytest.mark.parametrize(("language", "text"), [("zh", "那另外一单呢"), ("en", "what about the other order")])
def test_another_order_is_not_the_one_just_shown(customer: Meet, language: str, text: str) -> None:
    somebody = customer(language)
    somebody.says("QC20260003")
    assert somebody.says(text).form == "order_form"


def test_an_order_can_be_asked_about_before_it_is_cancelled(customer: Meet) -> None:
    somebody = customer("en")
    somebody.says("QC20260001")
    somebody.says("cancel it")
    said = somebody.says("when will it arrive")
    assert "QC20260001" in said.texts[0]
    assert "Cancel this order" in said.titles


@pytest.mark.parametrize(
    ("language", "story"),
    [
        ("zh", ["收到的东西坏了", "QC20260004", "我要退款"]),
        ("en", ["my parcel arrived broken", "QC20260004", "I want a refund"]),
    ],
)
def test_a_refund_for_what_is_damaged_is_about_the_order_named(
    customer: Meet, language: str, story: list[str]
) -> None:
    somebody = customer(language)
    *_, said = [somebody.says(text) for text in story]
    assert "QC20260004" in said
    assert {"zh": "7 天内可以退", "en": "within 7 days"}[language] in said


@pytest.mark.parametrize(
    ("language", "question", "text", "answer"),
    [
        ("zh", "携号转网怎么办", "要多久", "一小时内"),
        ("zh", "携号转网怎么办", "要钱吗", "不收费"),
        ("zh", "携号转网怎么办", "要带什么", "授权码"),
        ("zh", "携号转网怎么办", "在哪办", "任何一家"),
        ("zh", "手机卡丢了怎么补", "多少钱", "10 元"),
        ("en", "can I keep my number if I come to you", "how long does it take", "an hour"),
        ("en", "can I keep my number if I come to you", "what does it cost", "Nothing"),
        ("en", "can I keep my number if I come to you", "what do I need", "porting code"),
        ("en", "I lost my SIM, how do I get a new one", "where do I go", "any of our shops"),
        ("en", "how do I get an invoice", "is it free", "Nothing"),
    ],
)
def test_how_long_and_how_much_are_about_the_last_answer(
    customer: Meet, language: str, question: str, text: str, answer: str
) -> None:
    somebody = customer(language)
    somebody.says(question)
    assert answer in somebody.says(text)
    somebody.says({"zh": "谢谢", "en": "thanks"}[language])
    assert answer in somebody.says(text), "a thank-you does not change the subject"


@pytest.mark.parametrize(
    ("language", "text", "choice"),
    [
        ("zh", "要多久", "退款多久到账"),
        ("zh", "多少钱", "套餐"),
        ("zh", "取消", "订单"),
        ("en", "how long does it take", "A refund"),
        ("en", "how much", "Mobile plans"),
        ("en", "cancel it", "An order"),
    ],
)
def test_without_an_answer_before_the_bot_asks_what_is_meant(
    customer: Meet, language: str, text: str, choice: str
) -> None:
    said = customer(language).says(text)
    assert choice in said.titles
    assert said.handoff is None


def test_after_half_an_hour_the_subject_is_forgotten(customer: Meet) -> None:
    somebody = customer("en")
    somebody.says("can I keep my number if I come to you")
    somebody.state["topic"][1] -= 31
    assert "Delivery" in somebody.says("how long does it take").titles


def test_what_is_surely_something_else_is_not_about_the_last_answer(customer: Meet) -> None:
    somebody = customer("en")
    somebody.says("QC20260003")
    assert "QC20260003" not in somebody.says("I want to close my account")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_refund_of_a_wrong_charge_is_for_a_person(customer: Meet, language: str) -> None:
    somebody = customer(language)
    somebody.says({"zh": "多扣了我的钱", "en": "I was charged twice for the same thing"}[language])
    assert somebody.says({"zh": "我要退款", "en": "I want a refund"}[language]).handoff == "asked"


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("zh", "去日本能用吗", "日韩"),
        ("en", "does it work when I travel to Japan", "Japan"),
        ("en", "Internet at home is down, send someone", "LOS"),
        ("en", "Why is my bill so high this month?", "colleague goes through it"),
        ("zh", "不限量最便宜的是哪个", "159"),
        ("en", "which is the cheapest unlimited plan", "one plan with unlimited data"),
    ],
)
def test_what_is_clear_enough_is_not_asked_back(customer: Meet, language: str, text: str, words: str) -> None:
    assert words in customer(language).says(text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_three_needs_are_three_questions(customer: Meet, language: str) -> None:
    somebody = customer(language)
    texts = {
        "zh": ["最便宜的套餐是哪个", "有没有学生套餐", "给我爸办哪个套餐", "有哪些套餐"],
        "en": [
            "what's your cheapest plan",
            "is there a student plan",
            "a plan for my dad",
            "what plans are there",
        ],
    }[language]
    said = [somebody.says(text) for text in texts]
    assert [each.handoff for each in said] == [None] * 4
    assert len({each.texts[0].rpartition("\n")[2] for each in said}) == 4


def test_letters_without_sense_are_nothing_to_choose_from(customer: Meet) -> None:
    said = customer("en").says("asdf qwer zxcv")
    assert said.handoff == "low_confidence"
    assert said.titles == []


@pytest.mark.parametrize(
    ("language", "question", "text"),
    [("zh", "取消订单", "哦不对，是QC20260004"), ("en", "cancel my order", "sorry, I mean QC20260004")],
)
def test_another_number_is_for_the_same_question(
    customer: Meet, language: str, question: str, text: str
) -> None:
    somebody = customer(language)
    somebody.says(question)
    somebody.says("QC20260003")
    assert {"zh": "取消不了", "en": "can't be cancelled"}[language] in somebody.says(text)


def test_half_understood_is_enough_where_there_is_an_answer(customer: Meet) -> None:
    somebody = customer("zh")
    somebody.says("手机卡丢了怎么补")
    said = somebody.says("收不收钱")
    assert said.raw["intent"]["confidence"] < said.raw["threshold"]
    assert "补卡 10 元" in said


@pytest.mark.parametrize(
    ("language", "question", "yes", "phone"),
    [
        ("zh", "取消QC20260001", "是的，取消", "手机号"),
        ("zh", "取消QC20260001", "取消", "手机号"),
        ("en", "cancel QC20260001", "cancel it", "phone"),
        ("en", "cancel QC20260001", "yes, cancel that one", "phone"),
    ],
)
def test_shall_i_cancel_it_is_answered_with_cancel_it(
    customer: Meet, language: str, question: str, yes: str, phone: str
) -> None:
    somebody = customer(language)
    assert somebody.says(question).form == "cancel_form"
    said = somebody.says(yes)
    assert said.form == "cancel_form"
    assert phone in said.texts[-1]


@pytest.mark.parametrize(
    ("language", "question", "other"),
    [
        ("zh", "取消QC20260001", "取消QC20260003"),
        ("zh", "取消QC20260001", "不对，是QC20260003"),
        ("en", "cancel QC20260001", "cancel QC20260003 instead"),
        ("en", "cancel QC20260001", "no, I meant QC20260003"),
    ],
)
def test_another_order_named_at_the_confirmation_takes_the_place_of_the_first(
    customer: Meet, language: str, question: str, other: str
) -> None:
    somebody = customer(language)
    somebody.says(question)
    said = somebody.says(other)
    assert "QC20260003" in said
    assert "QC20260001" not in said, "it is not one tap from being cancelled"
    assert said.form is None, "this one has been sent"


def test_what_a_form_is_told_is_not_the_subject(customer: Meet) -> None:
    somebody = customer("en")
    somebody.says("I need a technician")
    somebody.says("my phone has no signal")
    assert somebody.state["topic"][0] == "repair_visit"
