"""For whoever waits for a measurement: what is being done, and how long it has taken so far."""

from __future__ import annotations

import sys
import time

from deploy.setup.language import say

_BEGAN = time.monotonic()
_EVERY_SECONDS = 15.0
_CLEAR_LINE = "\r\033[K"


def tell(english: str, chinese: str) -> None:
    """A line with the seconds since the start in front."""
    clear = _CLEAR_LINE if sys.stdout.isatty() else ""
    print(f"{clear}{time.monotonic() - _BEGAN:6.1f} s  {say(english, chinese)}", flush=True)


class Counter:
    """How much is done: a line that changes on a terminal; elsewhere a line from time to time."""

    def __init__(self) -> None:
        self._shown, self._at = "", time.monotonic()

    def show(self, done: int, of: int) -> None:
        """`done` of so many."""
        text, now = f"          {done}/{of}", time.monotonic()
        if sys.stdout.isatty():
            print(f"{_CLEAR_LINE}{text}", end="", flush=True)
        elif text != self._shown and (done == of or now - self._at > _EVERY_SECONDS):
            self._shown, self._at = text, now
            print(text, flush=True)
