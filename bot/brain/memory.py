"""For customers: what was talked about a short while ago: what "it" is, and whether an answer does not help.

`"asked": [["plan_info", 2, 29341230], ...]` in the state of the dialogue: intent, how often, last minute.
`"topic": ["plan_info", 29341230]`: what was answered last.
`"fault": ["宽带又断了", 29341230]`: what was said to be broken, in case a technician is to come.
"""

from __future__ import annotations

import time
from typing import Any

PATIENCE = 2  # the same answer so often; the next time a person is called
QUESTIONS = 3  # that are remembered
FAULT_BYTES = 200
MINUTES = 30  # later it is a new question

Asked = list[list[Any]]
Topic = list[Any]


def times(state: dict[str, Any], intent: str) -> int:
    """How often this was asked and answered lately."""
    return next(
        (count for name, count, minute in state.get("asked", []) if name == intent and _lately(minute)), 0
    )


def newest(state: dict[str, Any]) -> str | None:
    """What was asked and answered last, if it was lately."""
    return next((name for name, _, minute in reversed(state.get("asked", [])) if _lately(minute)), None)


def remember(state: dict[str, Any], intent: str, *, again: bool) -> Asked:
    """With this question, the newest one last. `again` is false when it shall not count another time."""
    before = times(state, intent)
    others = [each for each in state.get("asked", []) if each[0] != intent and _lately(each[2])]
    return [*others, [intent, before + 1 if again else max(before, 1), _minute()]][-QUESTIONS:]


def topic(state: dict[str, Any]) -> str | None:
    """The intent that was answered last, if it was lately."""
    name, minute = state.get("topic") or (None, 0)
    return name if _lately(minute) else None


def talked_of(intent: str) -> Topic:
    """This is the topic from now on."""
    return [intent, _minute()]


def fault(state: dict[str, Any]) -> str | None:
    """What was said to be broken, if it was lately."""
    words, minute = state.get("fault") or (None, 0)
    return words if _lately(minute) else None


def broken(words: str) -> Topic:
    """This is broken, as far as one knows."""
    return [words.encode()[:FAULT_BYTES].decode(errors="ignore"), _minute()]


def _lately(minute: int) -> bool:
    return _minute() - minute <= MINUTES


def _minute() -> int:
    return int(time.time() // 60)
