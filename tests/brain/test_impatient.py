"""What impatient customers say into a form: the second answer first, a question, a correction, a new wish."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.brain import when
from tests.brain.conftest import Customer, Said, proves, says_all
from tests.brain.shop import Shop

Meet = Callable[..., Customer]
PHONE = "13800000001"
pytestmark = pytest.mark.usefixtures("plenty_of_codes")

VISIT = {"en": "send a technician", "zh": "派个师傅来"}
BROKEN = {"en": "my router is broken", "zh": "路由器坏了"}
PLACE = {"en": "14 Garden Road", "zh": "花园路14号"}
TOMORROW = {"en": "tomorrow afternoon", "zh": "明天下午"}
BOTH = pytest.mark.parametrize("language", ["en", "zh"])


def books(somebody: Customer, *words: str) -> Said:
    """Up to the question whether the visit is right."""
    language = somebody.language
    return says_all(somebody, VISIT[language], BROKEN[language], PLACE[language], TOMORROW[language], *words)


# --- a visit ---


@BOTH
def test_whoever_is_asked_for_the_place_can_leave(customer: Meet, language: str) -> None:
    somebody = customer(language)
    asked = says_all(somebody, VISIT[language], BROKEN[language])
    assert asked.form == "repair_form"
    assert somebody.taps(asked.choices[0]).form is None


@pytest.mark.parametrize(
    ("language", "place"),
    [
        ("en", "12 Garden Road, flat 3"),
        ("en", "12 garden rd"),
        ("zh", "花园路12号3栋501"),
        ("zh", "地址花园路12号"),
    ],
)
def test_a_place_that_comes_first_is_no_fault_and_is_kept(customer: Meet, language: str, place: str) -> None:
    somebody = customer(language)
    asked = says_all(somebody, VISIT[language], place)
    assert asked.raw["slots"]["fault"] is None
    assert {"en": "Noted. What is broken", "zh": "记下了。是什么坏了"}[language] in asked
    times = somebody.says(BROKEN[language])
    assert len(times.choices) == 4
    assert times.raw["slots"]["place"] == place.removeprefix("地址")


@BOTH
def test_a_time_that_comes_first_is_no_fault_and_is_kept(customer: Meet, language: str) -> None:
    somebody = customer(language)
    asked = says_all(somebody, VISIT[language], TOMORROW[language])
    assert asked.raw["slots"]["fault"] is None
    question = says_all(somebody, BROKEN[language], PLACE[language])
    assert {"en": "afternoon (12:00", "zh": "下午 12:00"}[language] in question


@pytest.mark.parametrize(
    ("language", "correction", "place"),
    [
        ("en", "no, it is 12 Garden Road, sorry", "12 Garden Road"),
        ("en", "Sorry, my address is 12 Garden Road, flat 3", "12 Garden Road, flat 3"),
        ("zh", "不对，是花园路12号", "花园路12号"),
        ("zh", "不是花园路14号，是花园路12号才对", "花园路12号"),
    ],
)
@pytest.mark.parametrize("confirming", [False, True])
def test_of_a_correction_the_address_is_kept(
    customer: Meet, language: str, correction: str, place: str, confirming: bool
) -> None:
    somebody = customer(language)
    if confirming:
        books(somebody)
    else:
        says_all(somebody, VISIT[language], BROKEN[language], PLACE[language])
    said = somebody.says(correction)
    assert said.raw["slots"]["place"] == place
    assert said.form == "repair_form"
    assert not confirming or place in said


def test_what_was_written_is_said_back_as_it_was(customer: Meet) -> None:
    somebody = customer("zh")
    question = says_all(somebody, "派个师傅来", "路由器，坏了；红灯！", "花园路１２号，３栋", "明天下午")
    assert "「路由器，坏了；红灯！」" in question
    assert "花园路１２号，３栋" in question


@pytest.mark.parametrize(
    ("language", "question", "answer"),
    [
        ("en", "how much does it cost?", "The visit is free"),
        ("en", "what does the visit cost", "The visit is free"),
        ("en", "is it free", "The visit is free"),
        ("en", "how long does it take?", "in the slot you choose"),
        ("zh", "上门收费吗", "上门不收费"),
        ("zh", "要多少钱", "上门不收费"),
        ("zh", "收不收费", "上门不收费"),
        ("zh", "要多久", "在您选的时段里到"),
    ],
)
def test_a_question_about_the_visit_is_answered_at_every_step(
    customer: Meet, language: str, question: str, answer: str
) -> None:
    somebody = customer(language)
    for words in (VISIT, BROKEN, PLACE, TOMORROW):
        asked = somebody.says(words[language])
        said = somebody.says(question)
        assert answer in said
        assert len(said.texts) == 2
        assert said.titles == asked.titles
        assert said.raw["slots"]["fault"] in {None, BROKEN[language]}


def test_what_another_thing_costs_is_not_what_the_visit_costs(customer: Meet) -> None:
    somebody = customer("en")
    says_all(somebody, "send a technician", "my router is broken")
    said = somebody.says("how much is the Plus plan?")
    assert "The visit is free" not in said
    assert "99 yuan" in "".join(said.texts)
    assert said.form == "repair_form"


@pytest.mark.parametrize(
    ("language", "correction", "fault"),
    [
        ("en", "it is the router, actually", "the router"),
        ("en", "no, it's the phone line", "the phone line"),
        ("zh", "其实是光猫坏了", "光猫坏了"),
        ("zh", "不是路由器，是光猫", "光猫"),
    ],
)
def test_a_fault_told_later_replaces_the_first(
    customer: Meet, language: str, correction: str, fault: str
) -> None:
    said = books(customer(language), correction)
    assert said.raw["slots"]["fault"] == fault
    assert {"en": f'for "{fault}"', "zh": f"「{fault}」"}[language] in said


@pytest.mark.parametrize(
    ("language", "words"), [("en", "no network since yesterday"), ("zh", "昨天开始就没网")]
)
def test_since_when_it_is_broken_is_part_of_the_fault(customer: Meet, language: str, words: str) -> None:
    somebody = customer(language)
    assert says_all(somebody, VISIT[language], words).raw["slots"]["fault"] == words
    said = books(customer(language), words)
    assert said.raw["slots"]["fault"] == words
    assert said.form == "repair_form"


@BOTH
@pytest.mark.parametrize("confirming", [False, True])
def test_a_time_nobody_listed_is_not_called_taken(customer: Meet, language: str, confirming: bool) -> None:
    somebody = customer(language)
    far = when.now().date() + timedelta(days=5)
    words = f"{far:%B} {far.day} in the morning" if language == "en" else f"{far.month}月{far.day}日上午"
    if confirming:
        books(somebody)
    else:
        says_all(somebody, VISIT[language], BROKEN[language], PLACE[language])
    said = somebody.says(words)
    assert {"en": "isn't a time I can offer", "zh": "约不上"}[language] in said
    assert len(said.choices) == 4


@pytest.mark.parametrize(
    ("language", "words", "part"), [("en", "make it in the evening", "evening"), ("zh", "改成晚上", "晚上")]
)
def test_only_the_part_of_the_day_is_changed(customer: Meet, language: str, words: str, part: str) -> None:
    said = books(customer(language), words)
    assert part in said
    assert said.raw["slots"]["visit_time"].endswith("evening")


@pytest.mark.parametrize(
    ("language", "words"), [("en", "tomorrow afternoon won't do"), ("zh", "明天下午不行")]
)
def test_a_time_that_does_not_suit_after_all_is_asked_for_again(
    customer: Meet, language: str, words: str
) -> None:
    said = books(customer(language), words)
    assert said.form == "repair_form"
    assert len(said.choices) == 4


@pytest.mark.parametrize(("language", "words"), [("en", "yes, tomorrow is fine"), ("zh", "好的，明天可以")])
def test_a_yes_that_says_the_time_again_is_a_yes(customer: Meet, language: str, words: str) -> None:
    said = books(customer(language), words)
    assert said.form is None
    assert {"en": "It's booked", "zh": "约好了"}[language] in "".join(said.texts)


@pytest.mark.parametrize(
    ("language", "fault", "words", "chip"),
    [
        ("en", "my broadband is down", "that did not help", "Book a technician"),
        ("zh", "宽带断了", "没用", "约师傅上门"),
        ("zh", "宽带断了", "还是不行", "约师傅上门"),
    ],
)
def test_a_technician_is_offered_when_the_advice_did_not_help(
    customer: Meet, language: str, fault: str, words: str, chip: str
) -> None:
    somebody = customer(language)
    offered = says_all(somebody, fault, words)
    assert offered.titles == [chip, {"en": "Talk to a person", "zh": "转人工"}[language]]
    assert somebody.taps(offered.choices[0]).form == "repair_form"


def test_no_technician_is_offered_for_anything_else(customer: Meet) -> None:
    said = says_all(customer("en"), "my broadband is down", "which plans do you have", "that did not help")
    assert "Book a technician" not in said.titles


@pytest.mark.parametrize(
    ("language", "words", "place"),
    [
        (
            "en",
            "book a technician for tomorrow afternoon at 12 Garden Road, flat 3, my router is dead",
            "12 Garden Road, flat 3",
        ),
        ("zh", "明天下午派师傅来花园路12号，路由器坏了", "花园路12号"),
    ],
)
def test_all_may_be_told_at_once(customer: Meet, language: str, words: str, place: str) -> None:
    slots = customer(language).says(words).raw["slots"]
    assert slots["place"] == place
    assert slots["visit_time"] == f"{when.now().date() + timedelta(days=1)} afternoon"


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "can you come today?"),
        ("en", "do I have to be at home?"),
        ("zh", "今天能来吗"),
        ("zh", "家里没人行吗"),
    ],
)
def test_a_question_is_no_fault(customer: Meet, language: str, question: str) -> None:
    said = says_all(customer(language), VISIT[language], question)
    assert said.raw["slots"]["fault"] is None
    assert said.form == "repair_form"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "the technician charged a fee last time and it is down again"),
        ("zh", "上次师傅修了还收费，又断了"),
        ("zh", "家里没人能上网"),
    ],
)
def test_a_fault_is_no_question(customer: Meet, language: str, words: str) -> None:
    assert says_all(customer(language), VISIT[language], words).raw["slots"]["fault"] == words


@pytest.mark.parametrize(("language", "words"), [("en", "next week"), ("zh", "下周")])
def test_next_week_is_said_to_be_too_far_ahead(customer: Meet, language: str, words: str) -> None:
    said = says_all(customer(language), VISIT[language], BROKEN[language], PLACE[language], words)
    assert {"en": "isn't a time I can offer", "zh": "约不上"}[language] in said


@pytest.mark.parametrize(("language", "words"), [("en", "the earliest you have"), ("zh", "最早什么时候")])
def test_the_earliest_is_the_first_that_is_offered(customer: Meet, language: str, words: str) -> None:
    said = says_all(customer(language), VISIT[language], BROKEN[language], PLACE[language], words)
    assert said.raw["slots"]["visit_time"] == f"{when.now().date() + timedelta(days=1)} afternoon"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "it works again, no need to come"),
        ("en", "all good now, you don't need to come"),
        ("zh", "不用来了，好了"),
        ("zh", "网好了，不用修了"),
    ],
)
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_whoever_needs_no_visit_any_more_is_let_go(
    customer: Meet, language: str, words: str, steps: int
) -> None:
    before = (VISIT, BROKEN, PLACE)[:steps]
    said = says_all(customer(language), *(each[language] for each in before), words)
    assert (said.form, said.handoff) == (None, None)
    assert {"en": "we'll leave it at that", "zh": "先不办了"}[language] in "".join(said.texts)


# --- a phone number ---

CALL = {"en": "please call me", "zh": "给我回个电话"}
NO_NUMBER = {"en": "doesn't look like a mobile number", "zh": "好像不是手机号"}


@BOTH
def test_what_is_no_number_is_asked_for_three_times(customer: Meet, language: str) -> None:
    somebody = customer(language)
    somebody.says(CALL[language])
    for words in ("138", "abc"):
        assert NO_NUMBER[language] in somebody.says(words)
    assert somebody.says("1380000").handoff == "form_failed"


@pytest.mark.parametrize(
    ("language", "opening", "question"),
    [
        ("en", "how much data do I have left", "why do you need my number?"),
        ("en", "please call me", "what do you need it for"),
        ("zh", "还剩多少流量", "为什么要手机号"),
        ("zh", "给我回个电话", "要手机号干什么"),
    ],
)
def test_what_the_number_is_for_is_told(customer: Meet, language: str, opening: str, question: str) -> None:
    somebody = customer(language)
    asked = somebody.says(opening)
    said = somebody.says(question)
    assert {"en": "I only use the number", "zh": "手机号只用来"}[language] in said
    assert len(said.texts[-1]) < len(asked.texts[-1])


@pytest.mark.parametrize(("language", "question"), [("en", "who will call me?"), ("zh", "谁打给我")])
def test_who_calls_is_told(customer: Meet, language: str, question: str) -> None:
    said = says_all(customer(language), CALL[language], PHONE, question)
    assert {"en": "One of our colleagues", "zh": "人工同事"}[language] in said
    assert len(said.texts) == 2


@pytest.mark.parametrize(("language", "question"), [("en", "is it free?"), ("zh", "收费吗")])
def test_what_a_call_costs_is_told(customer: Meet, language: str, question: str) -> None:
    said = says_all(customer(language), CALL[language], question)
    assert {"en": "we who call you", "zh": "不收费"}[language] in "".join(said.texts)
    assert said.form == "callback_form"


# --- the code ---

PLANS = {
    "en": ["Light · 39 yuan", "Plus · 99 yuan", "Unlimited · 159 yuan"],
    "zh": ["轻享 · 39 元", "尊享 · 99 元", "无限 · 159 元"],
}
DATA = {"en": "how much data do I have left", "zh": "还剩多少流量"}


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "what is the code for?"),
        ("en", "why do you need a code"),
        ("en", "is that safe?"),
        ("zh", "验证码是干什么的"),
        ("zh", "为什么要验证码"),
        ("zh", "安全吗"),
    ],
)
def test_what_the_code_is_for_is_told(customer: Meet, shop: Shop, language: str, question: str) -> None:
    somebody = customer(language)
    says_all(somebody, DATA[language], PHONE)
    code = shop.company.code_for(PHONE)
    said = somebody.says(question)
    assert {"en": "phone is in your hands", "zh": "号码在您手上"}[language] in said
    assert said.texts[-1].startswith({"en": "Please tell me the code", "zh": "请把发到"}[language])
    assert shop.company.code_for(PHONE) == code, "no other code is sent"
    assert somebody.says(code).form is None


@pytest.mark.parametrize(
    ("language", "wish", "first", "offered"),
    [
        ("en", "change my plan", "First I need the code", "Which plan would you like"),
        ("zh", "换套餐", "先把发到", "想换成哪个套餐"),
    ],
)
def test_another_wish_waits_for_the_code(
    customer: Meet, shop: Shop, language: str, wish: str, first: str, offered: str
) -> None:
    somebody = customer(language)
    says_all(somebody, DATA[language], PHONE)
    said = somebody.says(wish)
    assert first in said
    assert said.form == "plan_form"
    assert offered in somebody.says(shop.company.code_for(PHONE))


@pytest.mark.parametrize(
    ("language", "wish", "first", "bill"),
    [
        ("en", "show me my bill", "First I need the code", "yuan so far"),
        ("zh", "查账单", "先把发到", "的账单"),
    ],
)
def test_the_bill_may_be_wanted_after_all(
    customer: Meet, shop: Shop, language: str, wish: str, first: str, bill: str
) -> None:
    somebody = customer(language)
    says_all(somebody, DATA[language], PHONE)
    assert first in somebody.says(wish)
    assert bill in "".join(somebody.says(shop.company.code_for(PHONE)).texts)


def test_a_plan_named_while_the_code_is_awaited_is_not_asked_for(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    says_all(somebody, "change my plan", PHONE, "switch me to the 159 plan")
    assert "Unlimited plan, 159 yuan" in somebody.says(shop.company.code_for(PHONE))


@pytest.mark.parametrize(
    ("language", "wish", "said"),
    [("en", "change my plan", "isn't a Qingchuan number"), ("zh", "换套餐", "不是晴川的号码")],
)
def test_nobody_without_a_contract_changes_a_plan(
    customer: Meet, shop: Shop, language: str, wish: str, said: str
) -> None:
    somebody = customer(language)
    somebody.says(wish)
    assert said in "".join(proves(somebody, shop, "13911112222").texts)
    assert proves(somebody, shop).titles == PLANS[language], "with a number that is a customer's"


@pytest.mark.parametrize(("language", "said"), [("en", "on the Everyday plan"), ("zh", "畅享套餐")])
def test_after_a_number_without_a_contract_another_will_do(
    customer: Meet, shop: Shop, language: str, said: str
) -> None:
    somebody = customer(language)
    somebody.says(DATA[language])
    assert proves(somebody, shop, "13911112222").form == "account_form"
    assert said in "".join(proves(somebody, shop).texts)


@pytest.mark.parametrize(("language", "words"), [("en", "I don't have my phone"), ("zh", "我手机不在身边")])
def test_whoever_cannot_get_the_code_is_told_what_else_there_is(
    customer: Meet, language: str, words: str
) -> None:
    said = says_all(customer(language), DATA[language], PHONE, words)
    assert {"en": "another way to check", "zh": "别的办法核实"}[language] in said
    assert {"en": "Talk to a person", "zh": "转人工"}[language] in said.titles


def test_only_digits_are_called_a_wrong_code(customer: Meet) -> None:
    said = says_all(customer("zh"), "还剩多少流量", PHONE, "再想想")
    assert "验证码不对" not in "".join(said.texts)
    assert "请把发到 138****0001 的验证码告诉我" in said


@pytest.mark.parametrize(
    ("language", "question", "answer"),
    [
        ("en", "is it free?", "Changing is free"),
        ("en", "when does it start?", "starts on the 1st"),
        ("zh", "收费吗", "换套餐不收费"),
        ("zh", "什么时候生效", "下个月 1 号起换"),
    ],
)
def test_what_changing_a_plan_costs_and_from_when_is_told(
    customer: Meet, language: str, question: str, answer: str
) -> None:
    wish = {"en": "change my plan", "zh": "换套餐"}[language]
    said = says_all(customer(language), wish, question)
    assert answer in said.texts[0]
    assert len(said.texts) == 2
    assert said.form == "plan_form"


@pytest.mark.parametrize(
    ("language", "words", "plan"),
    [("en", "the cheapest", "light"), ("zh", "最便宜的", "light"), ("zh", "最贵的", "unlimited")],
)
def test_a_plan_is_named_by_its_rank(
    customer: Meet, shop: Shop, language: str, words: str, plan: str
) -> None:
    somebody = customer(language)
    somebody.says({"en": "change my plan", "zh": "换套餐"}[language])
    proves(somebody, shop)
    assert somebody.says(words).raw["slots"]["plan"] == plan


@pytest.mark.parametrize(("language", "question"), [("en", "is it free?"), ("zh", "收费吗")])
def test_what_cancelling_costs_is_told(customer: Meet, language: str, question: str) -> None:
    somebody = customer(language)
    asked = somebody.says({"en": "cancel QC20260001", "zh": "取消QC20260001"}[language])
    said = somebody.says(question)
    assert {"en": "Cancelling is free", "zh": "取消不收费"}[language] in said.texts[0]
    assert said.titles == asked.titles


# --- a complaint ---

COMPLAIN = {"en": "I want to make a complaint", "zh": "我要投诉"}


@pytest.mark.parametrize(
    ("language", "story"), [("en", "the man behind the counter yelled at me"), ("zh", "昨天营业员骂人")]
)
def test_how_somebody_was_treated_is_known_to_be_about_the_service(
    customer: Meet, language: str, story: str
) -> None:
    said = says_all(customer(language), COMPLAIN[language], story)
    assert said.raw["slots"]["complaint_kind"] == "service"
    assert {"en": "phone number", "zh": "手机号"}[language] in "".join(said.texts)


def test_a_number_in_place_of_the_kind_is_enough(customer: Meet, shop: Shop) -> None:
    said = says_all(customer("en"), "I want to make a complaint", "nobody came for three hours", PHONE)
    assert said.handoff == "complaint"
    assert (shop.company.filed[-1]["kind"], shop.company.filed[-1]["phone"]) == ("other", PHONE)


@pytest.mark.parametrize(
    ("language", "wish"), [("en", "I want to complain about your shop"), ("zh", "我要投诉你们营业厅")]
)
def test_a_wish_to_complain_is_no_story_yet(customer: Meet, language: str, wish: str) -> None:
    asked = customer(language).says(wish)
    assert {"en": "What happened", "zh": "出了什么事"}[language] in "".join(asked.texts)


@pytest.mark.parametrize(
    ("language", "story", "more"),
    [
        ("en", "the technician was rude to me", "and then he left without repairing anything"),
        ("zh", "师傅态度很差", "而且没修好就走了"),
    ],
)
def test_what_is_told_in_place_of_a_number_is_filed(
    customer: Meet, shop: Shop, language: str, story: str, more: str
) -> None:
    said = says_all(customer(language), COMPLAIN[language], story, more)
    assert said.handoff == "complaint"
    assert shop.company.filed[-1]["what"] == f"{story} {more}"


@pytest.mark.parametrize(
    ("language", "question"), [("en", "how long will that take?"), ("zh", "要多久有结果？")]
)
def test_by_when_a_complaint_is_answered_is_told(customer: Meet, language: str, question: str) -> None:
    somebody = customer(language)
    asked = says_all(
        somebody, COMPLAIN[language], {"en": "your staff were rude", "zh": "营业员骂人"}[language]
    )
    said = somebody.says(question)
    assert {"en": "within 24 hours", "zh": "24 小时内"}[language] in said
    assert said.texts[-1] == asked.texts[-1]


@pytest.mark.parametrize(("language", "words"), [("en", "rather not"), ("zh", "不留")])
def test_nobody_is_pressed_for_a_number(customer: Meet, language: str, words: str) -> None:
    story = {"en": "your staff were rude", "zh": "营业员骂人"}[language]
    assert says_all(customer(language), COMPLAIN[language], story, words).handoff == "complaint"
