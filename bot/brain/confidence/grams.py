"""For the kernel: the words, word pairs and parts of words of a text, and how many two texts share."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np

LONGEST = 4  # characters of a part of a word

# a run of letters and digits of an alphabet, or one character of a script without spaces
WORD = re.compile(r"[^\W_\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]+|[^\W_]")
BETWEEN_WORDS = re.compile(r"\W+")


class Grams:
    """Counts for texts what they share with each of the `texts` it was made of."""

    def __init__(self, texts: Sequence[str]) -> None:
        found: dict[str, list[int]] = {}
        self.sizes = np.zeros(len(texts), dtype=np.float32)
        for row, text in enumerate(texts):
            own = grams(text)
            self.sizes[row] = len(own)
            for gram in own:
                found.setdefault(gram, []).append(row)
        # one array for all: a hundred thousand small ones are slow to save and to load
        self._places = {gram: place for place, gram in enumerate(found)}
        self._ends = np.cumsum([0, *map(len, found.values())], dtype=np.int32)
        self._rows = np.fromiter(itertools.chain.from_iterable(found.values()), dtype=np.int32)

    def shared(self, text: str) -> tuple[np.ndarray, int]:
        """How many grams the text shares with each text (float32, one a text), and how many it has."""
        own = grams(text)
        places = [self._places[gram] for gram in own if gram in self._places]
        if not places:
            return np.zeros(len(self.sizes), dtype=np.float32), len(own)
        rows = [self._rows[self._ends[place] : self._ends[place + 1]] for place in places]
        counts = np.bincount(np.concatenate(rows), minlength=len(self.sizes))
        return counts.astype(np.float32), len(own)

    def knows_a_word(self, text: str) -> bool:
        """Whether any word of the text is in any of the texts."""
        return any(f"w {word}" in self._places for word in words(text))

    def all_shared(self, texts: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
        """The same for many texts: (texts, rows) and (texts,)."""
        each = [self.shared(text) for text in texts]
        return np.stack([counts for counts, _ in each]), np.array([size for _, size in each], np.float32)


def grams(text: str) -> set[str]:
    """Words, pairs of words, and all runs of one to four characters, without case, width and punctuation."""
    own = words(text)
    found = {f"w {word}" for word in own}
    found |= {f"p {first} {second}" for first, second in itertools.pairwise(own)}
    run = f" {BETWEEN_WORDS.sub(' ', _folded(text)).strip()} "
    for length in range(1, LONGEST + 1):
        found |= {run[start : start + length] for start in range(len(run) - length + 1)}
    return found - {" " * length for length in range(1, LONGEST + 1)}


def words(text: str) -> list[str]:
    """Words of an alphabet; of a script without spaces, the characters."""
    return WORD.findall(_folded(text))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
