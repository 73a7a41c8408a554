"""For customers around a handoff: what the product itself says, as trainers wrote it in
`stories/notices.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from unicodedata import normalize

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.errors import SettingsError
from bot.messages import Choice, Incoming, Kind, Language, Said
from bot.wording import faults

# A choice with one of these ids is answered by the gateway, not by the brain.
HUMAN = "jieli:human"
BACK_TO_BOT = "jieli:bot"
WAIT = "jieli:wait"
GO_ON = "jieli:go_on"
# These two are about one outage notice, whose number follows.
TELL_ME = "jieli:tell_me"
NOT_THIS = "jieli:not_this"

_CHOICES = {
    HUMAN: "talk_to_human",
    BACK_TO_BOT: "back_to_bot",
    WAIT: "wait_in_queue",
    GO_ON: "go_on_with_bot",
    TELL_ME: "tell_me_when_over",
    NOT_THIS: "not_this_outage",
}

PARTICLES = "了吧啦啊呀哦"  # that change nothing at the end of a phrase


class Notices:
    """The texts by name and language."""

    def __init__(self, texts: dict[str, dict[str, str]]) -> None:
        self._texts = texts

    def text(self, name: str, language: Language, **values: Any) -> str:
        """One text with its placeholders filled in."""
        return self._texts[name][language.value].format(**values).strip()

    def said(self, name: str, language: Language, *choices: str, **values: Any) -> Said:
        """A message; `choices` are HUMAN, BACK_TO_BOT, WAIT or GO_ON, offered below it."""
        offered = tuple(Choice(one, self.title(one, language)) for one in choices)
        return Said(self.text(name, language, **values), offered)

    def title(self, which: str, language: Language) -> str:
        """What a choice is called."""
        return self.text(_CHOICES[which], language)

    def is_title(self, which: str, incoming: Incoming) -> bool:
        """Whether the customer tapped `which`, or wrote its title (WeChat's taps bring titles only)."""
        return incoming.choice == which or _is_one_of(self._texts[_CHOICES[which]].values(), incoming)

    def is_choice(self, which: str, incoming: Incoming) -> bool:
        """The same, or wrote other words for it."""
        words = self._words(f"{_CHOICES[which]}_words")
        return self.is_title(which, incoming) or _is_one_of(words, incoming)

    def will_wait(self, incoming: Incoming) -> bool:
        """Whether the customer, who has been asked whether to wait, wants to."""
        return self.is_choice(WAIT, incoming) or _is_one_of(self._words("i_will_wait"), incoming)

    def gives_up(self, incoming: Incoming) -> bool:
        """Whether the customer, who waits or has been asked whether to, would rather not: in these words,
        perhaps several of them, and nothing else but courtesies.
        """
        if self.is_choice(BACK_TO_BOT, incoming) or self.is_choice(GO_ON, incoming):
            return True
        match = self._giving_up.fullmatch(_plain(incoming.text)) if _is_written(incoming) else None
        return match is not None and match.lastindex is not None

    @cached_property
    def _giving_up(self) -> re.Pattern[str]:
        """Each phrase that gives up is a group, a courtesy is none; the longer one is tried first."""
        named = [*self._words("never_mind"), *self._words("back_to_bot_words")]
        phrases = {_plain_phrase(one): "" for one in self._words("beside_never_mind")}
        phrases |= {_plain_phrase(one): "()" for one in named}
        longest_first = sorted(phrases, key=len, reverse=True)
        parts = (f"{re.escape(one)}{phrases[one]}[{PARTICLES}]*+" for one in longest_first)
        return re.compile(f"(?:{'|'.join(parts)})++")

    def _words(self, name: str) -> list[str]:
        return [one for line in self._texts.get(name, {}).values() for one in line.split("|")]


def _is_one_of(wanted: Iterable[str], incoming: Incoming) -> bool:
    return _is_written(incoming) and _plain(incoming.text) in map(_plain_phrase, wanted)


def _is_written(incoming: Incoming) -> bool:
    return incoming.choice is None and incoming.kind in {Kind.TEXT, Kind.CHOICE}


def _plain(text: str) -> str:
    """Without what does not change the meaning: case, width, spaces, marks, a particle at the end. A
    question mark does.
    """
    folded = normalize("NFKC", text).casefold().replace("\u2019", "'")
    kept = "".join(one for one in folded if one.isalnum() or one in "'?")
    return kept.rstrip(PARTICLES) or kept


# every message is compared with the same few dozen
_plain_phrase = cache(_plain)


def load_notices(content: Path) -> Notices:
    """Reads the file; SettingsError names what is wrong with it."""
    path = content / "stories" / "notices.yml"
    try:
        texts = YAML(typ="safe").load(path)
    except (OSError, YAMLError) as error:
        raise SettingsError(f"JIELI_CONTENT: {path} cannot be read: {error}") from error
    for fault in faults(texts):
        raise SettingsError(f"JIELI_CONTENT: {path}: {fault.english}")
    return Notices(texts)
