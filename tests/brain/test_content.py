"""What a trainer is told when something in intents/ or stories/ is not right: before anything is trained."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.brain import PYTHON, ROOT

Edit = Callable[[Path], None]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A copy of the project's content."""
    for part in ("intents", "stories"):
        shutil.copytree(ROOT / part, tmp_path / part)
    return tmp_path


def adds(file: str, text: str) -> Edit:
    def edit(content: Path) -> None:
        path = content / file
        path.write_text((path.read_text("utf-8") if path.exists() else "") + text, "utf-8")

    return edit


def changes(file: str, old: str, new: str) -> Edit:
    def edit(content: Path) -> None:
        text = (content / file).read_text("utf-8")
        assert old in text
        (content / file).write_text(text.replace(old, new), "utf-8")

    return edit


def test_yaml_that_cannot_be_read_is_told_with_its_line(content: Path) -> None:
    """One sentence for a slip of the pen, and none for what follows from it."""
    adds("stories/domain/responses/a.yml", "responses:\n  utter_a:\n  - text: Note: we close at six\n")(
        content
    )
    adds("stories/domain/responses/b.yml", "responses:\n  utter_b:\n  - text: {order_number} is here\n")(
        content
    )
    adds("stories/domain/responses/c.yml", "responses:\n  utter_c:\n  - text: 'open\n")(content)
    adds("stories/domain/responses/d.yml", "responses: {}\nslots: {}\nresponses: {}\n")(content)
    adds("stories/flows/e.yml", "rules:\n- rule: e\n\tsteps: []\n")(content)
    adds("stories/flows/f.yml", "rules:\n  - rule: f\n   steps: []\n")(content)
    (content / "stories" / "flows" / "g.yml").write_bytes("rules: # 规则\n".encode("gb18030"))
    changes("intents/config.yml", "threshold: 0.5", "threshold: half")(content)
    done = train(content)
    assert places(done) == [
        at(content, "intents/config.yml", "threshold: half"),
        "stories/domain/responses/a.yml:3",
        "stories/domain/responses/b.yml:3",
        "stories/domain/responses/c.yml:3",
        "stories/domain/responses/d.yml:3",
        "stories/flows/e.yml:3",
        "stories/flows/f.yml:3",
        "stories/flows/g.yml:1",
    ]
    threshold, colon, braces, quote, twice, tab, indent, gb18030 = done.stderr.splitlines()[1:]
    assert "threshold is 'half'. Write a number from 0 to 1" in threshold
    assert "Put the text in quotes" in colon
    assert "pair of quotes" in braces
    assert "never closed" in quote
    assert "for the second time (first in line 1)" in twice
    assert "a tab" in tab
    assert "does not line up" in indent
    assert "UTF-8" in gb18030
    assert_nothing_came_of(done, content)


def test_what_stands_in_the_wrong_place_is_told(content: Path) -> None:
    adds("stories/domain/a.yml", "respones:\n  utter_a: []\n")(content)
    adds("stories/flows/b.yml", "version: '3.1'\nrules:\n  rule: b\n")(content)
    adds("stories/c.yml", "rules: []\n")(content)
    adds("intents/zh/d.yml", "- intent: greet\n")(content)
    done = train(content)
    assert places(done) == [
        "intents/zh/d.yml:1",
        "stories/c.yml:1",
        "stories/domain/a.yml:1",
        "stories/flows/b.yml:2",
    ]
    assert "Write: responses." in done.stderr
    assert_nothing_came_of(done, content)


def test_a_folder_that_is_missing_is_named(content: Path) -> None:
    shutil.rmtree(content / "stories" / "flows")
    done = train(content)
    assert "no stories/flows" in done.stderr
    assert_nothing_came_of(done, content)


INTENTS, ANSWERS, ORDERS = (
    "stories/domain/intents.yml",
    "stories/flows/answers.yml",
    "stories/flows/orders.yml",
)

