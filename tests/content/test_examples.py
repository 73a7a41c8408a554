"""The promise of the demo's content: many examples of every intent in both languages, different for real."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import defaultdict
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
LANGUAGES = ("zh", "en")
ENTITY = re.compile(r"\[([^\]]+)\]\([^)]+\)")
LEAST, LEAST_OUT_OF_SCOPE, LEAST_INTENTS = 28, 60, 45
ALIKE = 0.7  # share of common character trigrams (Jaccard) from which two examples say the same thing twice

Examples = dict[str, list[str]]  # by intent, as a customer would type them


@pytest.fixture(scope="module", params=LANGUAGES)
def examples(request: pytest.FixtureRequest) -> Examples:
    return _examples(request.param)


def test_every_intent_has_enough_examples_in_both_languages(examples: Examples) -> None:
    taught = {intent for language in LANGUAGES for intent in _examples(language)}
    wanted = dict.fromkeys(taught, LEAST) | {"out_of_scope": LEAST_OUT_OF_SCOPE}
    assert len(wanted) >= LEAST_INTENTS
    counts = {intent: len(examples.get(intent, [])) for intent in wanted}
    assert {intent: count for intent, count in counts.items() if count < wanted[intent]} == {}


def test_the_examples_of_an_intent_differ_for_real(examples: Examples) -> None:
    alike = {
        (one, other)
        for said in examples.values()
        for one, other in itertools.combinations(said, 2)
        if _alikeness(one, other) > ALIKE
    }
    assert len(alike) < 0.02 * sum(map(len, examples.values())), sorted(alike)


def test_no_sentence_means_two_things() -> None:
    meanings = defaultdict(set)
    for language in LANGUAGES:
        for intent, said in _examples(language).items():
            for text in said:
                meanings["".join(filter(str.isalnum, _folded(text)))].add(intent)
    assert {text: intents for text, intents in meanings.items() if len(intents) > 1} == {}


def test_what_the_company_has_nothing_to_do_with_is_never_offered() -> None:
    listed = YAML(typ="safe").load(ROOT / "stories" / "domain" / "intents.yml")["intents"]
    assert "out_of_scope" in listed, "by its name alone, without a title"


def _examples(language: str) -> Examples:
    found: Examples = {}
    for file in sorted((ROOT / "intents" / language).glob("*.yml")):
        for block in YAML(typ="safe").load(file)["nlu"]:
            lines = block["examples"].splitlines()
            found.setdefault(block["intent"], []).extend(
                ENTITY.sub(r"\1", line.removeprefix("- ")) for line in lines
            )
    return found


def _alikeness(one: str, other: str) -> float:
    left, right = _trigrams(one), _trigrams(other)
    return len(left & right) / len(left | right)


def _trigrams(text: str) -> set[str]:
    padded = f" {' '.join(_folded(text).split())} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}


def _folded(text: str) -> str:
    """Case and width aside; long numbers all look alike."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"\d{4,}", lambda number: "0" * len(number.group()), plain)
