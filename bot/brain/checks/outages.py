"""For trainers: what an outage notice may be about, in stories/outages.yml."""

from __future__ import annotations

from collections.abc import Iterator

from bot.brain.checks.names import Names
from bot.brain.mistakes import Mistake
from bot.brain.sources import Files, Written
from bot.subjects import faults


def mistakes(written: Written) -> Iterator[Mistake]:
    """What the gateway could not work with."""
    for fault in faults(written.value):
        place = written.get("subjects").get(fault.name)
        place = place if place.value else written.get(fault.name)
        yield place.wrong(fault.english, fault.chinese)


def unknown(files: Files, known: Names) -> Iterator[Mistake]:
    """Intents that nobody could mean."""
    for file in files.outages:
        for name, subject in file.get("subjects").entries():
            for intent in subject.get("intents").parts():
                if intent.value not in known.meanings:
                    yield intent.wrong(
                        f"{name}: there is no intent {intent.value}. Correct the name.",
                        f"{name}：没有意图 {intent.value}。请改正名字。",
                    )
