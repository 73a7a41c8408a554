"""For the page objects: the words that a screen shows, from its own locale files, so that a better word
breaks no test.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_PLACEHOLDER = re.compile(r"{(\w+)}")


class Words:
    """`words("act.accept")` in the language given; placeholders by keyword."""

    def __init__(self, folder: Path, language: str) -> None:
        self.language = language
        self._texts: dict[str, Any] = json.loads((folder / f"{language}.json").read_text("utf-8"))

    def __call__(self, key: str, **values: object) -> str:
        return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), self._text(key))

    def around(self, key: str) -> re.Pattern[str]:
        """The text with anything in its placeholders."""
        return re.compile(".+".join(map(re.escape, _PLACEHOLDER.split(self._text(key))[::2])))

    def _text(self, key: str) -> str:
        found: Any = self._texts
        for part in key.split("."):
            found = found[part]
        return str(found)
