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


def says(name: str, variation: str) -> Edit:
    file = f"stories/domain/responses/{name}.yml"
    return adds(file, f'version: "3.1"\nresponses:\n  {name}:\n  - {variation}\n')


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (adds("stories/domain/orders.yml", "\nslots: ["), "stories/domain"),
        (adds("intents/en/faults.yml", "\n  - x: [}"), "faults.yml"),
        (lambda content: shutil.rmtree(content / "stories" / "flows"), "no stories/flows"),
    ],
)
def test_what_cannot_be_read_is_named(content: Path, edit: Edit, told: str) -> None:
    edit(content)
    done = train(content)
    assert told in done.stderr
    assert_nothing_came_of(done, content)


def test_everything_that_is_wrong_is_said_at_once(content: Path) -> None:
    answers, intents = "stories/flows/answers.yml", "stories/domain/intents.yml"
    roaming, invoice = (
        "roaming: {title: {zh: 国际漫游, en: Roaming abroad}}",
        "invoice: {title: {zh: 开发票, ",
    )
    wrong: list[tuple[Edit, str]] = [
        (changes(intents, roaming, "roaming: {title: {zh: 国际漫游}}"), "roaming: its title is missing"),
        (changes(intents, invoice, invoice.replace("invoice", "receipt")), "invoice: it has examples, but"),
        (changes(intents, "- joke\n", "- joke\n- weather\n"), "weather: it has no examples"),
        (changes(intents, "- no_words\n", ""), "no_words: the brain sets it, but"),
        (changes(answers, "utter_joke", "utter_jest"), "utter_jest: a rule names it"),
        (changes(answers, "- intent: praise", "- intent: thanks"), "praise: no rule"),
        (says("utter_unused", "text: hi"), "utter_unused: no rule says it"),
        (
            says("utter_english", "{text: hi, condition: [{type: slot, name: language, value: en}]}"),
            "utter_english: there is no variation for the language zh",
        ),
        (says("utter_wechat", "{text: hi, channel: wechat}"), "utter_wechat: there is no variation for"),
        (says("utter_empty", "text: '{order_nummer}'"), "utter_empty: nothing fills {order_nummer}"),
        (says("utter_fly", "{text: hi, buttons: [{title: A, payload: /fly}]}"), "/fly, which is no intent"),
        (says("utter_typo", "custom: {handof: {reason: asked}}"), "utter_typo: custom knows"),
        (says("utter_reason", "custom: {handoff: asked}"), "utter_reason: handoff needs a reason"),
        (says("utter_file", "{text: hi, attachment: {x: y}}"), "utter_file: attachment cannot be said"),
        (
            changes("stories/domain/orders.yml", "- action_look_up_order", "- action_fly"),
            "has no such action",
        ),
        (changes("intents/config.yml", "assistant_id", "assistant"), "assistant_id is missing"),
    ]
    for edit, _ in wrong:
        edit(content)
    done = train(content)
    for _, told in wrong:
        assert told in done.stderr
    assert_nothing_came_of(done, content)


def test_rules_that_contradict_each_other_are_named(content: Path) -> None:
    rule = "- rule: another joke\n  steps:\n  - intent: joke\n  - action: utter_praise\n"
    adds("stories/flows/more.yml", f'version: "3.1"\nrules:\n{rule}')(content)
    done = train(content)
    assert "another joke" in done.stderr
    assert_nothing_came_of(done, content)


def test_a_component_that_does_not_exist_is_named(content: Path) -> None:
    changes("intents/config.yml", "name: LogisticRegressionClassifier", "name: MindReader")(content)
    done = train(content)
    assert "MindReader" in done.stderr
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


def train(content: Path, out: Path | None = None) -> subprocess.CompletedProcess[str]:
    folders = ["--content", str(content), "--out", str(out or content / "out")]
    command = [str(PYTHON), "-m", "bot.brain", "train", *folders]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def assert_nothing_came_of(done: subprocess.CompletedProcess[str], content: Path) -> None:
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not done.stdout
    assert not list((content / "out").glob("*")), "no half model is left"
