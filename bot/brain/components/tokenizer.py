"""For trainers: cuts Chinese and English into tokens, full-width or not, in capitals or not."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

# a run of letters and digits of an alphabet, or one character of a script without spaces, or one emoji
PIECE = re.compile(
    r"[^\W_\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]+|[^\W_]|[\u2600-\u27bf\U0001f300-\U0001faff]"
)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class BilingualTokenizer(Tokenizer):
    """One token for each Chinese character and each Latin word; word pairs are left to the featurizers."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        return [
            Token(_fold(piece.group()), piece.start(), piece.end())
            for piece in PIECE.finditer(message.get(attribute))
        ]


def _fold(piece: str) -> str:
    """Lower-case and half-width; long numbers all look alike, so that one order number teaches about all."""
    folded = unicodedata.normalize("NFKC", piece).lower()
    return re.sub(r"\d{4,}", lambda number: "0" * len(number.group()), folded)
