"""For flows that make an appointment: reads a day and a part of the day, however they are said.

"tomorrow afternoon", "tomorow", "tmr pm", 周六上午, 11月28号下午三点, "Nov 28, 3pm", ２０２６-１１-２８.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

CLOCK = timezone(timedelta(hours=8))  # the company's: one for all of China
HOURS = {"morning": ("08:00", "12:00"), "afternoon": ("12:00", "18:00"), "evening": ("18:00", "20:00")}
PARTS_ZH = {"morning": "上午", "afternoon": "下午", "evening": "晚上"}
NEAR = {
    "zh": {-1: "昨天", 0: "今天", 1: "明天", 2: "后天"},
    "en": {-1: "yesterday", 0: "today", 1: "tomorrow"},
}
WEEKDAYS_ZH = "一二三四五六日"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH_DAY = re.compile(
    rf"\b(?P<month>{'|'.join(MONTHS)})[a-z]*\.? (?P<day>\d{{1,2}})"
    rf"|\b(?P<day_first>\d{{1,2}})(?:st|nd|rd|th)? (?P<month_last>{'|'.join(MONTHS)})"
)
DIGITS_ZH = "零一二三四五六七八九"

DAY_WORDS = {  # the longer ones first: 大后天 contains 后天
    r"大后天|大後天": 3,
    r"后天|後天|后儿|day after tomorrow": 2,
    r"明天|明日|明早|明晚|明儿|\btomorrow\b|\btmrw?\b|\b2mor": 1,
    r"今天|今日|今早|今晚|今儿|\btoday\b|\btonight\b|\bthis (?:morning|afternoon|evening)\b": 0,
}
PART_WORDS = {
    "evening": r"晚|傍晚|\bevening\b|\btonight\b|\bnight\b",
    "afternoon": r"下午|中午|午后|\bafternoon\b|\bnoon\b|\blunch|(?<!\d )\bpm\b",
    "morning": r"(?<!最)早|上午|\bmorning\b|(?<!\d )(?<!\bi )\bam\b",
}
WORD = re.compile(r"[a-z]{6,}")
OFTEN_MISTYPED = ("tomorrow", "tonight", "morning", "afternoon", "evening", *WEEKDAYS)
ALIKE = 0.8  # "wensday", "tomorow"; not "money" or "warning"
SHORT_WEEKDAY = r"mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun"
HOUR = re.compile(
    r"(?<![\d.:-])(?P<hour>\d{1,2})(?:[:点點时時](?P<minute>\d{2}|半)?|\s*(?=am\b|pm\b|a\.m|p\.m|o'?clock)"
    r"|(?:(?<=\bat \d)|(?<=\bat \d\d))(?=\W*(?:$|please|today|tomorrow|on )))"
    r"\s*(?P<half>am|pm|a\.m|p\.m)?"
)


@dataclass(frozen=True)
class When:
    """What was said of it: perhaps only the day, or only the part of it."""

    day: date | None
    part: str | None

    def __str__(self) -> str:
        return f"{self.day.isoformat() if self.day else '?'} {self.part or '?'}"


def now() -> datetime:
    """By the company's clock."""
    return datetime.now(CLOCK)


def read(text: str, today: date) -> When | None:
    """The day and the part of it that the text names, or None when it names neither."""
    words = _well_typed(_in_digits(unicodedata.normalize("NFKC", text).lower()))
    day = next((day for reads in _DAYS if (day := reads(words, today))), None)
    part = _part(words)
    if day is None and part and re.search(r"\btonight\b|今晚|今早", words):
        day = today
    return When(day, part) if day or part else None


def spoken(day: str, part: str, language: str) -> str:
    """11月28日（周六）上午 8:00–12:00; Saturday 28 November, morning (8:00–12:00)."""
    date_ = date.fromisoformat(day)
    hours = "–".join(hour.removeprefix("0") for hour in HOURS[part])
    if language == "zh":
        weekday = WEEKDAYS_ZH[date_.weekday()]
        return f"{date_.month}月{date_.day}日（周{weekday}）{PARTS_ZH[part]} {hours}"
    return f"{date_:%A} {date_.day} {date_:%B}, {part} ({hours})"


