"""For customers: what is said right after a fault was answered, or a visit or a call was booked."""

from __future__ import annotations

import re

from bot.brain import when

AT_HOME = {"broadband_fault", "wifi_setup"}  # what a technician comes for
FAULTS = {*AT_HOME, "network_fault", "device_repair"}
BOOKINGS = {"repair_visit", "callback", "visit_status"}
SHORT = 24  # characters: hardly more than a time
WHAT_NOW = re.compile(
    r"^\W*(?:那|那么|我|现在|然后|接下来|还是不行|该|要|这|\W)*(?:怎么办|咋办|怎么弄|咋整|咋弄)(?:呢|啊|呀|\W)*$"
    r"|^\W*(?:(?:so|and|ok(?:ay)?|well|then)\W+)*(?:what (?:now|next|then)|now what|what else)\W*$"
    r"|^\W*(?:(?:so|and|ok(?:ay)?|well|then)\W+)*what (?:do|should|can) i do\b.{0,12}$",
    re.IGNORECASE,
)
SEND_ONE = re.compile(
    r"(?:派|叫|找|安排|来)个?(?:人|师傅)|约(?:个|一个|一下|吧|师傅|上门)|上门|报修"
    r"|(?:帮我|那就?|给我)约|\b(?:book|send|schedule|arrange)\b.{0,12}"
    r"\b(?:someone|somebody|one|it|technician|engineer|guy|visit|appointment)\b"
    r"|^\W*(?:please |just |ok(?:ay)? |then )*book\W*$|\bsomeone (?:should|can|could|to) come\b",
    re.IGNORECASE,
)
UNWANTED = re.compile(
    r"不用(?:再|他|您|你们?)?(?:来|打|派|修|回电|过来|联系)|不[来打修]了|(?:别|甭|不要|不必)再?(?:来|打|派|修|联系)"
    r"|取消(?:上门|预约|回电|电话|师傅|工单)"
    r"|(?:n.?t|\bnot|no need to|no longer need to) (?:need to |have to )?"
    r"(?:call|come|send|ring|phone|bother)"
    r"|\bcancel (?:the|my|that|this) (?:visit|call|call-?back|technician|appointment|booking)\b"
    r"|\bcall (?:it|that) off\b",
    re.IGNORECASE,
)
BY_WHEN_THEY_COME = re.compile(
    r"(?:几点|什么时[间候]).{0,3}(?:来|打)"
    r"|\bwhen (?:are|will|do|does|is) (?:you|he|she|they|someone|somebody|the technician)\b.*"
    r"\b(?:com|call|ring|arriv)",
    re.IGNORECASE,
)
NO_MORE = re.compile(
    r"不用了|不需要了|不约了|不要了|取消|\bnever ?mind\b|\bno need\b|\bcancel\b"
    r"|\bdon.?t need (?:it|you|him|one|them)\b",
    re.IGNORECASE,
)
OTHER_TIME = re.compile(
    r"改[到成为]|改[个下一]?下?时间|改约|改期|改天|换[个成到]|换一?天|挪|推迟|提前|延后|往[前后]"
    r"|晚[点些]|早[点些]|另约"
    r"|\b(?:change|move|make|shift|switch|push|bring|put)\b "
    r"(?:it|that|this|the (?:visit|time|call|appointment|booking))\b"
    r"|\breschedul|\bpostpone|\binstead\b"
    r"|\b(?:another|different|other|later|earlier) (?:time|day)\b|^\W*(?:later|earlier)\b",
    re.IGNORECASE,
)
BY_WHEN = re.compile(
    r"几点|什么时[候间]|哪天|多久(?:来|打|到)|\bwhat time\b|^when\b"
    r"|\bwhen (?:will|do|does|are|is|exactly)\b|\bwhich day\b",
    re.IGNORECASE,
)


def of_the_fault(text: str, topic: str) -> str | None:
    """The next step: a technician for what is broken at home, a call about a phone."""
    if topic in FAULTS and SEND_ONE.search(text):
        return "repair_visit"
    if not WHAT_NOW.search(text):
        return None
    return "repair_visit" if topic in AT_HOME else "callback" if topic == "network_fault" else None


def surely_of_the_booking(text: str) -> str | None:
    """What can be meant of nothing else."""
    if UNWANTED.search(text):
        return "cancel_booking"
    return "booking_when" if BY_WHEN_THEY_COME.search(text) else None


def of_the_booking(text: str) -> str | None:
    """What is meant of it unless it surely is something else."""
    if NO_MORE.search(text):
        return "cancel_booking"
    if OTHER_TIME.search(text):
        return "move_booking"
    if BY_WHEN.search(text):
        return "booking_when"
    is_time = len(text) <= SHORT and when.read(text, when.now().date())
    return "move_booking" if is_time else None
