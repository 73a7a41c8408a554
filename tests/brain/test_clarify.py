"""When the bot is unsure it asks once, and then calls a person."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.brain.conftest import Customer
from tests.support.doubts import UNCLEAR

Meet = Callable[..., Customer]


@pytest.fixture(params=["zh", "en"])
def unsure(request: pytest.FixtureRequest, customer: Meet) -> Customer:
    """A customer whom the bot has just asked what he or she means."""
    somebody = customer(request.param)
    said = somebody.says(UNCLEAR[request.param])
    assert said.intent != "nlu_fallback", "the answer has what the classifier said"
    assert said.raw["intent"]["confidence"] < said.raw["threshold"]
    assert len(said.choices) == 3
    assert said.handoff is None
    return somebody


def test_the_choices_are_the_likeliest_meanings(customer: Meet) -> None:
    said = customer("en").says(UNCLEAR["en"])
    likeliest = [each["name"] for each in said.raw["ranking"]]
    picked = [customer("en") for _ in range(2)]
    meanings = []
    for somebody, choice in zip(picked, said.choices, strict=False):
        somebody.state = said.state
        meanings.append(somebody.taps(choice).intent)
    assert meanings == [name for name in likeliest if name in meanings]
    assert len(set(meanings)) == 2


@pytest.mark.parametrize("how", ["tap", "title", "number", "fullwidth", "chinese", "sentence"])
def test_a_choice_is_made_by_tapping_typing_or_counting(unsure: Customer, how: str) -> None:
    first = unsure.offered[0]
    typed = {
        "title": f" {first['title'].upper()} ",
        "number": "1",
        "fullwidth": "１。",
        "chinese": "一",
        "sentence": "第一个",
    }
    said = unsure.taps(first) if how == "tap" else unsure.says(typed[how])
    assert said.raw["ranking"] == [], "nothing was guessed"
    assert said.raw["intent"]["confidence"] == 1.0
    assert said.texts


TYPED = {"zh": ["3", "都不是", "以上都不是。"], "en": ["3", "None of these.", "neither"]}


@pytest.mark.parametrize("how", ["tap", 0, 1, 2])
def test_none_of_these_calls_a_person(unsure: Customer, how: str | int) -> None:
    last = unsure.offered[-1]
    said = unsure.taps(last) if isinstance(how, str) else unsure.says(TYPED[unsure.language][how])
    assert said.raw["ranking"] == [], "nothing was guessed"
    assert said.handoff == "low_confidence"
    assert said.texts
    assert said.state is None


def test_a_second_doubt_calls_a_person(unsure: Customer) -> None:
    said = unsure.says(UNCLEAR[unsure.language] + "!")
    assert said.handoff == "low_confidence"
    assert said.state is None


@pytest.mark.parametrize("words", ["no", "yes"])
def test_a_bare_yes_or_no_is_no_choice(unsure: Customer, words: str) -> None:
    assert unsure.says(
        {"no": "不是", "yes": "是的"}[words] if unsure.language == "zh" else words
    ).handoff == ("low_confidence")


def test_a_clear_word_is_answered_and_ends_the_question(unsure: Customer) -> None:
    said = unsure.says("发票怎么开" if unsure.language == "zh" else "how do I get an invoice?")
    assert said.intent == "invoice"
    assert said.handoff is None
    again = unsure.says(UNCLEAR[unsure.language])
    assert again.handoff is None, "this is a first doubt again"
    assert len(again.choices) == 3


@pytest.mark.parametrize("words", ["都不是", "none of these"])
def test_without_a_question_none_of_these_is_a_text(customer: Meet, words: str) -> None:
    assert customer("zh").says(words).raw["ranking"], "the classifier was asked"


@pytest.mark.parametrize(("language", "text"), [("zh", "锟斤拷"), ("en", "gfdsa"), ("en", "blorp")])
def test_with_nothing_likely_the_bot_says_so_and_calls_a_person(
    customer: Meet, language: str, text: str
) -> None:
    said = customer(language).says(text)
    assert said.raw["ranking"][0] == said.raw["intent"], "the record has what was likeliest all the same"
    assert said.raw["intent"]["confidence"] < said.raw["threshold"]
    assert said.handoff == "low_confidence"
    assert {"zh": "没看懂", "en": "didn't understand"}[language] in said
    assert said.choices == []


NOISES = {
    "zh": ["噼里啪啦", "叽里咕噜", "稀里哗啦", "咿咿呀呀", "嘀嘀嗒嗒"],
    "en": ["plugh", "xyzzy", "blargh", "fnord", "zork", "wibble", "foobaz"],
}
UNTITLED = {
    "goodbye",
    "thanks",
    "greet",
    "insult",
    "kidding",
    "praise",
    "joke",
    "affirm",
    "deny",
    "stop",
    "repeat",
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_cannot_be_asked_about_and_is_not_likely_is_not_asked_about(
    customer: Meet, language: str
) -> None:
    """A noise sounds like a goodbye or a thank-you; the next meanings that have a title are far-fetched."""
    said = {noise: customer(language).says(noise) for noise in NOISES[language]}
    unlikely = {
        noise: each
        for noise, each in said.items()
        if each.intent in UNTITLED and each.raw["intent"]["confidence"] < 0.5
    }
    assert unlikely
    assert {noise: each.handoff for noise, each in unlikely.items()} == dict.fromkeys(
        unlikely, "low_confidence"
    )


def test_that_something_is_none_of_its_business_is_said_without_asking_back(customer: Meet) -> None:
    said = customer("en").says("what's the exchange rate of the euro")
    assert said.intent == "out_of_scope"
    assert said.raw["intent"]["confidence"] < said.raw["threshold"]
    assert said.handoff is None
    assert said.titles[-1] == "Talk to a person"


def test_inside_a_form_nothing_likely_is_an_answer_to_its_question(customer: Meet) -> None:
    somebody = customer("en")
    assert somebody.says("where is my order").form == "order_form"
    said = somebody.says("qwerty uiop")
    assert said.form == "order_form"
    assert said.handoff is None


def test_a_person_can_be_asked_for(unsure: Customer) -> None:
    assert unsure.says("转人工" if unsure.language == "zh" else "human please").handoff == "asked"


def test_only_what_was_offered_last_can_be_picked(unsure: Customer) -> None:
    old = unsure.offered[-1]
    unsure.says("你好" if unsure.language == "zh" else "hello")
    said = unsure.says("5G套餐" if unsure.language == "zh" else "plans", choice=old["id"])
    assert said.intent == "plan_info"
    assert said.handoff is None


def test_an_older_button_still_means_what_it_says(customer: Meet) -> None:
    somebody = customer("zh")
    button = next(choice for choice in somebody.says("怎么取消订单").choices if "同事" in choice["title"])
    assert somebody.says("你好").intent == "greet"
    assert somebody.taps(button).handoff == "asked"


def test_buttons_of_an_answer_can_be_picked_too(customer: Meet) -> None:
    somebody = customer("zh")
    greeting = somebody.says("你好")
    assert "查订单" in greeting.titles
    assert somebody.says(str(greeting.titles.index("查订单") + 1)).form == "order_form"


def test_a_number_without_a_choice_is_a_text(customer: Meet) -> None:
    assert customer("zh").says("2").raw["ranking"], "the classifier was asked"


ONE_LIKELY = {
    "zh": ("3000分能换点啥", "会员积分", "对"),
    "en": ("does that smartwatch measure blood oxygen", "Get an eSIM", "yes"),
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_one_likely_meaning_is_asked_about_alone_and_a_yes_means_it(customer: Meet, language: str) -> None:
    text, title, yes = ONE_LIKELY[language]
    somebody = customer(language)
    asked = somebody.says(text)
    none_of_these = {"zh": "都不是，转人工", "en": "None of these, get me a person"}[language]
    assert asked.titles == [title, none_of_these]
    meant = customer(language)
    meant.state = asked.state
    assert somebody.says(yes).texts == meant.taps(asked.choices[0]).texts
    assert somebody.says(yes).handoff is None
