"""For whoever reads the set-up's lines: Chinese where the terminal's locale is Chinese, English elsewhere."""

from __future__ import annotations

import os

_LOCALE = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")


def say(english: str, chinese: str) -> str:
    """The sentence in the reader's language."""
    return chinese if _LOCALE.lower().startswith("zh") else english
