"""What takes several questions: plans, visits, calls back, complaints, one's own account."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.brain import when
from tests.brain.conftest import Customer, proves
from tests.brain.shop import Shop

Meet = Callable[..., Customer]
PHONE = "13800000001"
LARGEST_STATE = 3300  # bytes
pytestmark = pytest.mark.usefixtures("plenty_of_codes")


# --- one's own account ---


def test_the_account_is_told_to_who_proves_the_number(customer: Meet, shop: Shop) -> None:
    somebody = customer("zh")
    assert "手机号" in somebody.says("还剩多少流量")
    sent = somebody.says(PHONE)
    assert f"（演示：验证码是 {shop.company.code_for(PHONE)}）" in sent
    told = somebody.says(shop.company.code_for(PHONE))
    assert "畅享套餐" in told
    assert "8.6 GB" in told
    assert "46.50 元" in told
    assert PHONE not in "".join(told.texts)
    assert "138****0001" in told


def test_the_number_is_proved_once_for_several_questions(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    somebody.says("how much data do I have left")
    proves(somebody, shop)
    told = somebody.says("show me my bill")
    assert "59 yuan so far" in told
    assert "Data booster, 5 GB: 10 yuan" in told
    assert told.form is None


def test_the_proof_ends_when_a_person_takes_over(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    somebody.says("how much data do I have left")
    proves(somebody, shop)
    handed = somebody.says("I want a human")
    assert handed.handoff == "asked"
    assert handed.raw["slots"]["verified_phone"] == PHONE, "the agent may know"
    assert somebody.says("how much data do I have left").form == "account_form"


def test_the_proof_ends_after_a_quarter_of_an_hour(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    somebody.says("how much data do I have left")
    proves(somebody, shop)
    somebody.state["proof"]["verified_until"] -= 15 * 60 + 1
    assert somebody.says("how much data do I have left").form == "account_form"


def test_three_wrong_codes_call_a_person(customer: Meet, shop: Shop) -> None:
    somebody = customer("zh")
    somebody.says("查账单")
    somebody.says(PHONE)
    wrong = f"{(int(shop.company.code_for(PHONE)) + 1) % 1_000_000:06}"
    for _ in range(2):
        assert "验证码不对" in somebody.says(wrong)
    said = somebody.says(wrong)
    assert said.handoff == "form_failed"
    assert "59 元" not in said


def test_the_code_is_kept_nowhere(customer: Meet, shop: Shop) -> None:
    somebody = customer("zh")
    somebody.says("还剩多少流量")
    somebody.says(PHONE)
    code = shop.company.code_for(PHONE)
    assert code not in json.dumps(somebody.state)
    told = somebody.says(code)
    assert code not in json.dumps([told.state, told.raw["slots"], told.raw["entities"]])


def test_another_code_is_sent_on_request_and_none_without(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    somebody.says("how much data do I have left")
    somebody.says(PHONE)
    first = shop.company.code_for(PHONE)
    somebody.says("what time do your shops close?")
    assert shop.company.code_for(PHONE) == first
    assert "I've sent a code" in somebody.says("I didn't get it, send it again")
    assert "on the Everyday plan" in somebody.says(shop.company.code_for(PHONE))


def test_another_number_gets_its_own_code(customer: Meet, shop: Shop) -> None:
    somebody = customer("zh")
    somebody.says("还剩多少流量")
    somebody.says("13800000003")
    assert "138****0002" in somebody.says("不对，应该是13800000002")
    assert "轻享套餐" in somebody.says(shop.company.code_for("13800000002"))


def test_a_number_without_a_contract_has_no_account(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    somebody.says("how much data do I have left")
    assert "isn't a Qingchuan number" in proves(somebody, shop, "13911112222")


# --- another plan ---


def test_a_plan_is_changed(customer: Meet, shop: Shop) -> None:
    somebody = customer("zh")
    assert "不收费" in somebody.says("换套餐")
    offered = proves(somebody, shop)
    assert offered.titles == ["轻享 · 39 元", "尊享 · 99 元", "无限 · 159 元"]
    assert "换成尊享套餐，每月 99 元" in somebody.taps(offered.choices[1])
    assert shop.company.customers[PHONE].next_plan is None
    assert "办好了" in somebody.says("确认")
    assert shop.company.customers[PHONE].next_plan == "plus"
    shop.company.customers[PHONE].next_plan = None


def test_a_plan_named_at_once_is_not_asked_for(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    somebody.says("switch me to the 159 plan")
    assert "Unlimited plan, 159 yuan" in proves(somebody, shop)


@pytest.mark.parametrize(
    ("language", "opening", "words", "heard"),
    [
        ("en", "change my plan", "no, the Light one", "Light plan, 39 yuan"),
        ("zh", "换套餐", "不对，改成轻享", "轻享套餐，每月 39 元"),
        ("zh", "换套餐", "不对不对，要轻享那个", "轻享套餐，每月 39 元"),
    ],
)
def test_the_plan_is_corrected(
    customer: Meet, shop: Shop, language: str, opening: str, words: str, heard: str
) -> None:
    somebody = customer(language)
    somebody.says(opening)
    somebody.taps(proves(somebody, shop).choices[1])
    said = somebody.says(words)
    assert heard in said
    assert said.form == "plan_form"


@pytest.mark.parametrize(
    ("language", "opening", "words"), [("en", "change my plan", "not that one"), ("zh", "换套餐", "不是这个")]
)
def test_a_plan_taken_back_is_asked_for_again(
    customer: Meet, shop: Shop, language: str, opening: str, words: str
) -> None:
    somebody = customer(language)
    somebody.says(opening)
    offered = proves(somebody, shop)
    somebody.taps(offered.choices[1])
    assert somebody.says(words).titles == offered.titles


def test_who_is_bound_is_offered_dearer_plans_only(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    somebody.says("change my plan")
    assert proves(somebody, shop, "13800000003").titles == ["Unlimited · 159 yuan"]


def test_a_question_about_plans_does_not_choose_one(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    somebody.says("change my plan")
    offered = proves(somebody, shop)
    said = somebody.says("what's included in the Plus plan?")
    assert "80 GB" in said
    assert said.form == "plan_form"
    assert said.titles[-3:] == offered.titles


# --- a visit ---


def wants_a_visit(somebody: Customer) -> None:
    for words in ("send a technician", "my router is broken", PHONE):
        somebody.says(words)


def test_a_visit_is_booked(customer: Meet, shop: Shop) -> None:
    somebody = customer("zh")
    assert "什么坏了" in somebody.says("派个师傅来")
    assert "师傅去哪里" in somebody.says("路由器一直亮红灯，上不了网")
    times = somebody.says("东湖路12号3栋501")
    assert len(times.choices) == 4
    question = somebody.says("后天上午")
    assert "上午 8:00–12:00" in question
    assert "东湖路12号3栋501" in question
    done = somebody.says("确认")
    filed = shop.company.filed[-1]
    assert filed["number"] in "".join(done.texts)
    assert (filed["day"], filed["part"]) == (_in_days(2), "morning")
    assert "红灯" in filed["what"]


def test_a_time_that_is_not_offered_is_said_to_be_and_another_corrects_it(customer: Meet) -> None:
    somebody = customer("en")
    wants_a_visit(somebody)
    assert "isn't a time I can offer" in somebody.says("tomorrow morning")
    assert "afternoon (12:00–18:00)" in somebody.says("then tomorrow afternoon")
    changed = somebody.says("sorry, the day after tomorrow in the morning")
    assert "morning (8:00–12:00)" in changed
    assert "Is that right?" in "".join(changed.texts)
    assert "138****0001" in changed


def test_half_a_time_leaves_fewer_choices(customer: Meet) -> None:
    somebody = customer("zh")
    somebody.says("路由器坏了，派个师傅来")
    somebody.says(PHONE)
    assert len(somebody.says("明天").choices) == 2
    assert "晚上 18:00–20:00" in somebody.says("晚上")


def test_a_yes_with_another_time_is_no_yes(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    wants_a_visit(somebody)
    somebody.says("tomorrow afternoon")
    filed = len(shop.company.filed)
    assert "Is that right?" in "".join(somebody.says("yes but tomorrow evening").texts)
    assert len(shop.company.filed) == filed


# --- a call back ---


def test_a_call_back_is_promised(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    somebody.says("please call me")
    somebody.says("１３８００００００１１")
    said = somebody.says("tomorrow afternoon")
    filed = shop.company.filed[-1]
    assert (filed["phone"], filed["day"], filed["part"]) == ("13800000011", _in_days(1), "afternoon")
    assert "138****0011" in said
    assert filed["number"] in "".join(said.texts)


# --- a complaint ---


def test_a_complaint_is_heard_filed_and_handed_over(customer: Meet, shop: Shop) -> None:
    somebody = customer("zh")
    asked = somebody.says("我要投诉")
    assert asked.handoff is None
    assert "对不起" in asked
    assert "什么时候、在哪里" in asked
    kinds = somebody.says("等了三个小时没有人理我")
    assert "服务态度" in kinds.titles
    somebody.taps(next(each for each in kinds.choices if each["title"] == "服务态度"))
    said = somebody.says(PHONE)
    assert said.handoff == "complaint"
    filed = shop.company.filed[-1]
    assert filed["number"] in "".join(said.texts)
    assert (filed["kind"], filed["phone"]) == ("service", PHONE)
    slots = said.raw["slots"]
    assert slots["complaint_story"] == "等了三个小时没有人理我"
    assert slots["complaint_file"] == filed["number"]


def test_a_story_told_at_once_is_not_asked_for_again(customer: Meet, shop: Shop) -> None:
    somebody = customer("en")
    asked = somebody.says("I want to make a complaint: my internet has been down for two days")
    assert "phone number" in "".join(asked.texts)
    said = somebody.taps(asked.choices[0])
    assert said.handoff == "complaint"
    assert shop.company.filed[-1]["kind"] == "network"
    assert shop.company.filed[-1]["phone"] is None


@pytest.mark.parametrize("words", ["a person, please", "stop", "no"])
def test_nobody_with_a_complaint_is_held_up(customer: Meet, words: str) -> None:
    somebody = customer("en")
    somebody.says("I want to make a complaint")
    said = somebody.says(words)
    assert said.handoff == "complaint"
    assert said.raw["slots"]["complaint_file"] in "".join(said.texts)


# --- all of them ---

OPENINGS = [
    ("where is my order", "order_form"),
    ("how much data do I have left", "account_form"),
    ("change my plan", "plan_form"),
    ("send a technician", "repair_form"),
    ("please call me", "callback_form"),
]


@pytest.mark.parametrize(("opening", "form"), OPENINGS)
def test_a_form_is_interrupted_and_goes_on(customer: Meet, opening: str, form: str) -> None:
    somebody = customer("en")
    asked = somebody.says(opening)
    said = somebody.says("what time do your shops close?")
    assert said.intent == "shop_hours"
    assert len(said.texts[-1]) < len(asked.texts[-1]), "the question alone"
    assert said.form == form


@pytest.mark.parametrize(("opening", "form"), OPENINGS)
@pytest.mark.parametrize("words", ["stop", "算了"])
def test_a_form_is_stopped(customer: Meet, opening: str, form: str, words: str) -> None:
    somebody = customer("en")
    assert somebody.says(opening).form == form
    said = somebody.says(words)
    assert (said.form, said.handoff) == (None, None)
    assert set(said.state) == {"v", "topic"}, "all that it had been told is forgotten"
    assert len(said.texts) == 1


@pytest.mark.parametrize(("opening", "form"), OPENINGS)
def test_a_person_is_called_out_of_a_form(customer: Meet, opening: str, form: str) -> None:
    somebody = customer("en")
    somebody.says(opening)
    said = somebody.says("I want a human")
    assert (said.handoff, said.form, len(said.texts)) == ("asked", None, 1)


ISO_DATE = re.compile(r"\b20\d\d-\d\d\b")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_date_reads_like_a_computers(customer: Meet, shop: Shop, language: str) -> None:
    somebody = customer(language)
    said = [somebody.says({"en": "how much data do I have left", "zh": "还剩多少流量"}[language])]
    said.append(proves(somebody, shop))
    said.append(somebody.says({"en": "show me my bill", "zh": "查账单"}[language]))
    said.append(somebody.says({"en": "where is order QC20260003", "zh": "QC20260003到哪了"}[language]))
    texts = "\n".join(text for each in said for text in each.texts)
    assert {"en": "tomorrow, ", "zh": "明天（"}[language] in texts
    assert not ISO_DATE.search(texts)


@pytest.mark.parametrize("trouble", ["broken", "slow", "nonsense", "odd"])
@pytest.mark.parametrize(
    "dialogue",
    [
        ["cancel QC20260001"],
        ["how much data do I have left", PHONE],
        ["change my plan", PHONE],
        ["send a technician", "my router is broken", PHONE],
        ["please call me", PHONE, "tomorrow afternoon"],
        ["I want to make a complaint", "the courier was rude to me", "13800000001"],
    ],
)
def test_a_silent_business_system_is_admitted(
    customer: Meet, shop: Shop, dialogue: list[str], trouble: str
) -> None:
    somebody = customer("en")
    for words in dialogue[:-1]:
        assert somebody.says(words).handoff is None
    with shop.in_trouble(trouble):
        said = somebody.says(dialogue[-1])
    assert said.handoff == "lookup_failed"
    assert "our system isn't responding" in said
    assert said.form is None


def test_what_is_asked_twice_has_one_effect(customer: Meet, shop: Shop) -> None:
    """A request that got no answer in time is asked again, perhaps of another brain."""
    somebody = customer("en")
    somebody.says("please call me")
    somebody.says(PHONE)
    before, filed = somebody.state, len(shop.company.filed)
    question = somebody.question("tomorrow afternoon")
    first, second = somebody.asks(question), somebody.asks({**question, "state": before})
    assert first.texts == second.texts
    assert len(shop.company.filed) == filed + 1
    assert shop.keys[-1] == f"{question['message_id']}:action_book_callback"


def test_a_long_form_stays_small(customer: Meet, shop: Shop) -> None:
    somebody = customer("zh")
    somebody.says("派个师傅来")
    story = "路由器坏了，上不了网，" * 60
    said = [somebody.says(story), somebody.says("湖" * 300 + "路12号")]
    said += [somebody.says("营业厅几点关门") for _ in range(8)]
    assert said[-1].form == "repair_form"
    assert max(len(json.dumps(each.state, ensure_ascii=False).encode()) for each in said) < LARGEST_STATE


def test_an_old_choice_of_a_form_that_is_over_does_nothing(customer: Meet) -> None:
    somebody = customer("en")
    old = somebody.says("where is my order").choices[1]
    somebody.says("stop")
    assert "settled by now" in somebody.taps(old)


def _in_days(days: int) -> str:
    return (when.now().date() + timedelta(days=days)).isoformat()