# file, what stands there, what a trainer makes of it, what is told about the line with the last
SLIPS = [
    (INTENTS, "{zh: 国际漫游, en: Roaming abroad}", "{zh: 国际漫游}", "the title of roaming"),
    (INTENTS, "invoice: {title: {zh: 开", "receipt: {title: {zh: 开", "no rule answers receipt"),
    (INTENTS, "- joke\n", "- joke\n- weather\n", "weather has no example in Chinese"),
    (INTENTS, "- no_words\n", "- no_word\n", "no_word has no example in English"),
    (INTENTS, "- praise\n", "- greet  # again\n", "greet is listed already"),
    (ANSWERS, "action: utter_joke", "action: utter_jest", "no response, form or action utter_jest"),
    (ANSWERS, "intent: greet", "intent: grete", "grete is no intent"),
    (ANSWERS, "- action: utter_greet", "- acton: utter_greet", "Write: action"),
    ("stories/flows/clarify.yml", "{clarifying: null}", "{clarify: null}", "clarify is no slot"),
    ("stories/flows/orders.yml", "active_loop: order_form", "active_loop: a_form", "a_form is no form"),
    ("stories/domain/orders.yml", "- action_look_up_order", "- action_fly", "has no action action_fly"),
    ("stories/domain/orders.yml", "slots: [order_number", "slots: [number", "number, which is no slot"),
    ("intents/config.yml", "\n  threshold: 0.5", "\n  threshold: 1.5", "Write a number from 0 to 1"),
    ("intents/config.yml", "threshold: 0.15", "threshold: true", "ask_back_threshold is True"),
    ("stories/domain/intents.yml", "cancel_it: autopay", "cancel_it: autopey", "autopey, which is no intent"),
    ("stories/notices.yml", "withdrawn:", "withdrew:", "nothing called `withdrew`"),
    ("stories/notices.yml", '"{agent} is', '"{name} is', "{name} here. Write {agent}"),
    ("stories/notices.yml", "zh: 转人工", "cn: 转人工", "`talk_to_human` has no text for zh"),
    ("stories/details/service.yml", "shop_hours:", "shop_hour:", "shop_hour is no intent"),
    ("stories/outages.yml", "[broadband_fault]", "[broad_fault]", "there is no intent broad_fault"),
]


def test_everything_that_is_wrong_is_said_at_once_each_with_its_line(content: Path) -> None:
    for file, right, wrong, _ in SLIPS:
        changes(file, right, wrong)(content)
    done = train(content)
    for file, _, wrong, told in SLIPS:
        place = at(content, file, wrong.split("\n")[-1] or wrong.split("\n")[-2])
        # a text that lacks a language is told where its name stands
        place = before(place) if told.startswith("`talk_to_human`") else place
        assert any(line.startswith(f"{place}: ") and told in line for line in lines(done)), (place, told)
    order = [(file, int(line)) for file, line in (place.split(":") for place in places(done))]
    assert order == sorted(order)
    assert "`withdrawn` is missing" in done.stderr
    assert "no_words is set by the brain" in done.stderr
    assert_nothing_came_of(done, content)


def test_what_an_outage_notice_is_about_is_checked(content: Path) -> None:
    """Each where the subject begins."""
    changes("stories/outages.yml", "intents: [network_fault]", "intents: []")(content)
    changes("stories/outages.yml", "en: Broadband}", "fr: Broadband}")(content)
    changes("stories/outages.yml", "left_alone:", "leave_alone:")(content)
    done = train(content)
    mobile, broadband = (at(content, "stories/outages.yml", f"  {name}:") for name in ("mobile", "broadband"))
    for told in (
        f"{mobile}: `mobile` has no `intents`",
        f"{broadband}: `broadband: title` has no text for en",
        "`left_alone` has no text for zh",
    ):
        assert told in done.stderr
    assert_nothing_came_of(done, content)


A_DETAIL = """\
coverage:
  lift:
    asked:
      zh: [电梯里呢, 电梯里有信号吗]
      en: [in the lift, and in lifts]
    answer: {zh: 电梯里也有信号。, en: "Yes, in lifts, too."}
"""
ODD_DETAILS = [
    ("asked:", "askd:", "`askd` means nothing here. Write: asked"),
    (
        'answer: {zh: 电梯里也有信号。, en: "Yes, in lifts, too."}',
        "",
        "either an `answer` or what it `means`",
    ),
    ('answer: {zh: 电梯里也有信号。, en: "Yes, in lifts, too."}', "means: lift", "lift is no intent"),
    ("[in the lift, and in lifts]", "[in the lift]", "fewer than 2 examples in English"),
    ("zh: 电梯里也有信号。,", "", "says nothing in Chinese"),
    ('too."}', 'too."}\n    choices: [greet]', "offers greet, which is no intent with a title"),
    (
        'too."}',
        'too."}\n  up: {asked: {zh: [电梯里呢, 啊], en: [a, b]}, means: human}',
        "stands under lift, too",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "told"), ODD_DETAILS)
