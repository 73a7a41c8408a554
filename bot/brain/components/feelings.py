"""For trainers: how angry a message is, by the words in intents/feelings.yml and by how loud they are."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.brain.components.phrases import PhraseLists, fold, pattern

FEELING = "feeling"
ANGER, ANNOYANCE, CALM = "anger", "annoyance", "calm"
WEIGHTS = {"strong": 0.8, "medium": 0.5, "mild": 0.3}
EMPHASISED, LOUD, SHOUTED = 1.4, 1.3, 0.1  # what emphasis multiplies, and what a shout is without such words
KIND, POLITE = 0.4, 0.8  # what is left of anything but strong words beside thanks, beside a please
NOBODY = pattern([])
GONE = "\0"  # in place of words that have been counted


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class FeelingDetector(PhraseLists):
    """Puts `feeling: {name, intensity}` into each parse.

    `intensity` goes from 0 to 1; from `anger` on the name is anger, from `annoyance` on annoyance, else calm.
    """

    PREFIX = "feeling_"

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {ANGER: 0.6, ANNOYANCE: 0.25}

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            intensity = self._intensity(message)
            name = next((name for name in (ANGER, ANNOYANCE) if intensity >= self._config[name]), CALM)
            message.set(FEELING, {"name": name, "intensity": round(intensity, 2)}, add_to_output=True)
        return messages

    def _intensity(self, message: Message) -> float:
        text = message.get(TEXT) or ""
        words = self._found("exception").sub(_gone, fold(text))
        strong, words = self._weigh("strong", words)
        weaker = []
        for level in ("medium", "mild"):
            found, words = self._weigh(level, words)
            weaker += found
        kind = KIND if self._found("kind").search(words) else 1.0
        polite = POLITE if self._found("polite").search(words) else 1.0
        said = _together(strong + [weight * kind * polite for weight in weaker])
        if not _is_loud(text, [token.text for token in message.get(TOKENS_NAMES[TEXT]) or []]):
            return said
        return min(1.0, said * LOUD + SHOUTED * kind * polite)

    def _weigh(self, level: str, text: str) -> tuple[list[float], str]:
        """The weights of the words of this level that the customer means, and the text without them."""
        found = self._found(level)
        weights = [
            WEIGHTS[level] * (EMPHASISED if self._is_emphasised(match) else 1.0)
            for match in found.finditer(text)
            if not self._is_denied(match) and not self._is_somebody_elses(match)
        ]
        return weights, found.sub(_gone, text)

    def _is_emphasised(self, match: re.Match[str]) -> bool:
        before, after = match.string[: match.start()], match.string[match.end() :]
        return bool(
            _last(self._found("emphasis"), before) or self._found("emphasis_after").match(after.lstrip())
        )

    def _is_denied(self, match: re.Match[str]) -> bool:
        """`not angry`, `not really that angry`: between the two stand only words that link or stress."""
        before = match.string[: match.start()]
        while linking := _last(self._found("emphasis"), before) or _last(self._found("link"), before):
            before = before[: linking.start()]
        return _last(self._found("negation"), before) is not None

    def _is_somebody_elses(self, match: re.Match[str]) -> bool:
        """`my boss is furious`, `angry customers`; with a `you` between the two it is the customer's own."""
        around = re.split(r"[.!?。,;:，；：]", match.string[: match.start()])[-1]
        after = match.string[match.end() :].lstrip()
        for other in self._found("others").finditer(around):
            if not self._found("you").search(around[other.end() :]):
                return True
        return bool(self._found("others").match(after))

    def _found(self, name: str) -> re.Pattern[str]:
        return self._lists.get(name, NOBODY)


def _together(weights: list[float]) -> float:
    """Two words say more than one, and never more than 1."""
    return 1 - math.prod(1 - min(weight, 1.0) for weight in weights)


def _last(words: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The match that ends where the text ends."""
    text = text.rstrip()
    return next((match for match in words.finditer(text) if match.end() == len(text)), None)


def _is_loud(text: str, tokens: list[str]) -> bool:
    """Two exclamation or question marks, capitals, or the same word three times on end."""
    marks = re.search(r"[!?！？][!?！？]", text)
    capitals = [word for word in re.findall(r"[^\W\d_]{2,}", text) if word.isascii() and word.isupper()]
    again = any(len(list(run)) > 2 for word, run in itertools.groupby(tokens) if not word.isdigit())
    return bool(marks or again or len(capitals) > 2 or sum(map(len, capitals)) > len(text) * 0.5 > 4)


def _gone(match: re.Match[str]) -> str:
    return GONE * len(match.group())
