"""For the command line, the console and the router: what an outage notice 公告 is, and which one answers.

deploy/decisions/outage-notices.md says when one answers a message, and why so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from sqlalchemy import RowMapping

from bot.conversation import Reason
from bot.errors import BadInput, SettingsError
from bot.messages import Answer, Language
from bot.places import Area, another_is_named, is_named
from bot.subjects import Likeliest, Subjects, faults, subjects_of

LONGEST_TEXT = 500
LONGEST_NAME = 40
MOST_NAMES = 10
# What takes longer than this is no outage, it is how things are.
LONGEST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice that is to be pinned: its subjects by name, its area's names and its text by language."""

    subjects: Collection[str]
    text: Mapping[str, str]
    until: datetime
    area: Area | None = None

    def check(self, known: Subjects, now: datetime) -> None:
        """Raises BadInput, which names what is wrong."""
        if not self.subjects:
            raise BadInput("A notice is about one subject at least.", remedy=_one_of(known))
        for name in self.subjects:
            if name not in known.by_name:
                raise BadInput(f"There is no subject {name!r}.", remedy=_one_of(known))
        _check_area(self.area)
        check_text(self.text)
        check_until(self.until, now)


def check_text(text: Mapping[str, str]) -> None:
    """Raises BadInput unless there is a text of a sensible length in every language."""
    for language in Language:
        said = text.get(language, "").strip()
        if not said:
            raise BadInput(
                f"The text for {language} is empty.",
                remedy="Customers write in both languages: say it in both.",
            )
        if len(said) > LONGEST_TEXT:
            raise BadInput(
                f"The text for {language} has {len(said)} characters.", remedy=f"Use {LONGEST_TEXT} at most."
            )


def check_until(until: datetime, now: datetime) -> None:
    """Raises BadInput unless it lies ahead, and not absurdly far."""
    if until <= now:
        raise BadInput("That time is past.", remedy="Say until when the notice is to answer.")
    if until > now + LONGEST:
        raise BadInput(
            "That is too far ahead.",
            remedy=f"Use {LONGEST.days} days at most; the notice can be extended later.",
        )


def _check_area(area: Area | None) -> None:
    for language in Language if area is not None else ():
        names = (area or {}).get(language, ())
        if not names:
            raise BadInput(
                f"The area has no name in {language}.",
                remedy="Name it in both languages, or in neither when it is everywhere.",
            )
        if len(names) > MOST_NAMES:
            raise BadInput(f"The area has more than {MOST_NAMES} names in {language}.")
        for name in names:
            if not 2 <= len(name) <= LONGEST_NAME:
                raise BadInput(
                    f"The area's name {name[:LONGEST_NAME]!r} is too short or too long.",
                    remedy=f"Names have 2 to {LONGEST_NAME} characters.",
                )


def _one_of(known: Subjects) -> str:
    names = ", ".join(known.by_name)
    return f"Choose among {names}." if names else "Write subjects into stories/outages.yml first."


@dataclass(frozen=True, slots=True)
class Fitting:
    """The notice that answers. `asks`: the customer named no place, and may be somewhere else."""

    notice: RowMapping
    asks: bool


def fitting(
    subjects: Subjects, live: Iterable[RowMapping], text: str, answer: Answer | None
) -> Fitting | None:
    """The notice for a message, or None when none fits. `live` begins with the newest, `answer` is what the
    brain would say, None when it is down.
    """
    if answer is not None and answer.handoff not in {None, Reason.LOW_CONFIDENCE}:
        return None  # somebody wants a person, or needs one
    notices, likeliest = list(live), None if answer is None else _likeliest(answer)
    here = [one for one in notices if is_named(one["area"], text)]
    elsewhere = [one for one in notices if one["area"] is None] if here else notices
    for notice in [*here, *elsewhere]:
        in_area = notice in here
        if subjects.are_meant(notice["subjects"], text, likeliest, in_area=in_area) and not another_is_named(
            notice["area"], text
        ):
            return Fitting(notice, asks=notice["area"] is not None and not in_area)
    return None


def _likeliest(answer: Answer) -> Likeliest:
    sure = answer.intent is not None and answer.intent.confidence >= answer.threshold
    return Likeliest(
        answer.intent.name if answer.intent else None, sure, answer.handoff == Reason.LOW_CONFIDENCE
    )


def load_subjects(content: Path) -> Subjects:
    """Reads the file; a company that has none pins no notices. SettingsError names what is wrong with it."""
    path = content / "stories" / "outages.yml"
    if not path.exists():
        return Subjects({})
    try:
        written: dict[str, Any] = YAML(typ="safe").load(path)
    except (OSError, YAMLError) as error:
        raise SettingsError(f"JIELI_CONTENT: {path} cannot be read: {error}") from error
    for fault in faults(written):
        raise SettingsError(f"JIELI_CONTENT: {path}: {fault.english}")
    return subjects_of(written)
