"""For all who run the dialogues: the files, in the format of Rasa's test stories.

`told` in a story's metadata are words that the customer must have read by the end; `missed` says why the bot
does not manage it yet. A step with `user` is a message ("{code}" is the one-time code that was sent last),
with the `intent` that it means where that does not show in what follows; each `action` is a response that is
said, in this order, a handoff (utter_handoff_*) being one, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
CODE = "{code}"
ENOUGH = 0.77  # of the dialogues have to go as they are written
MOST_NEW = 0.03  # of them may be missed without being marked so: examples change


@dataclass
class Turn:
    """A message of the customer's, and the names of the responses that it gets."""

    text: str
    intent: str | None
    said: list[str] = field(default_factory=list)


@dataclass
class Dialogue:
    """One story."""

    title: str
    language: str
    turns: list[Turn]
    told: Sequence[str]
    missed: str | None


def read(language: str) -> list[Dialogue]:
    """The dialogues that begin in this language."""
    from ruamel.yaml import YAML  # the brain leaves the reading to Rasa

    files = sorted((FOLDER / language).glob("test_*.yml"))
    stories = [story for file in files for story in YAML(typ="safe").load(file)["stories"]]
    return [_dialogue(story, language) for story in stories]


def with_code(text: str, heard: Sequence[str]) -> str:
    """The message with the code that was heard last."""
    codes = [code for said in heard for code in re.findall(r"(?<!\d)\d{6}(?!\d)", said)]
    return text.replace(CODE, codes[-1]) if codes else text


def judge(dialogues: Sequence[Dialogue], missed: Mapping[str, str]) -> str:
    """How many went as they are written, and the list of those that did not; `missed` says by title what
    happened instead. Fails when they are too many.
    """
    passed = len(dialogues) - len(missed)
    new = [one for one in dialogues if one.title in missed and not one.missed]
    lines = [
        f"{passed} of {len(dialogues)} dialogues ({passed / len(dialogues):.1%}) went as they are written."
    ]
    lines += [_told_of(one, missed) for one in dialogues if one.title in missed or one.missed]
    told = "\n".join(lines)
    assert passed >= ENOUGH * len(dialogues), told
    assert len(new) <= MOST_NEW * len(dialogues), told
    return told


def _told_of(dialogue: Dialogue, missed: Mapping[str, str]) -> str:
    if dialogue.title not in missed:
        return f"  goes well by now, so take the mark off: {dialogue.title}"
    known = f"missed, as known ({dialogue.missed})" if dialogue.missed else "MISSED"
    return f"  {known}: {dialogue.title} {missed[dialogue.title]}".rstrip()


def _dialogue(story: dict[str, Any], language: str) -> Dialogue:
    turns: list[Turn] = []
    for step in story["steps"]:
        if "user" in step:
            turns.append(Turn(step["user"], step.get("intent")))
        else:
            turns[-1].said.append(step["action"])
    about = story.get("metadata", {})
    return Dialogue(story["story"], language, turns, about.get("told", ()), about.get("missed"))