def test_a_detail_that_makes_no_sense_is_told(content: Path, right: str, wrong: str, told: str) -> None:
    assert right in A_DETAIL
    file = "stories/details/lift.yml"
    adds(file, A_DETAIL.replace(right, wrong))(content)
    done = train(content)
    assert [line for line in lines(done) if line.startswith(f"{file}:") and told in line], done.stderr
    assert_nothing_came_of(done, content)


ENGLISH = "condition: [{type: slot, name: language, value: en}]"

ODD_ANSWERS = [
    ("{text: hi}", "no rule says utter_odd"),
    ("[]", "says nothing in Chinese"),
    ("[]", "says nothing in English"),
    (f"{{text: hi, {ENGLISH}}}", "says nothing in Chinese. Add a variation for zh"),
    ("{text: hi, channel: wechat}", "says nothing in English. Add a variation for en"),
    (f"{{text: hi, {ENGLISH.replace('en}', 'fr}')}}}", "customers speak zh or en, not fr"),
    (f"{{text: hi, {ENGLISH.replace('language', 'tongue')}}}", "tongue, which is no slot"),
    ("{text: 5550100}", "Put it in quotes"),
    ("{text: {Note: hi}}", "Put it in quotes"),
    ("{image: x, buttons: [{payload: /greet}]}", "a button has no title"),
    ("{text: '{order_nummer}'}", "nothing fills {order_nummer}"),
    ("{text: hi, buttons: [{title: A, payload: /fly}]}", "/fly, which is no intent"),
    ("{text: hi, buttons: [{title: A, payload: '/greet{\"shoe\": 1}'}]}", "sets no entity"),
    ("{custom: {handof: {reason: asked}}}", "custom knows handoff and silence, but not handof"),
    ("{custom: {handoff: asked}}", "no reason that agents know: asked"),
    ("{custom: {handoff: {reason: angry}}}", "no reason that agents know: angry"),
    ("{text: hi, attachment: {x: y}}", "attachment cannot be said"),
    ("{channel: wechat}", "this says nothing"),
]


def test_what_cannot_be_said_is_told_with_its_line(content: Path) -> None:
    entries = [f"  utter_odd_{number}: [{one}]\n" for number, (one, _) in enumerate(ODD_ANSWERS)]
    adds("stories/domain/responses/odd.yml", "responses:\n" + "".join(entries).replace("[[]]", "[]"))(content)
    done = train(content)
    for line, (_, told) in enumerate(ODD_ANSWERS, start=2):
        here = [one for one in lines(done) if one.startswith(f"stories/domain/responses/odd.yml:{line}: ")]
        assert any(told in one for one in here), (told, here)
    assert_nothing_came_of(done, content)


MOOD, BYE, RECEIPTS, WEATHER = (f"intents/en/{x}.yml" for x in ("mood", "goodbye", "receipts", "weather"))


