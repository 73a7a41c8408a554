"""For trainers: lists of phrases in intents/ (`- lookup: name`), found in what customers write."""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections import defaultdict
from typing import Any, Self

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.training_data import TrainingData

FILE = "phrases.json"
GAP = "..."  # in a phrase: a few words, or none, of the same sentence
ANYTHING_SHORT = r"[^.!?。\n]{0,24}?"
WORD = "[a-z0-9]"  # what Latin words are made of: they are found whole, Chinese ones anywhere


class PhraseLists(GraphComponent):
    """Keeps with the model the lists whose names begin with `PREFIX`, by name."""

    PREFIX = ""

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, lists: dict[str, list[str]]
    ) -> None:
        self._config, self._storage, self._resource = config, storage, resource
        self._lists = {name: pattern(phrases) for name, phrases in lists.items()}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        return cls(config, model_storage, resource, {})

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        with model_storage.read_from(resource) as folder:
            lists = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return cls(config, model_storage, resource, lists)

    def train(self, training_data: TrainingData) -> Resource:
        lists: dict[str, list[str]] = defaultdict(list)
        for table in training_data.lookup_tables:
            if table["name"].startswith(self.PREFIX):
                lists[table["name"].removeprefix(self.PREFIX)] += table["elements"]
        with self._storage.write_to(self._resource) as folder:
            (folder / FILE).write_text(json.dumps(lists, ensure_ascii=False), encoding="utf-8")
        return self._resource


def pattern(phrases: list[str]) -> re.Pattern[str]:
    """Finds any of the phrases in a folded text, longer ones first; nothing at all when there are none."""
    folded = sorted(map(fold, phrases), key=len, reverse=True)
    words = [_stretchable(phrase) for phrase in folded if re.match(WORD, phrase)]
    others = [_stretchable(phrase) for phrase in folded if not re.match(WORD, phrase)]
    whole = f"(?<!{WORD})(?:{'|'.join(words)})(?!{WORD})"
    return re.compile("|".join([*([whole] if words else []), *others]) or r"(?!)")


def fold(text: str) -> str:
    """Half-width, small letters, one kind of apostrophe and blank."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("’", "'").split())


def _stretchable(phrase: str) -> str:
    """`so` finds `sooo`, too: a letter may be held longer, never shorter."""
    return ANYTHING_SHORT.join(
        "".join(
            re.escape(letter) * len(list(run)) + re.escape(letter) + "*"
            for letter, run in itertools.groupby(part)
        )
        for part in phrase.split(GAP)
    )
