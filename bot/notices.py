"""For customers around a handoff: what the product itself says, as trainers wrote it in
`stories/notices.yml`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.errors import SettingsError
from bot.messages import Choice, Incoming, Language, Said

# A choice with one of these ids is answered by the gateway, not by the brain.
HUMAN = "jieli:human"
BACK_TO_BOT = "jieli:bot"

_CHOICES = {HUMAN: "talk_to_human", BACK_TO_BOT: "back_to_bot"}
_NEEDED = {
    "accepted",
    "back_to_bot",
    "bot_name",
    "brain_down",
    "queued",
    "requeued",
    "resolved",
    "still_waiting",
    "talk_to_human",
    "unreadable",
    "welcome",
    "withdrawn",
}


class Notices:
    """The texts by name and language."""

    def __init__(self, texts: dict[str, dict[str, str]]) -> None:
        self._texts = texts

    def text(self, name: str, language: Language, **values: Any) -> str:
        """One text with its placeholders filled in."""
        return self._texts[name][language.value].format(**values).strip()

    def said(self, name: str, language: Language, *choices: str, **values: Any) -> Said:
        """A message; `choices` are HUMAN or BACK_TO_BOT, offered below it."""
        offered = tuple(Choice(one, self.text(_CHOICES[one], language)) for one in choices)
        return Said(self.text(name, language, **values), offered)

    def is_choice(self, which: str, incoming: Incoming) -> bool:
        """Whether the customer tapped `which`, or wrote its title (WeChat's taps bring titles only)."""
        titles = self._texts[_CHOICES[which]].values()
        words = self._texts.get(f"{_CHOICES[which]}_words", {}).values()
        wanted = {_plain(title) for title in titles} | {
            _plain(one) for line in words for one in line.split("|")
        }
        return incoming.choice == which or (incoming.choice is None and _plain(incoming.text) in wanted)


def _plain(text: str) -> str:
    return text.strip().strip("。.!！~～").casefold()


def load_notices(content: Path) -> Notices:
    """Reads the file; SettingsError names what is wrong with it."""
    path = content / "stories" / "notices.yml"
    try:
        texts = YAML(typ="safe").load(path)
    except (OSError, YAMLError) as error:
        raise SettingsError(f"JIELI_CONTENT: {path} cannot be read: {error}") from error
    for name in sorted(_NEEDED):
        if not isinstance(texts, dict) or not {"zh", "en"} <= set(texts.get(name) or {}):
            raise SettingsError(f"JIELI_CONTENT: {path} needs `{name}` with zh and en")
    return Notices(texts)
