"""Where is my order? The form, the look-up, and all that may get in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.brain.conftest import Customer, says_all
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
    assert "云鹿速运" in told
    assert "SP778" in told
    assert "预计明天（" in told


def test_an_order_without_parcel_says_nothing_of_one(customer: Meet) -> None:
    told = customer("en").says("where is my order QC20260001")
    assert "Data SIM" in told
    assert "paid" in told
    assert "Courier" not in told


def test_the_shop_learns_who_asks_and_which_message_it_is_for(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    somebody.says("track QC20260001 please")
    _, path, headers = shop.asked[-1]
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
    assert said.texts[-1] == "请把订单号发给我。"
    assert said.titles[-2:] == asked.titles
    assert "手机壳" in somebody.says("QC20260003")


def test_a_question_after_a_wrong_answer_is_not_called_wrong(customer: Meet) -> None:
    somebody = customer("en")
    says_all(somebody, "where is my order", "QC123")
    said = somebody.says("what time do your shops close?")
    assert said.texts[-1] == "Please send me the order number."


@pytest.mark.parametrize("words", ["stop", "forget it", "no"])
def test_the_form_can_be_stopped(customer: Meet, words: str) -> None:
    somebody = customer("en")
    somebody.says("where is my order")
    said = somebody.says(words)
    assert said.form is None
    assert said.handoff is None
    assert set(said.state) == {"v", "topic"}
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


@pytest.mark.parametrize("words", ["where is my parcel", "查订单", "我的订单到哪了"])
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


def test_a_lone_digit_never_brings_the_order_before(customer: Meet, shop: Shop) -> None:
    somebody = customer("zh")
    somebody.says("QC20260003")
    asked = len(shop.asked)
    assert "查到了" not in somebody.says("3")
    assert len(shop.asked) == asked


@pytest.mark.parametrize("words", ["QC20260003 when will it arrive", "QC20260003什么时候到"])
def test_a_number_with_a_question_about_it_is_looked_up(customer: Meet, words: str) -> None:
    assert "SP778" in customer("zh").says(words)


@pytest.mark.parametrize("before", ["hello", "QC20260003", "cancel QC20260003"])
@pytest.mark.parametrize("typed", ["QC2026001", "QC202600011", "where is order QC2026001"])
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
    said = says_all(somebody, "查订单", "我的手机13912345678没信号")
    assert said.intent == "network_fault"
    assert said.texts[-1] == "请把订单号发给我。"


@pytest.mark.parametrize(
    "words", ["when will QC20260003 arrive", "QC20260003什么时候到", "QC20260003 几天能送到"]
)
def test_a_number_with_a_question_about_its_arrival_is_a_look_up(customer: Meet, words: str) -> None:
    said = customer("en").says(words)
    assert "Phone Case" in said
    assert said.form is None
    assert said.raw["intent"] == said.raw["ranking"][0], "the answer has what the classifier said"


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


@pytest.mark.parametrize(
    ("language", "words", "heard"),
    [
        ("en", "cancel QC20260003", "Refuse the parcel"),
        ("zh", "取消订单 QC20260004", "7 天内可以退货"),
        ("zh", "QC20260006 取消", "已取消，不用再操作了"),
        ("zh", "退货 QC20260002", "现在取消就行"),
        ("en", "I want to return QC20260003", "Refuse it at the door"),
        ("en", "return QC20260004", "within 7 days"),
        ("zh", "QC20260002 改收货地址", "地址还来得及改"),
        ("en", "change the delivery address of QC20260003", "SP778"),
        ("zh", "QC20260005 退款到哪了", "3 个工作日内原路退款"),
        ("en", "where is my refund for QC20260006", "within 24 hours"),
        ("zh", "QC20260004 收到就是坏的", "来回运费我们出"),
        ("en", "QC20260003 arrived broken", "doesn't fit"),
    ],
)
def test_a_question_with_a_number_is_answered_about_that_order(
    customer: Meet, language: str, words: str, heard: str
) -> None:
    said = customer(language).says(words)
    assert heard.lower() in "".join(said.texts).lower()
    assert said.form is None
    assert said.raw["slots"]["last_order"] in words


def test_a_number_that_follows_a_question_is_meant_for_it(customer: Meet) -> None:
    somebody = customer("en")
    assert "Refuse the parcel" in somebody.says("can I cancel an order?")
    said = somebody.says("QC20260003")
    assert "can't be cancelled" in said
    assert "can't be cancelled" in somebody.says("QC20260003"), "the subject has not changed"
    somebody.says("when are your shops open?")
    assert "can't be cancelled" not in somebody.says("QC20260003")


def test_what_has_not_been_sent_is_cancelled_once_its_buyer_has_said_yes(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    offer = somebody.says("cancel QC20260002")
    assert "Shall I cancel it?" in offer
    assert "phone number you ordered with" in somebody.taps(offer.choices[0])
    somebody.says("13800000001")
    assert shop.company.order_rows["QC20260002"][0] == "paid"
    done = somebody.says(shop.company.code_for("13800000001"))
    assert "is cancelled" in done
    assert shop.company.order_rows["QC20260002"][0] == "cancelled"


def test_somebody_elses_order_is_not_cancelled(customer: Meet, shop: Shop) -> None:
    somebody = customer("zh")
    somebody.says("取消 QC20260001")
    somebody.says("确认")
    somebody.says("13800000002")
    said = somebody.says(shop.company.code_for("13800000002"))
    assert "不在这个手机号名下" in said
    assert shop.company.order_rows["QC20260001"][0] == "paid"


@pytest.mark.parametrize("words", ["no, keep it", "stop"])
def test_an_order_is_kept_by_who_has_thought_again(customer: Meet, shop: Shop, words: str) -> None:
    somebody = customer("en")
    somebody.says("cancel QC20260001")
    said = somebody.says(words)
    assert said.form is None
    assert "nothing has been changed" in said
    assert shop.company.order_rows["QC20260001"][0] == "paid"


def test_several_orders_are_looked_up_at_once_but_three_at_most(customer: Meet, shop: Shop) -> None:
    said = customer("zh").says("查一下 QC20260001、QC20260003、QC20260004 和 QC20260005")
    assert "流量卡" in said
    assert "手机壳" in said
    assert "无线耳机" in said
    assert "绿色手机壳" not in said
    assert "一次最多查 3 个" in said


def test_of_several_orders_the_one_to_cancel_is_chosen(customer: Meet) -> None:
    somebody = customer("en")
    said = somebody.says("I want to cancel order QC20260001 and order QC20260003")
    assert "QC20260003 (Phone Case) is already on its way" in said
    assert said.titles[-1] == "QC20260001"
    assert "Data SIM" in somebody.taps(said.choices[-1])


def test_orders_are_found_by_the_phone_for_who_proves_it(customer: Meet, shop: Shop) -> None:
    somebody = customer("zh")
    somebody.taps(somebody.says("查订单").choices[0])
    assert "138****0001" in somebody.says("13800000001")
    said = somebody.says(shop.company.code_for("13800000001"))
    assert "无线耳机" in said
    assert said.form is None
    assert "无线耳机" in somebody.taps(next(each for each in said.choices if each["title"] == "QC20260004"))


def test_a_phone_number_in_place_of_the_orders_will_do(customer: Meet) -> None:
    somebody = customer("en")
    somebody.says("where is my order")
    said = somebody.says("138 0000 0001")
    assert "I've sent a code to 138****0001" in said


@pytest.mark.parametrize(("language", "words"), [("en", "I don't have the number"), ("zh", "我找不到订单号")])
def test_without_a_number_there_are_ways_on(customer: Meet, language: str, words: str) -> None:
    somebody = customer(language)
    somebody.says({"en": "where is my order", "zh": "查订单"}[language])
    said = somebody.says(words)
    assert said.form == "order_form"
    assert len(said.choices) == 3


@pytest.mark.parametrize("words", ["等下，先问问套餐", "先问一下你们有什么套餐"])
def test_something_else_first_is_no_wrong_number(customer: Meet, words: str) -> None:
    somebody = customer("zh")
    somebody.says("查订单")
    said = somebody.says(words)
    assert "不是订单号" not in "".join(said.texts)
    assert said.form == "order_form"
    if "了解套餐" in said.titles:
        said = somebody.says("了解套餐")
    assert "轻享 39 元" in said
    assert "手机壳" in somebody.says("QC20260003")
