"""For whoever adds a measurement: a part is a file here with a `PART`, listed in `__main__`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.bench.rows import Row


@dataclass(frozen=True, slots=True)
class Part:
    """Measures the rows called `produces`; preparing and measuring have 10 minutes each.

    `prepare` makes before what is kept for the next time (models). `measure` gets the number of rounds asked
    for, None for the part's own choice.
    """

    name: str
    produces: tuple[str, ...]
    prepare: Callable[[], Awaitable[object]]
    measure: Callable[[int | None], Awaitable[list[Row]]]