def test_examples_that_are_none_or_mean_two_things_are_told_with_their_line(content: Path) -> None:
    def says(name: str, *examples: str) -> None:
        block = "".join(f"    {example}\n" for example in examples)
        intent = f"- intent: {name}\n  examples: |\n{block}"
        adds(f"intents/en/{name}.yml", f'version: "3.1"\nnlu:\n{intent}')(content)

    changes(INTENTS, "- joke\n", "- joke\n- weather\n- mood\n")(content)
    adds(ANSWERS, "- rule: w\n  steps: [{intent: weather}, {action: utter_joke}]\n")(content)
    adds(ANSWERS, "- rule: m\n  steps: [{intent: mood}, {action: utter_joke}]\n")(content)
    says("weather", "- will it rain")
    says("mood", "- I am sad", "- I feel grand", "* I feel fine", "-", "- so [red](colour)")
    says("goodbye", "- Ｉ am SAD!", "- See you, see you", "- see you see you")
    says("receipts", "- send me a receipt")
    done = train(content)
    assert [line for line in lines(done) if not line.startswith("stories/domain/intents.yml:")] == [
        f"{MOOD}:5: 「I am sad」 is an example of mood, and at {BYE}:5 of goodbye. Keep it where it belongs.",
        f"{MOOD}:7: an example begins with `- ` and says something. Correct the line, or delete it.",
        f"{MOOD}:8: an example begins with `- ` and says something. Correct the line, or delete it.",
        f"{MOOD}:9: colour is no entity. Correct the name, or add it under entities in stories/domain/.",
        f"{RECEIPTS}:5: receipts has examples, but is not listed. Add it under intents in stories/domain/.",
        f"{WEATHER}:5: weather has only one example in English. Write some in intents/en/, best 25 or more.",
    ]
    assert "weather has no example in Chinese. Write some in intents/zh/, best 25 or more." in done.stderr
    assert_nothing_came_of(done, content)


def test_a_chinese_terminal_is_told_in_chinese(content: Path) -> None:
    changes(ANSWERS, "action: utter_joke", "action: utter_jest")(content)
    done = train(content, language="zh_CN.UTF-8")
    place = at(content, ANSWERS, "utter_jest")
    assert f"{place}: 没有叫 utter_jest 的回答、表单或动作。" in done.stderr


def test_rules_that_contradict_each_other_are_told_with_their_line(content: Path) -> None:
    rule = "- rule: another joke\n  steps:\n  - intent: joke\n  - action: utter_praise\n"
    adds("stories/flows/more.yml", f'version: "3.1"\nrules:\n{rule}')(content)
    done = train(content)
    assert "stories/flows/more.yml:3" in places(done)
    assert "another joke" in done.stderr
    assert_nothing_came_of(done, content)


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        (
            "intents/config.yml",
            "name: bot.brain.components.classifier.CalibratedIntentClassifier",
            "name: MindReader",
        ),
        ("stories/domain/conversation.yml", "type: bool", "type: maybe"),
        ("stories/domain/orders.yml", "influence_conversation: false", "influence_conversation: perhaps"),
    ],
)
def test_what_only_rasa_knows_is_told_with_its_line(content: Path, file: str, right: str, wrong: str) -> None:
    changes(file, right, wrong)(content)
    done = train(content)
    assert at(content, file, wrong) in places(done), done.stderr
    assert_nothing_came_of(done, content)


def test_the_same_content_is_trained_once(model: Path) -> None:
    before = model.stat().st_ino
    done = train(ROOT, model.parent)
    assert done.returncode == 0
    assert ROOT / done.stdout.splitlines()[-1] == model
    assert model.stat().st_ino == before


@pytest.mark.parametrize("command", [["train", "--out", "out"], ["evaluate"]])
@pytest.mark.parametrize("set_to", ["elsewhere", None])
def test_the_content_is_where_the_settings_say(
    tmp_path: Path, command: list[str], set_to: str | None
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JIELI_CONTENT": set_to or ""}
    done = subprocess.run(
        [str(PYTHON), "-m", "bot.brain", *command],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"{set_to or '.'}: there is no intents/config.yml."]


def train(
    content: Path, out: Path | None = None, language: str = "en_GB.UTF-8"
) -> subprocess.CompletedProcess[str]:
    folders = ["--content", str(content), "--out", str(out or content / "out")]
    command = [str(PYTHON), "-m", "bot.brain", "train", *folders]
    environment = {**os.environ, "LC_ALL": language, "PYTHONUTF8": "1"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What is told, without the title."""
    return done.stderr.splitlines()[1:]


def places(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [":".join(line.split(":")[:2]) for line in lines(done)]


def at(content: Path, file: str, words: str) -> str:
    """`file:line` of the first line with these words."""
    written = (content / file).read_text("utf-8").splitlines()
    return f"{file}:{next(number for number, line in enumerate(written, start=1) if words.strip() in line)}"


def before(place: str) -> str:
    file, line = place.split(":")
    return f"{file}:{int(line) - 1}"


def assert_nothing_came_of(done: subprocess.CompletedProcess[str], content: Path) -> None:
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not done.stdout
    assert not list((content / "out").glob("*")), "no half model is left"
