"""For the gateway and for the check before a training: the subjects of outage notices, as trainers write them
in `stories/outages.yml`, and whether a message is about one. Standard library only, since both sides read it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from bot.wording import LANGUAGES, Fault


@dataclass(frozen=True, slots=True)
class Subject:
    """What may be out of order: the intents that mean it, and phrases that speak of it."""

    title: Mapping[str, str]
    intents: frozenset[str]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Likeliest:
    """The intent that the brain takes a message for. `sure`: so likely that it answers. `unlikely`: so
    unlikely that it would hand over.
    """

    intent: str | None
    sure: bool
    unlikely: bool


class Subjects:
    """The subjects by name. `left_alone` are phrases of messages that no notice answers."""

    def __init__(self, subjects: Mapping[str, Subject], left_alone: Iterable[str] = ()) -> None:
        self.by_name = dict(subjects)
        self._left_alone = tuple(left_alone)

    def are_meant(
        self, names: Collection[str], text: str, likeliest: Likeliest | None, *, in_area: bool
    ) -> bool:
        """Whether a message is about one of these subjects. `likeliest` is None when the brain is down,
        `in_area` says that the message names the notice's area.
        """
        if mentions(text, self._left_alone):
            return False
        chosen = [self.by_name[name] for name in names if name in self.by_name]
        said = any(mentions(text, one.words) for one in chosen)
        if likeliest is None:
            return said
        meant = any(likeliest.intent in one.intents for one in chosen)
        if likeliest.sure:
            return meant
        # in doubt, two hints make one
        return (said and (meant or in_area)) or (meant and not likeliest.unlikely)


def mentions(text: str, phrases: Iterable[str]) -> bool:
    """Whether one of the phrases stands in the text; Latin letters only as whole words."""
    folded = fold(text)
    return any(re.search(_bounded(fold(phrase)), folded) for phrase in phrases)


def fold(text: str) -> str:
    """Without what does not change the meaning: case, width, the kind of apostrophe, how many spaces."""
    return " ".join(normalize("NFKC", text).casefold().replace("\u2019", "'").split())


def _bounded(phrase: str) -> str:
    before = r"(?<![a-z0-9])" if phrase[:1].isascii() else ""
    after = r"(?![a-z0-9])" if phrase[-1:].isascii() else ""
    return f"{before}{re.escape(phrase)}{after}"


def subjects_of(written: Mapping[str, Any]) -> Subjects:
    """The file's content, read from YAML and without a fault, as subjects."""
    return Subjects(
        {
            name: Subject(one["title"], frozenset(one["intents"]), _phrases(one["words"]))
            for name, one in written["subjects"].items()
        },
        _phrases(written["left_alone"]),
    )


def _phrases(words: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(phrase for line in words.values() for phrase in map(str.strip, line.split("|")) if phrase)


def faults(written: Any) -> Iterator[Fault]:
    """All that is wrong with the file; a fault's `name` is the subject, or the key at the top."""
    written = written if isinstance(written, dict) else {}
    yield from _language_faults("left_alone", "left_alone", written.get("left_alone"))
    subjects = written.get("subjects")
    if not isinstance(subjects, dict) or not subjects:
        yield Fault("subjects", None, "there are no `subjects`. Write one.", "没有 `subjects`。请写上一个。")
        return
    for name, subject in subjects.items():
        parts = subject if isinstance(subject, dict) else {}
        for part in ("title", "words"):
            yield from _language_faults(name, f"{name}: {part}", parts.get(part))
        intents = parts.get("intents")
        if not isinstance(intents, list) or not intents:
            yield Fault(
                name,
                None,
                f"`{name}` has no `intents`. List those that mean this fault.",
                f"`{name}` 没有 `intents`。请列出表示这种故障的意图。",
            )


def _language_faults(name: str, what: str, languages: Any) -> Iterator[Fault]:
    said = languages if isinstance(languages, dict) else {}
    for language in LANGUAGES:
        if not isinstance(said.get(language), str) or not said[language].strip():
            yield Fault(
                name,
                None,
                f"`{what}` has no text for {language}. Write one, in quotes if it has a colon.",
                f"`{what}` 没有 {language} 的文字。请补上；有冒号时要加引号。",
            )
