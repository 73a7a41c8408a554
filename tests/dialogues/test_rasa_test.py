"""The held-out dialogues, by `rasa test`: the real model, rules and actions. tests/journeys has them, too."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.dialogues import stories
from tests.support.brain import PYTHON, ROOT
from tests.support.business import Business

# Set by the brain, and no matter of its own.
NOT_MEANT = {"none_of_these", "no_words", "fill_form"}
FIRST_QUESTIONS = {
    "utter_question_order_number",
    "utter_question_cancel",
    "utter_question_phone_account",
    "utter_question_phone_bill",
    "utter_question_phone_plan",
    "utter_question_fault",
    "utter_question_phone_callback",
    "utter_question_complaint_story",
}
HANDOFFS = {"asked", "low_confidence", "repeated", "anger", "complaint", "sensitive", "form_failed"}


@pytest.fixture(scope="module")
def dialogues() -> list[stories.Dialogue]:
    return [*stories.read("zh"), *stories.read("en")]


def test_they_go_as_they_are_written(
    model: Path,
    business: Business,
    dialogues: list[stories.Dialogue],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment = {"BUSINESS_API_URL": business.url, "BUSINESS_API_TOKEN": business.token}
    subprocess.run(
        [PYTHON, "-m", "tests.dialogues.examine", model, tmp_path],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    failed = YAML(typ="safe").load(tmp_path / "failed_test_stories.yml")
    titles = [story["story"].rpartition(" (")[0] for story in failed["stories"]] if failed else []
    with capsys.disabled():
        print(f"\n{stories.judge(dialogues, dict.fromkeys(titles, ''))}")


def test_each_has_a_title_of_its_own(dialogues: list[stories.Dialogue]) -> None:
    assert len({dialogue.title for dialogue in dialogues}) == len(dialogues)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_they_cover_what_the_bot_does(dialogues: list[stories.Dialogue], language: str) -> None:
    mine = [dialogue for dialogue in dialogues if dialogue.language == language]
    turns = [turn for dialogue in mine for turn in dialogue.turns]
    said = {response for turn in turns for response in turn.said}
    domain = YAML(typ="safe").load(ROOT / "stories" / "domain" / "intents.yml")["intents"]
    intents = {next(iter(intent)) if isinstance(intent, dict) else intent for intent in domain}
    assert len(mine) >= 60
    assert all(2 <= len(dialogue.turns) <= 10 for dialogue in mine)
    assert intents - {turn.intent for turn in turns} - NOT_MEANT == set()
    assert said >= FIRST_QUESTIONS | {f"utter_handoff_{reason}" for reason in HANDOFFS}
