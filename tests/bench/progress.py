"""For whoever waits for a measurement: what is being done, and how long it has taken so far."""

from __future__ import annotations

import sys
import time

from deploy.setup.language import say

_BEGAN = time.monotonic()
_CLEAR_LINE = "\r\033[K"


def tell(english: str, chinese: str) -> None:
    """A line with the seconds since the start in front."""
    clear = _CLEAR_LINE if sys.stdout.isatty() else ""
    print(f"{clear}{time.monotonic() - _BEGAN:6.1f} s  {say(english, chinese)}", flush=True)


def count(done: int, of: int) -> None:
    """How many rounds are done: a line that changes on a terminal, a few lines elsewhere."""
    text = f"{say('round', '轮次')} {done}/{of}"
    if sys.stdout.isatty():
        print(f"{_CLEAR_LINE}          {text}", end="", flush=True)
    elif done * 4 // of > (done - 1) * 4 // of:
        print(f"          {text}", flush=True)
