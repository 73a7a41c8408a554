"""A customer who asks the same again is told once more, and then gets a person."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.brain.conftest import Customer

Meet = Callable[..., Customer]
SAME = {
    "zh": ["发票怎么开", "怎么才能开到发票", "开发票"],
    "en": ["how do I get an invoice?", "can you send me an invoice", "invoice please"],
}
HALF_AN_HOUR = 31


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_second_time_a_person_is_offered_the_third_time_called(customer: Meet, language: str) -> None:
    somebody = customer(language)
    first, second, third = (somebody.says(text) for text in SAME[language])
    assert {first.intent, second.intent, third.intent} == {"invoice"}, "however it is worded"
    sorry = {"zh": "抱歉", "en": "sorry"}[language]
    assert sorry not in first
    assert first.handoff is second.handoff is None
    assert sorry in second.texts[0].partition("\n")[0]
    assert first.texts[0] in second.texts[0]
    assert {"zh": "转人工", "en": "Talk to a person"}[language] in second.titles
    assert third.handoff == "repeated"
    assert sorry in third
    assert third.state is None


def test_the_person_that_is_offered_can_be_had(customer: Meet) -> None:
    somebody = customer("en")
    somebody.says(SAME["en"][0])
    chip = next(each for each in somebody.says(SAME["en"][1]).choices if each["title"] == "Talk to a person")
    assert somebody.taps(chip).handoff == "asked"


def test_another_question_in_between_changes_nothing(customer: Meet) -> None:
    somebody = customer("en")
    somebody.says(SAME["en"][0])
    somebody.says("when do your shops open?")
    somebody.says(SAME["en"][1])
    somebody.says("thanks")
    assert somebody.says(SAME["en"][2]).handoff == "repeated"


def test_courtesies_may_be_repeated(customer: Meet) -> None:
    somebody = customer("zh")
    for text in ("你好", "你好", "谢谢", "谢谢", "谢谢", "你好", "你好"):
        assert somebody.says(text).handoff is None


def test_tapping_a_choice_again_is_no_complaint(customer: Meet) -> None:
    somebody = customer("zh")
    chip = next(each for each in somebody.says("手机卡丢了怎么补").choices if each["title"] == "营业厅在哪")
    said = [somebody.taps(chip) for _ in range(4)]
    assert all(each.handoff is None for each in said)


def test_a_new_order_number_makes_a_new_question(customer: Meet) -> None:
    somebody = customer("en")
    for number in ("QC20260001", "QC20260002", "QC20260003", "QC20260004"):
        assert somebody.says(f"where is my order {number}").handoff is None


def test_half_an_hour_later_it_is_a_new_question(customer: Meet) -> None:
    somebody = customer("en")
    somebody.says(SAME["en"][0])
    somebody.says(SAME["en"][1])
    for asked in somebody.state["asked"]:
        asked[2] -= HALF_AN_HOUR
    said = somebody.says(SAME["en"][2])
    assert said.handoff is None
    assert "sorry" not in said


def test_what_is_remembered_stays_small(customer: Meet) -> None:
    somebody = customer("en")
    for text in ("plans", "how do I get an invoice?", "roaming prices", "when do your shops open?", "eSIM"):
        somebody.says(text)
    assert len(somebody.state["asked"]) == 3


def test_after_a_handoff_the_count_starts_anew(customer: Meet) -> None:
    somebody = customer("en")
    *_, third = (somebody.says(text) for text in SAME["en"])
    assert third.handoff == "repeated"
    assert somebody.says(SAME["en"][0]).handoff is None


@pytest.mark.parametrize(("language", "words"), [("zh", "再说一遍"), ("en", "say that again please")])
def test_said_again_is_the_last_answer(customer: Meet, language: str, words: str) -> None:
    somebody = customer(language)
    first = somebody.says(SAME[language][0])
    again = somebody.says(words)
    assert again.intent == "repeat"
    assert first.texts[0] in again.texts[0]
    assert somebody.says(words).handoff is None, "who asks for it again has it again"


@pytest.mark.parametrize(
    ("language", "fault", "words"),
    [
        ("zh", "手机没信号了", "还是不行"),
        ("en", "I have no signal on my phone", "still nothing"),
        ("zh", "电话打不出去，一直没信号", "试过了，没用"),
        ("en", "calls keep dropping since yesterday", "that didn't help"),
    ],
)
def test_a_fault_that_is_still_there_is_for_a_person(
    customer: Meet, language: str, fault: str, words: str
) -> None:
    """As the chip below the answer says: not another go at the same advice."""
    somebody = customer(language)
    assert somebody.says(fault).handoff is None
    assert somebody.says(words).handoff == "repeated"


@pytest.mark.parametrize(
    ("language", "story"),
    [
        ("en", "My roaming doesn't work here in Spain and I have tried everything. Can I talk to a person?"),
        ("zh", "我在国外漫游上不了网，重启也没用，能不能转人工"),
    ],
)
def test_a_story_that_ends_in_asking_for_a_person_gets_one(customer: Meet, language: str, story: str) -> None:
    assert customer(language).says(story).handoff == "asked"