def day_in_words(day: str, language: str, today: date | None = None) -> str:
    """明天（11月27日 周五）; tomorrow, Friday 27 November; without `today` the date alone.

    What is no date is told as it came.
    """
    try:
        date_ = date.fromisoformat(day)
    except ValueError:
        return day
    near = NEAR[language].get((date_ - today).days) if today else None
    if language == "zh":
        plain = f"{date_.month}月{date_.day}日 周{WEEKDAYS_ZH[date_.weekday()]}"
        return f"{near}（{plain}）" if near else plain
    plain = f"{date_:%A} {date_.day} {date_:%B}"
    return f"{near}, {plain}" if near else plain


def month_in_words(month: str, language: str) -> str:
    """11月, November; what is no month is told as it came."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        return month
    return f"{first.month}月" if language == "zh" else f"{first:%B}"


def _part(words: str) -> str | None:
    named = next((part for part, pattern in PART_WORDS.items() if re.search(pattern, words)), None)
    clock = HOUR.search(words)
    if named or not clock:
        return named
    hour = int(clock["hour"])
    half = (clock["half"] or "").replace(".", "")
    if hour < 12 and (half == "pm" or (not half and hour < 8)):
        hour += 12  # nobody is visited at three in the night
    return "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"


def _by_word(words: str, today: date) -> date | None:
    ahead = next((days for pattern, days in DAY_WORDS.items() if re.search(pattern, words)), None)
    return today + timedelta(days=ahead) if ahead is not None else None


def _by_weekday(words: str, today: date) -> date | None:
    match = re.search(r"(下+)?个?(?:周|星期|礼拜|禮拜|週)([1-6日天末])", words)
    if match:
        weekday = 5 if match[2] == "末" else 6 if match[2] in "日天" else int(match[2]) - 1
        weeks = len(match[1] or "")
    else:
        match = re.search(rf"\b(next )?({'|'.join(WEEKDAYS)}|{SHORT_WEEKDAY})s?\b", words)
        weekend = re.search(r"\b(next )?weekend\b", words)
        match = match or weekend
        if not match:
            return None
        weekday = 5 if match is weekend else [day[:3] for day in WEEKDAYS].index(match[2][:3])
        weeks = 1 if match[1] else 0
    if weeks:
        monday = today - timedelta(days=today.weekday())
        return monday + timedelta(weeks=weeks, days=weekday)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _by_date(words: str, today: date) -> date | None:
    if match := re.search(r"(?<!\d)(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})", words):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := re.search(r"(?<!\d)(\d{1,2})月(\d{1,2})|(?<![\d/.])(\d{1,2})/(\d{1,2})(?![\d/])", words):
        return _coming(today, int(match[1] or match[3]), int(match[2] or match[4]))
    if match := MONTH_DAY.search(words):
        month = MONTHS.index(match["month"] or match["month_last"]) + 1
        return _coming(today, month, int(match["day"] or match["day_first"]))
    if match := re.search(r"(?<![\d月])(\d{1,2})(?:号|號|日)|\b(\d{1,2})(?:st|nd|rd|th)\b", words):
        number = int(match[1] or match[2])
        this = _day(today.year, today.month, number)
        next_month = (today.replace(day=28) + timedelta(days=4)).replace(day=1)
        return this if this and this >= today else _day(next_month.year, next_month.month, number)
    return None


_DAYS: list[Callable[[str, date], date | None]] = [_by_date, _by_word, _by_weekday]


def _coming(today: date, month: int, number: int) -> date | None:
    this = _day(today.year, month, number)
    return this if this is None or this >= today else _day(today.year + 1, month, number)


def _day(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _well_typed(words: str) -> str:
    """With the nearest word for each that is nearly one of ours."""

    def nearest(found: re.Match[str]) -> str:
        return next(iter(difflib.get_close_matches(found.group(), OFTEN_MISTYPED, 1, ALIKE)), found.group())

    return WORD.sub(nearest, words)


def _in_digits(words: str) -> str:
    """二十八号 is 28号, 两点 is 2点."""
    return re.sub(rf"[{DIGITS_ZH}两十]+", lambda found: _number(found.group()), words)


def _number(chinese: str) -> str:
    chinese = chinese.replace("两", "二")
    if "十" not in chinese:
        return "".join(str(DIGITS_ZH.index(digit)) for digit in chinese)
    tens, _, ones = chinese.partition("十")
    if len(tens) > 1 or len(ones) > 1:
        return chinese
    return str((DIGITS_ZH.index(tens) if tens else 1) * 10 + (DIGITS_ZH.index(ones) if ones else 0))
