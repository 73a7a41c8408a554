"""A day and a part of it, as people say them; today is a Wednesday."""

from __future__ import annotations

from datetime import date

import pytest

from bot.brain import when

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("tomorrow afternoon", "2026-11-26 afternoon"),
        ("Tomorrow at 9am would be best", "2026-11-26 morning"),
        ("the day after tomorrow, evening", "2026-11-27 evening"),
        ("Saturday morning", "2026-11-28 morning"),
        ("on sat pls", "2026-11-28 ?"),
        ("next Monday at 3pm", "2026-11-30 afternoon"),
        ("this weekend", "2026-11-28 ?"),
        ("tonight", "2026-11-25 evening"),
        ("Nov 28, 3 pm", "2026-11-28 afternoon"),
        ("28th of the month", "2026-11-28 ?"),
        ("3 december in the morning", "2026-12-03 morning"),
        ("at half past, say 14:30", "? afternoon"),
        ("tomorrow at 3", "2026-11-26 afternoon"),
        ("at 10 on Friday please", "2026-11-27 morning"),
        ("any time in the afternoon", "? afternoon"),
        ("tomorow morning", "2026-11-26 morning"),
        ("tommorow aftrnoon", "2026-11-26 afternoon"),
        ("tmrw", "2026-11-26 ?"),
        ("tmr am", "2026-11-26 morning"),
        ("2moro pm pls", "2026-11-26 afternoon"),
        ("thurs", "2026-11-26 ?"),
        ("weds evning", "2026-11-25 evening"),
        ("wensday", "2026-11-25 ?"),
        ("next tues", "2026-12-01 ?"),
        ("saterday mornin", "2026-11-28 morning"),
        ("friday 9 pm", "2026-11-27 evening"),
        ("明天下午", "2026-11-26 afternoon"),
        ("明早", "2026-11-26 morning"),
        ("后天下午", "2026-11-27 afternoon"),
        ("明儿下午", "2026-11-26 afternoon"),
        ("后儿个上午", "2026-11-27 morning"),
        ("这周五早上", "2026-11-27 morning"),
        ("明早吧", "2026-11-26 morning"),
        ("后天晚上", "2026-11-27 evening"),
        ("大后天", "2026-11-28 ?"),
        ("周六上午", "2026-11-28 morning"),
        ("星期天下午三点", "2026-11-29 afternoon"),
        ("下周二上午十点", "2026-12-01 morning"),
        ("禮拜五晚上", "2026-11-27 evening"),
        ("周末", "2026-11-28 ?"),
        ("11月28号下午", "2026-11-28 afternoon"),
        ("十一月二十八日上午", "2026-11-28 morning"),
        ("２８号下午两点", "2026-11-28 afternoon"),
        ("3号", "2026-12-03 ?"),
        ("2026-11-30 上午", "2026-11-30 morning"),
        ("１２/１ 晚上７点", "2026-12-01 evening"),
        ("1月5日", "2027-01-05 ?"),
        ("下午三点半", "? afternoon"),
        ("8点到10点都行", "? morning"),
    ],
)
def test_a_time_is_read(said: str, means: str) -> None:
    assert str(when.read(said, TODAY)) == means


@pytest.mark.parametrize(
    "said",
    [
        "",
        "hello",
        "我的宽带断了",
        "13800000001",
        "QC20260001",
        "the 99 plan",
        "2月30日",
        "2 GB",
        "第一个",
        "最早什么时候",
        "at 14 Garden Road",
        "I am at home",
        "a warning light, and no money",
        "my friend said everything is even",
    ],
)
def test_what_is_no_time_is_none(said: str) -> None:
    assert when.read(said, TODAY) is None


def test_a_day_is_told_in_words() -> None:
    assert when.day_in_words("2026-11-26", "zh", TODAY) == "明天（11月26日 周四）"
    assert when.day_in_words("2026-11-26", "en", TODAY) == "tomorrow, Thursday 26 November"
    assert when.day_in_words("2026-12-01", "zh", TODAY) == "12月1日 周二"
    assert when.day_in_words("2026-12-01", "en") == "Tuesday 1 December"
    assert when.day_in_words("soon", "en") == "soon"
    assert when.month_in_words("2026-11", "zh") == "11月"
    assert when.month_in_words("2026-11", "en") == "November"


def test_a_time_is_told_in_both_languages() -> None:
    assert when.spoken("2026-11-28", "morning", "zh") == "11月28日（周六）上午 8:00–12:00"
    assert when.spoken("2026-11-28", "evening", "en") == "Saturday 28 November, evening (18:00–20:00)"
