"""What is said into a form and is neither its answer nor another matter: go on, hurry up, this is tedious."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.brain import when
from tests.brain.conftest import Customer, says_all
from tests.brain.shop import Shop

Meet = Callable[..., Customer]
PHONE = "13800000001"
pytestmark = pytest.mark.usefixtures("plenty_of_codes")

VISIT = {"en": "send a technician", "zh": "派个师傅来"}
BROKEN = {"en": "my router is broken", "zh": "路由器坏了"}
PLACE = {"en": "14 Garden Road", "zh": "花园路14号"}
TOMORROW = {"en": "tomorrow afternoon", "zh": "明天下午"}
CALL = {"en": "please call me", "zh": "给我回个电话"}
DATA = {"en": "how much data do I have left", "zh": "还剩多少流量"}
COMPLAIN = {"en": "I want to make a complaint", "zh": "我要投诉"}
STORY = {"en": "your courier was rude to me yesterday", "zh": "快递员态度很差还骂人"}

GO_ON = [
    *(("en", words) for words in ("ok continue", "go on", "continue please", "yes go ahead", "carry on")),
    *(("zh", words) for words in ("继续", "接着说", "好的继续", "那继续吧", "请接着问")),
]
HURRY = [
    *(("en", words) for words in ("hurry up", "come on", "quickly please", "what's taking so long")),
    *(("zh", words) for words in ("快点啊", "查不查啊", "能不能快点", "赶紧的", "到底办不办")),
]
TEDIOUS = [
    *(("en", words) for words in ("you're annoying", "this is so annoying", "ugh", "so tedious")),
    *(("zh", words) for words in ("你好烦", "烦人", "真麻烦", "怎么这么啰嗦")),
]


# --- go on ---


@pytest.mark.parametrize(("language", "words"), GO_ON)
def test_whoever_wants_to_go_on_is_asked_the_question_again(
    customer: Meet, language: str, words: str
) -> None:
    somebody = customer(language)
    says_all(somebody, VISIT[language])
    fault = somebody.says(words)
    assert fault.form == "repair_form"
    assert len(fault.texts) == 1
    assert {"en": "What is broken", "zh": "什么坏了"}[language] in fault
    place = says_all(somebody, BROKEN[language], words)
    assert {"en": "Which address", "zh": "哪个地址"}[language] in place
    times = says_all(somebody, PLACE[language], words)
    assert len(times.choices) == 4


@pytest.mark.parametrize(("language", "words"), GO_ON)
def test_to_go_on_is_a_yes_where_a_yes_is_asked_for(customer: Meet, language: str, words: str) -> None:
    said = says_all(
        customer(language), VISIT[language], BROKEN[language], PLACE[language], TOMORROW[language], words
    )
    assert {"en": "It's booked", "zh": "约好了"}[language] in said


@pytest.mark.parametrize(("language", "words"), [*HURRY, *TEDIOUS])
def test_who_is_impatient_is_heard_and_the_form_goes_on(
    customer: Meet, shop: Shop, language: str, words: str
) -> None:
    somebody = customer(language)
    says_all(somebody, DATA[language], PHONE)
    said = somebody.says(words)
    sorry = {"en": "sorry", "zh": "抱歉"}[language] in said.texts[0]
    assert sorry == ((language, words) in TEDIOUS)
    assert {"en": "the code that I sent", "zh": "验证码告诉我"}[language] in said.texts[-1]
    assert len(said.texts) == 2
    assert somebody.says(shop.company.code_for(PHONE)).form is None


def test_what_is_slow_may_be_what_is_broken(customer: Meet) -> None:
    said = says_all(customer("zh"), "派个师傅来", "网太慢了，真烦")
    assert said.raw["slots"]["fault"] == "网太慢了，真烦"


# --- a question in between ---


@pytest.mark.parametrize(
    ("language", "opening", "first", "again"),
    [
        ("en", DATA["en"], "I can look that up", "Please send me the phone number."),
        ("zh", DATA["zh"], "我来查", "请把手机号发给我。"),
        ("en", "show me my bill", "Bills come out", "Please send me the phone number."),
        ("zh", "查账单", "账单每月", "请把手机号发给我。"),
        ("en", "change my plan", "takes effect", "Please send me the phone number."),
        ("zh", "换套餐", "我现在就能办", "请把手机号发给我。"),
        ("en", VISIT["en"], "a technician can come", "What is broken, and what does it do now?"),
        ("zh", VISIT["zh"], "可以，请师傅上门", "是什么坏了、现在是什么情况？"),
        ("en", CALL["en"], "Of course", "On which mobile number?"),
        ("zh", CALL["zh"], "同事给您打过去", "打哪个手机号？"),
    ],
)
def test_after_a_question_in_between_only_the_forms_question_is_asked(
    customer: Meet, language: str, opening: str, first: str, again: str
) -> None:
    somebody = customer(language)
    asked = somebody.says(opening)
    assert first in asked
    said = somebody.says({"en": "what time do your shops close?", "zh": "营业厅几点关门"}[language])
    assert said.texts[-1] == again
    assert said.titles[-1] in {"Leave it", "Never mind", "不办了", "不用了"}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "i dont have my id with me"),
        ("en", "do I need my ID card?"),
        ("en", "forgot my id"),
        ("zh", "我没带身份证"),
        ("zh", "要身份证吗"),
        ("zh", "身份证不在身边"),
    ],
)
@pytest.mark.parametrize("code_sent", [False, True])
def test_no_card_is_needed_where_a_code_is_asked_for(
    customer: Meet, language: str, words: str, code_sent: bool
) -> None:
    somebody = customer(language)
    says_all(somebody, DATA[language], *([PHONE] if code_sent else []))
    said = somebody.says(words)
    assert {"en": "No ID needed", "zh": "不用身份证"}[language] in said
    assert said.form == "account_form"
    assert len(said.texts) == 2


# --- a code that does not come ---


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "didnt get the code"),
        ("en", "the code hasn't arrived, why?"),
        ("en", "nothing came"),
        ("en", "still waiting for the code"),
        ("zh", "验证码收不到"),
        ("zh", "为什么收不到验证码"),
        ("zh", "没收到啊"),
        ("zh", "短信还没来"),
    ],
)
def test_a_code_is_waited_for_then_sent_again_then_there_is_another_way(
    customer: Meet, shop: Shop, language: str, words: str
) -> None:
    somebody = customer(language)
    says_all(somebody, DATA[language], PHONE)
    code = shop.company.code_for(PHONE)
    wait = somebody.says(words)
    assert {"en": "within a minute", "zh": "一分钟内"}[language] in wait
    assert {"en": "Send it again", "zh": "重新发"}[language] in wait.titles
    assert {"en": "Talk to a person", "zh": "转人工"}[language] in wait.titles
    assert shop.company.code_for(PHONE) == code
    assert {"en": "I've sent a code", "zh": "验证码已经发到"}[language] in somebody.says(words)
    other = somebody.says(words)
    assert {"en": "another way to check", "zh": "别的办法核实"}[language] in other
    assert (other.form, other.handoff) == ("account_form", None)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "been 5 minutes"), ("en", "it's been ten minutes"), ("zh", "都五分钟了"), ("zh", "等了10分钟了")],
)
def test_a_code_that_was_waited_for_long_enough_is_sent_again(
    customer: Meet, language: str, words: str
) -> None:
    said = says_all(customer(language), DATA[language], PHONE, words)
    assert {"en": "I've sent a code", "zh": "验证码已经发到"}[language] in said


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "another way?"),
        ("en", "can we do it without the code"),
        ("zh", "还有别的办法吗"),
        ("zh", "不用验证码行不行"),
    ],
)
def test_the_way_without_a_code_is_a_person(customer: Meet, language: str, words: str) -> None:
    said = says_all(customer(language), DATA[language], PHONE, words)
    assert {"en": "another way to check", "zh": "别的办法核实"}[language] in said
    assert {"en": "Talk to a person", "zh": "转人工"}[language] in said.titles
    assert said.handoff is None


# --- a call back ---


@pytest.mark.parametrize(
    ("language", "part", "yes"),
    [
        ("en", "afternoon", "fine"),
        ("en", "in the afternoon", "ok"),
        ("zh", "下午", "行"),
        ("zh", "下午吧", "可以"),
    ],
)
def test_a_yes_to_half_a_time_is_the_next_of_these(
    customer: Meet, shop: Shop, language: str, part: str, yes: str
) -> None:
    somebody = customer(language)
    offered = says_all(somebody, CALL[language], "13800000012", part).titles
    said = somebody.says(yes)
    assert said.form is None
    assert offered[0] in "".join(said.texts)
    assert shop.company.filed[-1]["part"] == "afternoon"


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "what time exactly"),
        ("en", "when exactly will you call?"),
        ("en", "what time?"),
        ("zh", "几点打"),
        ("zh", "具体几点啊"),
        ("zh", "大概什么时候打来"),
    ],
)
def test_how_long_a_part_of_the_day_is_is_told(customer: Meet, language: str, question: str) -> None:
    somebody = customer(language)
    asked = says_all(somebody, CALL[language], PHONE)
    said = somebody.says(question)
    assert "12:00" in said.texts[0]
    assert said.titles == asked.titles
    assert said.form == "callback_form"


@pytest.mark.parametrize(
    ("language", "opening", "day"),
    [
        ("en", "call me tomorrow evening please", 1),
        ("en", "can someone ring me back tmr pm", 1),
        ("zh", "明天晚上给我打个电话", 1),
        ("zh", "后天上午给我回电话", 2),
    ],
)
def test_a_time_in_the_first_message_is_used(
    customer: Meet, shop: Shop, language: str, opening: str, day: int
) -> None:
    somebody = customer(language)
    said = says_all(somebody, opening, "13800000013")
    assert said.form is None
    assert shop.company.filed[-1]["day"] == (when.now().date() + timedelta(days=day)).isoformat()


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "no sorry 13800000002"), ("en", "wrong number, 13800000002"), ("zh", "打错了，13800000002")],
)
def test_a_corrected_number_is_said_back(customer: Meet, language: str, words: str) -> None:
    said = says_all(customer(language), CALL[language], PHONE, words)
    assert "138****0002" in said.texts[0]
    assert len(said.texts) == 2
    assert said.form == "callback_form"


# --- a complaint ---


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "it was order QC20260004"),
        ("en", "QC20260004, yesterday"),
        ("zh", "昨天QC20260004那单"),
        ("zh", "QC20260004"),
    ],
)
def test_an_order_named_to_a_complaint_belongs_to_the_story(
    customer: Meet, shop: Shop, language: str, words: str
) -> None:
    somebody = customer(language)
    said = says_all(somebody, COMPLAIN[language], STORY[language], words)
    assert said.form == "complaint_form"
    assert "QC20260004" in said.texts[0]
    assert {"en": "phone number", "zh": "手机号"}[language] in said.texts[-1]
    assert somebody.says(PHONE).handoff == "complaint"
    assert shop.company.filed[-1]["what"] == f"{STORY[language]} {words}"
    assert shop.company.filed[-1]["phone"] == PHONE


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "no phone"),
        ("en", "i don't want to give you my number"),
        ("en", "no thanks, just file it"),
        ("zh", "没有电话"),
        ("zh", "不想留电话"),
        ("zh", "号码就不给你了"),
    ],
)
def test_a_complaint_is_filed_without_a_number(customer: Meet, shop: Shop, language: str, words: str) -> None:
    said = says_all(customer(language), COMPLAIN[language], STORY[language], words)
    assert said.handoff == "complaint"
    assert (shop.company.filed[-1]["what"], shop.company.filed[-1]["phone"]) == (STORY[language], None)


@pytest.mark.parametrize(
    ("language", "opening"),
    [
        ("en", "your service is terrible"),
        ("en", "very disappointed with your service, I want to complain"),
        ("en", "I want to complain about you"),
        ("zh", "你们这服务太差了"),
        ("zh", "你们服务真不行，我要投诉"),
        ("zh", "我要投诉"),
    ],
)
@pytest.mark.parametrize("again", [{"en": "i want to complain", "zh": "我要投诉"}])
def test_what_happened_is_asked_before_anything_is_filed(
    customer: Meet, shop: Shop, language: str, opening: str, again: dict[str, str]
) -> None:
    somebody = customer(language)
    asked = somebody.says(opening)
    assert {"en": "What happened", "zh": "出了什么事"}[language] in "".join(asked.texts)
    said = somebody.says(again[language])
    assert {"en": "I'm listening", "zh": "我在听"}[language] in said
    assert somebody.says(STORY[language]).raw["slots"]["complaint_story"] == STORY[language]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_who_only_repeats_that_there_is_a_complaint_gets_a_person(
    customer: Meet, shop: Shop, language: str
) -> None:
    somebody = customer(language)
    said = says_all(somebody, *[COMPLAIN[language]] * 4)
    assert said.handoff == "complaint"
    assert shop.company.filed[-1]["what"] == ""
