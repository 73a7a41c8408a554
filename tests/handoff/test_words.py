"""The console's words for what the bot understands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_agent_reads_a_name_for_every_intent(language: str) -> None:
    """On the card that says why, with no word of the trainers' files."""
    words = json.loads((ROOT / f"handoff/console/src/locales/{language}.json").read_text("utf-8"))
    examples = {
        name
        for file in (ROOT / "intents" / language).rglob("*.yml")
        for name in re.findall(r"^- intent: (\w+)$", file.read_text("utf-8"), re.MULTILINE)
    }
    assert examples
    assert sorted(examples - set(words["intent"])) == []
