"""For trainers: everything that is wrong with a content folder, found before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator

from bot.brain.checks import details, flows, intents, names, outages, responses, settings, shape
from bot.brain.mistakes import Mistake
from bot.brain.sources import Files, Written
from bot.wording import faults


def mistakes_in(files: Files) -> Iterator[Mistake]:
    """What each file says is compared with the others only when all could be read: half tells lies."""
    torn = [*files.mistakes, *shape.mistakes(files)]
    yield from torn
    for config in files.config:
        yield from settings.mistakes(config)
    for texts in files.notices:
        yield from _notices(texts)
    for subjects in files.outages:
        yield from outages.mistakes(subjects)
    if not torn:
        known = names.Names.of(files)
        yield from outages.unknown(files, known)
        yield from names.mistakes(files, known)
        yield from intents.mistakes(files, known)
        yield from responses.mistakes(files, known)
        yield from flows.mistakes(files, known)
        yield from details.mistakes(files, known)


def _notices(texts: Written) -> Iterator[Mistake]:
    for fault in faults(texts.value):
        yield texts.get(fault.name).get(fault.language or "").wrong(fault.english, fault.chinese)
