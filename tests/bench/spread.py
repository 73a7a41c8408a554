"""For notes: a median with the quartiles around it, which tell how steady it was."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def quartiles(values: Sequence[float], digits: int, unit: str = "") -> str:
    """`21.4 ms (20.1-24.9)`; at least two values."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.{digits}f}{unit} ({low:.{digits}f}-{high:.{digits}f})"
