"""For trainers: what is wrong with the content, where, and what to do, in the reader's language."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from bot.brain.errors import ContentError

_LOCALE = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")


@dataclass(frozen=True, order=True)
class Mistake:
    """Both sentences say what is wrong, and then what to do."""

    file: str
    line: int
    english: str
    chinese: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {say(self.english, self.chinese)}"


def stop_at(mistakes: Iterable[Mistake]) -> None:
    """Raises ContentError with all of them, by file and line, when there are any."""
    found = sorted(set(mistakes))
    if found:
        # deploy/setup knows the failure by these words
        title = say(f"To mend before training: {len(found)}", f"训练前需要改正：{len(found)} 处")
        raise ContentError("\n".join([title, *map(str, found)]))


def say(english: str, chinese: str) -> str:
    """Chinese where the terminal's locale is Chinese, English elsewhere."""
    return chinese if _LOCALE.lower().startswith("zh") else english
