"""For the measurements: customers who have the one conversation, with whoever answers."""

from __future__ import annotations

import itertools
from typing import Protocol

from tests.bench.content import CONVERSATION, check

_customers = itertools.count(1)


class Side(Protocol):
    """What is measured: it answers customers, each known by a number."""

    async def ask(self, customer: int, text: str) -> tuple[float, str]:
        """Seconds until the answer has come, and its text."""


def there_and_back(sides: int, round_number: int) -> list[int]:
    """The order of the sides in a round: turned round each time, since who comes first has it harder."""
    order = list(range(sides))
    return order if round_number % 2 else order[::-1]


async def converse(side: Side) -> list[float]:
    """A new customer has the conversation; the seconds of each answer. Raises WrongAnswer."""
    customer, seconds = next(_customers), []
    for text, response in CONVERSATION:
        taken, said = await side.ask(customer, text)
        check(response, said)
        seconds.append(taken)
    return seconds
