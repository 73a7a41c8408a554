"""Around a visit or a call: the fault is known before, another time is wanted after, or none at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.brain import when
from tests.brain.conftest import Customer, Said, says_all
from tests.brain.shop import Shop

Meet = Callable[..., Customer]
PHONE = "13800000001"
VISIT = {
    "en": ("send a technician", "my router is broken", "14 Garden Road", "tomorrow afternoon", "yes"),
    "zh": ("派个师傅来", "路由器坏了", "花园路14号", "明天下午", "确认"),
}
CALL = {
    "en": ("please call me", PHONE, "tomorrow afternoon"),
    "zh": ("给我回个电话", PHONE, "明天下午"),
}
FAULT = {"en": "my broadband is down again", "zh": "宽带又断了"}
BOTH = pytest.mark.parametrize("language", ["en", "zh"])


def said(answer: Said) -> str:
    return "\n".join(answer.texts)


def in_days(days: int) -> str:
    return (when.now().date() + timedelta(days=days)).isoformat()


# --- before ---


@pytest.mark.parametrize(
    ("language", "between", "wish"),
    [
        ("en", [], "send someone then"),
        ("en", ["restarted it already, didn't help"], "send a technician please"),
        ("en", [], "book someone"),
        ("en", [], "so what now"),
        ("en", ["still not working"], "what do i do now"),
        ("zh", ["重启过了没用"], "派人来修"),
        ("zh", [], "那怎么办"),
        ("zh", [], "那约个师傅吧"),
        ("zh", ["还是不行"], "现在咋办啊"),
    ],
)
def test_a_fault_told_before_is_not_asked_for_again(
    customer: Meet, language: str, between: list[str], wish: str
) -> None:
    somebody = customer(language)
    asked = says_all(somebody, FAULT[language], *between, wish)
    assert asked.form == "repair_form"
    assert FAULT[language] in asked
    assert {"en": "Where shall the technician go", "zh": "师傅去哪里"}[language] in said(asked)
    question = says_all(somebody, *VISIT[language][2:4])
    assert FAULT[language] in question


def test_a_fault_told_with_the_wish_is_the_one(customer: Meet) -> None:
    asked = says_all(customer("zh"), FAULT["zh"], "派师傅来，路由器坏了")
    assert "路由器坏了" in asked.raw["slots"]["fault"]


def test_a_fault_taken_back_is_asked_for(customer: Meet) -> None:
    somebody = customer("en")
    says_all(somebody, FAULT["en"], "send someone then")
    asked = somebody.says("change that, I gave the wrong thing")
    assert "What is broken" in said(asked)


def test_after_half_an_hour_the_fault_is_forgotten(customer: Meet) -> None:
    somebody = customer("en")
    somebody.says(FAULT["en"])
    somebody.state["fault"][1] -= 31
    assert "What is broken" in somebody.says("send a technician")


@BOTH
def test_what_now_of_a_phone_is_a_call(customer: Meet, language: str) -> None:
    words = {"en": ("no signal on my phone", "so what now"), "zh": ("手机没信号", "那怎么办")}[language]
    assert says_all(customer(language), *words).form == "callback_form"


# --- another time ---


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "can you change it to the evening"),
        ("en", "make it the evening please"),
        ("en", "evening instead"),
        ("zh", "改到晚上"),
        ("zh", "换成晚上行吗"),
        ("zh", "能不能挪到明天晚上"),
    ],
)
@pytest.mark.parametrize("booked", [VISIT, CALL])
def test_the_part_of_the_day_is_changed(
    customer: Meet, shop: Shop, language: str, words: str, booked: dict[str, tuple[str, ...]]
) -> None:
    somebody = customer(language)
    says_all(somebody, *booked[language])
    filed = shop.company.filed[-1]
    changed = somebody.says(words)
    assert (changed.form, changed.handoff) == (None, None)
    assert {"en": "evening (18:00–20:00)", "zh": "晚上 18:00–20:00"}[language] in said(changed)
    assert (filed["day"], filed["part"]) == (in_days(1), "evening")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "another time please"), ("en", "can we reschedule"), ("zh", "改个时间"), ("zh", "改约行不行")],
)
def test_without_a_time_the_free_ones_are_offered(
    customer: Meet, shop: Shop, language: str, words: str
) -> None:
    somebody = customer(language)
    says_all(somebody, *VISIT[language])
    offered = somebody.says(words)
    assert offered.form == "move_form"
    assert len(offered.choices) == 3, "without the one that is booked"
    assert {"en": "Changed", "zh": "改好了"}[language] in somebody.taps(offered.choices[0])
    assert shop.company.filed[-1]["part"] == "evening"


def test_half_a_time_leaves_fewer(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    says_all(somebody, *VISIT["en"])
    day = when.now().date() + timedelta(days=2)
    assert "Changed" in somebody.says(f"make it {day:%A}")
    assert shop.company.filed[-1]["day"] == day.isoformat()


@BOTH
def test_a_time_that_is_not_free_is_said_to_be(customer: Meet, language: str) -> None:
    somebody = customer(language)
    says_all(somebody, *VISIT[language])
    answer = somebody.says({"en": "can you change it to tomorrow morning", "zh": "改到明天上午"}[language])
    assert {"en": "isn't a time I can offer", "zh": "约不上"}[language] in answer
    assert {"en": "nothing changes", "zh": "那就不改了"}[language] in said(somebody.says("算了"))


@BOTH
def test_what_cannot_be_changed_any_more_gets_a_person(customer: Meet, shop: Shop, language: str) -> None:
    somebody = customer(language)
    says_all(somebody, *CALL[language])
    shop.company.filed[-1]["cancelled"] = True
    handed = somebody.says({"en": "make it the evening", "zh": "改到晚上"}[language])
    assert handed.handoff == "form_failed"


# --- none at all ---


@pytest.mark.parametrize(
    ("booked", "language", "words"),
    [
        (VISIT, "en", "never mind don't come"),
        (VISIT, "en", "it works again, no need to come"),
        (VISIT, "en", "cancel the visit"),
        (VISIT, "zh", "不用来了"),
        (VISIT, "zh", "好了，别来了"),
        (VISIT, "zh", "取消吧"),
        (CALL, "en", "never mind don't call"),
        (CALL, "en", "dont call me anymore"),
        (CALL, "en", "cancel that"),
        (CALL, "zh", "不用打了"),
        (CALL, "zh", "算了别打了"),
        (CALL, "zh", "取消回电"),
    ],
)
def test_what_is_not_needed_any_more_is_cancelled(
    customer: Meet, shop: Shop, booked: dict[str, tuple[str, ...]], language: str, words: str
) -> None:
    somebody = customer(language)
    says_all(somebody, *booked[language])
    cancelled = somebody.says(words)
    assert {"en": "cancelled", "zh": "已经取消"}[language] in said(cancelled)
    assert shop.company.filed[-1]["cancelled"] is True
    assert cancelled.handoff is None


def test_another_matter_after_a_booking_is_another_matter(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    says_all(somebody, *VISIT["en"])
    assert somebody.says("cancel QC20260001").form == "cancel_form"
    assert "cancelled" not in shop.company.filed[-1]


@pytest.mark.parametrize(
    ("booked", "language", "question"),
    [
        (VISIT, "en", "when are you coming?"),
        (VISIT, "zh", "师傅几点来"),
        (CALL, "en", "what time exactly"),
        (CALL, "zh", "几点打"),
    ],
)
def test_when_it_is_can_be_asked(
    customer: Meet, booked: dict[str, tuple[str, ...]], language: str, question: str
) -> None:
    somebody = customer(language)
    says_all(somebody, *booked[language])
    told = somebody.says(question)
    assert "12:00–18:00" in said(told)
    assert {"en": "No longer needed", "zh": "不用"}[language] in "".join(told.titles)


@BOTH
def test_a_visit_that_was_not_booked_here_is_told_how_to_change(customer: Meet, language: str) -> None:
    words = {"en": "I need to reschedule my technician visit", "zh": "师傅上门想改个时间"}[language]
    answer = customer(language).says(words)
    assert {"en": "My tickets", "zh": "我的工单"}[language] in said(answer)
