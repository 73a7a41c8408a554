"""What a customer writes next: about the order, the plan or the bill just shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from bot.brain import when
from bot.demo.company import Customer as Contract
from tests.brain.conftest import Customer, Said, proves
from tests.brain.shop import Shop

Meet = Callable[..., Customer]
pytestmark = pytest.mark.usefixtures("plenty_of_codes")

OTHER_PHONE = "13800000002"  # has ordered QC20260003, QC20260005 and QC20260006


def day(ahead: int) -> str:
    date = when.now().date() + timedelta(days=ahead)
    return f"{date.month}月{date.day}日"


def by_phone(somebody: Customer, shop: Shop, *, phone: str) -> Said:
    chip = {"zh": "用手机号查", "en": "Find it by phone number"}[somebody.language]
    somebody.taps(next(each for each in somebody.offered if each["title"] == chip))
    return proves(somebody, shop, phone)


# --- an order that is not wanted any more


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "qc20260001 不想要了"),
        ("zh", "QC20260001我不要了"),
        ("zh", "QC20260001 退掉吧还没收到"),
        ("zh", "QC20260001 别发货了"),
        ("en", "i dont want QC20260001 anymore"),
        ("en", "dont need qc20260001 now"),
        ("en", "QC20260001 please dont send it"),
        ("en", "forget QC20260001, changed my mind"),
    ],
)
def test_an_order_that_is_not_wanted_any_more_is_cancelled(customer: Meet, language: str, text: str) -> None:
    said = customer(language).says(text)
    assert said.form == "cancel_form"
    assert "QC20260001" in said.texts[-1]


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("zh", "我要取消那个充电宝", "不用再操作了"),
        ("zh", "取消手机壳的订单", "取消不了"),
        ("en", "cancel the power bank", "nothing left to do"),
        ("en", "cancel my order for the power bank please", "nothing left to do"),
    ],
)
def test_an_order_named_by_its_article_is_the_one_that_is_told_of_after_the_code(
    customer: Meet, shop: Shop, language: str, text: str, told: str
) -> None:
    shop.company.order_rows["QC20260005"] = ("returned", "Charger", "充电头", None, None, None)
    somebody = customer(language)
    somebody.says(text)
    assert told in by_phone(somebody, shop, phone=OTHER_PHONE)


@pytest.mark.parametrize(
    ("language", "text"), [("zh", "取消流量卡那个订单"), ("en", "cancel my data sim order")]
)
def test_an_order_named_by_its_article_is_offered_to_be_cancelled(
    customer: Meet, shop: Shop, language: str, text: str
) -> None:
    somebody = customer(language)
    somebody.says({"zh": "取消订单", "en": "cancel my order"}[language])
    somebody.says(text)
    said = by_phone(somebody, shop, phone="13800000001")
    assert said.form == "cancel_form"
    assert "QC20260001" in said.texts[-1]


@pytest.fixture
def many_orders(shop: Shop) -> Iterator[Contract]:
    contract = shop.company.customers["13800000001"]
    before = contract.orders
    contract.orders = ["QC20260003", *before]
    yield contract
    contract.orders = before


@pytest.mark.usefixtures("many_orders")
def test_the_order_named_by_its_number_is_told_of_though_it_is_not_among_the_latest(
    customer: Meet, shop: Shop
) -> None:
    somebody = customer("en")
    somebody.says("cancel QC20260003")
    somebody.says("13800000001")
    said = somebody.says(shop.company.code_for("13800000001"))
    assert "QC20260003" in said
    assert "can't be cancelled" in said


@pytest.mark.parametrize(
    ("language", "text"),
    [("zh", "那个耳机"), ("zh", "耳机那个"), ("en", "the earbuds"), ("en", "wireless earbuds one")],
)
def test_of_the_orders_listed_one_is_picked_by_its_article(
    customer: Meet, shop: Shop, language: str, text: str
) -> None:
    somebody = customer(language)
    somebody.says({"zh": "查订单", "en": "where is my order"}[language])
    by_phone(somebody, shop, phone="13800000001")
    said = somebody.says(text)
    assert "QC20260004" in said
    assert "QC20260002" not in "".join(said.texts)


def test_an_article_that_may_be_two_orders_is_asked_for(customer: Meet, shop: Shop) -> None:
    somebody = customer("zh")
    somebody.says("取消那个卡的订单")
    said = by_phone(somebody, shop, phone="13800000001")
    assert {"QC20260001", "QC20260002"} <= set(said.titles)


# --- one fact of the order just shown


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "快递单号多少"),
        ("zh", "运单号发我一下"),
        ("zh", "单号是多少来着"),
        ("en", "what is the tracking number"),
        ("en", "tracking no?"),
        ("en", "can i have the tracking code"),
    ],
)
def test_the_tracking_number_of_the_order_just_shown(customer: Meet, language: str, text: str) -> None:
    somebody = customer(language)
    somebody.says("QC20260003")
    said = somebody.says(text)
    assert "SP778" in said
    assert len(said.texts) == 1
    assert said.form is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "啥时候能到啊"),
        ("zh", "什么时候到"),
        ("zh", "几号能到"),
        ("en", "when will it arrive"),
        ("en", "when does it come"),
        ("en", "and when is it coming"),
    ],
)
def test_when_it_arrives_is_told_in_one_line(customer: Meet, language: str, text: str) -> None:
    somebody = customer(language)
    first = somebody.says("QC20260003")
    said = somebody.says(text)
    assert {"zh": f"明天（{day(1)}", "en": "tomorrow, "}[language] in said
    assert len(said.texts) == 1
    assert not set(said.texts) & set(first.texts)


@pytest.mark.parametrize(
    ("language", "text"),
    [("zh", "到哪了"), ("zh", "现在到哪里了"), ("en", "where is it now"), ("en", "where is it")],
)
def test_where_it_is_now(customer: Meet, language: str, text: str) -> None:
    somebody = customer(language)
    somebody.says("QC20260003")
    said = somebody.says(text)
    assert {"zh": "在路上", "en": "on its way"}[language] in said
    assert len(said.texts) == 1


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("zh", "快递单号多少", "还没发货"),
        ("zh", "发货了吗", "还没发货"),
        ("en", "tracking number?", "hasn't been sent"),
        ("en", "has it been sent", "hasn't been sent"),
    ],
)
def test_what_has_not_been_sent_has_none_of_that(customer: Meet, language: str, text: str, told: str) -> None:
    somebody = customer(language)
    somebody.says("QC20260001")
    said = somebody.says(text)
    assert told in said
    assert len(said.texts) == 1


def test_who_has_shown_the_phone_still_means_the_order_just_shown(customer: Meet, shop: Shop) -> None:
    somebody = customer("zh")
    somebody.says("查话费")
    proves(somebody, shop)
    somebody.says("QC20260003")
    assert "SP778" in somebody.says("快递单号多少")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_days_are_told_in_words(customer: Meet, shop: Shop, language: str) -> None:
    somebody = customer(language)
    told = somebody.says("QC20260003").texts
    somebody.says({"zh": "查账单", "en": "show my bill"}[language])
    told += proves(somebody, shop).texts
    told += somebody.says({"zh": "流量还剩多少", "en": "how much data do I have left"}[language]).texts
    assert "20" + str(when.now().year)[2:] + "-" not in "".join(told)


# --- what is to become of it


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "太慢了，取消吧"),
        ("zh", "等不了了，帮我取消"),
        ("zh", "太久了不要了"),
        ("en", "it is too slow cancel it"),
        ("en", "that takes too long, just cancel"),
        ("en", "too long, i dont want it anymore"),
    ],
)
def test_an_order_that_takes_too_long_is_cancelled(customer: Meet, language: str, text: str) -> None:
    somebody = customer(language)
    somebody.says("QC20260001")
    said = somebody.says(text)
    assert said.form == "cancel_form"
    assert "QC20260001" in said.texts[-1]


@pytest.mark.parametrize(
    ("language", "first", "text", "told"),
    [
        ("zh", "收到的东西坏了", "换一台行不行", "换新"),
        ("zh", "收到的东西坏了", "能给我换个新的吗", "换新"),
        ("zh", "QC20260004 收到就是坏的", "直接换一个可以吗", "换新"),
        ("en", "my parcel arrived broken", "can you just swap it", "exchanged"),
        ("en", "QC20260004 arrived broken", "can i get a new one instead", "exchanged"),
        ("en", "QC20260004 arrived broken", "just send me another", "exchanged"),
    ],
)
def test_swap_it_after_damage_is_about_the_exchange(
    customer: Meet, language: str, first: str, text: str, told: str
) -> None:
    somebody = customer(language)
    somebody.says(first)
    said = somebody.says(text)
    assert told in "".join(said.texts).lower()
    assert said.handoff is None


@pytest.mark.parametrize(
    ("language", "text"),
    [("zh", "两个都退"), ("zh", "这两单都要退"), ("en", "Return both"), ("en", "send both back")],
)
def test_both_are_the_two_orders_shown_last(customer: Meet, language: str, text: str) -> None:
    somebody = customer(language)
    somebody.says("QC20260004")
    somebody.says("QC20260003")
    said = somebody.says(text)
    assert "QC20260004" in said
    assert "QC20260003" in said
    assert said.handoff is None


# --- the plan


def asks_for_a_plan(somebody: Customer, shop: Shop) -> Said:
    somebody.says({"zh": "换套餐", "en": "change my plan"}[somebody.language])
    return proves(somebody, shop)


@pytest.fixture
def nothing_booked(shop: Shop) -> Iterator[None]:
    yield
    for contract in shop.company.customers.values():
        contract.next_plan = None


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("zh", "畅享", "现在用的就是畅享"),
        ("zh", "59那个", "现在用的就是畅享"),
        ("zh", "畅享吧", "现在用的就是畅享"),
        ("en", "everyday", "on the Everyday plan already"),
        ("en", "the everyday one please", "on the Everyday plan already"),
        ("en", "the 59 one", "on the Everyday plan already"),
    ],
)
def test_who_names_the_present_plan_hears_that_they_have_it(
    customer: Meet, shop: Shop, language: str, text: str, told: str
) -> None:
    somebody = customer(language)
    offered = asks_for_a_plan(somebody, shop)
    said = somebody.says(text)
    assert told in said
    assert said.titles == offered.titles
    assert said.form == "plan_form"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "这个月就生效行不行"),
        ("zh", "能马上换吗"),
        ("zh", "现在就能用吗"),
        ("zh", "今天换可以吗"),
        ("en", "can it start now"),
        ("en", "can i have it today"),
        ("en", "will it be immediate"),
        ("en", "is it possible this month? can it start right away"),
    ],
)
def test_can_it_start_now_is_answered_and_the_question_stays(
    customer: Meet, shop: Shop, language: str, text: str
) -> None:
    somebody = customer(language)
    asks_for_a_plan(somebody, shop)
    question = somebody.says({"zh": "尊享", "en": "plus"}[language])
    said = somebody.says(text)
    assert {"zh": "最早下个月 1 号", "en": "1st of next month, no earlier"}[language] in said
    assert said.texts[-1] == question.texts[-1]
    assert said.form == "plan_form"


@pytest.mark.usefixtures("nothing_booked")
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "换回原来的套餐"),
        ("zh", "我要换回以前的套餐"),
        ("en", "i changed my mind keep my old plan"),
        ("en", "change back to my old plan"),
    ],
)
def test_a_change_of_plan_is_called_off(customer: Meet, shop: Shop, language: str, text: str) -> None:
    somebody = customer(language)
    asks_for_a_plan(somebody, shop)
    somebody.says({"zh": "尊享", "en": "plus"}[language])
    somebody.says({"zh": "确认", "en": "yes"}[language])
    assert shop.company.customers["13800000001"].next_plan == "plus"
    asked = somebody.says(text)
    assert {"zh": "继续用现在的畅享", "en": "stays on the Everyday"}[language] in asked
    assert asked.form == "plan_form"
    done = somebody.taps(asked.choices[0])
    assert {"zh": "继续用畅享", "en": "stays on the Everyday"}[language] in done
    assert shop.company.customers["13800000001"].next_plan is None


@pytest.mark.usefixtures("nothing_booked")
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "我反悔了，不换了"),
        ("zh", "还是不换了吧"),
        ("zh", "取消刚才换的"),
        ("en", "undo that"),
        ("en", "cancel the change"),
        ("en", "actually cancel it"),
    ],
)
def test_who_regrets_the_change_is_offered_the_way_back(
    customer: Meet, shop: Shop, language: str, text: str
) -> None:
    somebody = customer(language)
    asks_for_a_plan(somebody, shop)
    somebody.says({"zh": "尊享", "en": "plus"}[language])
    somebody.says({"zh": "确认", "en": "yes"}[language])
    said = somebody.says(text)
    assert said.handoff is None
    asked = somebody.taps(said.choices[0])
    assert {"zh": "畅享", "en": "Everyday"}[language] in asked
    assert asked.form == "plan_form"


# --- feelings


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("zh", "烦死了 上不了网", "LOS"),
        ("zh", "烦死我了，家里宽带上不去网", "LOS"),
        ("en", "so annoying, my broadband is down again", "LOS"),
    ],
)
def test_annoyance_about_a_fault_gets_help_and_an_apology(
    customer: Meet, language: str, text: str, told: str
) -> None:
    said = customer(language).says(text)
    assert said.handoff is None
    assert told in said
    assert {"zh": "抱歉", "en": "sorry"}[language] in said.texts[0]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "傻"),
        ("zh", "你是猪吗"),
        ("zh", "你好笨啊"),
        ("zh", "笨死了你"),
        ("zh", "你是不是傻呀"),
        ("en", "ur dumb"),
        ("en", "you are so dumb"),
        ("en", "r u dumb"),
        ("en", "you're not very bright"),
    ],
)
def test_a_mild_insult_is_taken_calmly(customer: Meet, language: str, text: str) -> None:
    said = customer(language).says(text)
    assert said.handoff is None
    assert {"zh": "转人工", "en": "Talk to a person"}[language] in said.titles


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "哈哈开玩笑的"),
        ("zh", "我开玩笑呢"),
        ("zh", "逗你玩的啦"),
        ("zh", "骗你的哈哈"),
        ("en", "lol jk"),
        ("en", "just kidding"),
        ("en", "haha i was only joking"),
        ("en", "kidding lol"),
    ],
)
def test_a_joke_that_is_taken_back_is_taken_lightly(customer: Meet, language: str, text: str) -> None:
    said = customer(language).says(text)
    assert said.handoff is None
    assert {"zh": "哈哈", "en": "Ha"}[language] in said


# --- glued to a number, leaving


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "查话费13800000002"),
        ("zh", "13800000002话费"),
        ("en", "bill13800000002"),
        ("en", "13800000002bill"),
    ],
)
def test_a_phone_number_without_a_space_beside_it(customer: Meet, language: str, text: str) -> None:
    said = customer(language).says(text)
    assert said.form == "account_form"
    assert "138****0002" in said


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "我要退订套餐"),
        ("zh", "就是不用你们的号了"),
        ("zh", "我不想用你们的卡了"),
        ("zh", "以后不用你们的号了，怎么退"),
        ("en", "i dont want your service any more"),
        ("en", "i don't want to use your network anymore"),
        ("en", "i no longer want your service"),
    ],
)
def test_who_wants_to_leave_is_told_how(customer: Meet, language: str, text: str) -> None:
    said = customer(language).says(text)
    assert {"zh": "可以销", "en": "we won't make it hard"}[language] in said
    assert said.handoff is None
