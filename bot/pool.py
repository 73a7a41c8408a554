"""For the dialogue: the brains there are, how each is doing, and which is asked next."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

# After its first failure, its second in a row, ...; then it is one of the others again.
_AVOIDED_SECONDS = (1.0, 3.0, 10.0, 30.0)


@dataclass(eq=False)
class Replica:
    """One brain. `models` are those it said it has, None before it said anything."""

    url: str
    models: tuple[str, ...] | None = None
    busy: int = 0  # questions of ours that it has not answered yet
    failures: int = 0  # in a row
    avoided_until: float = 0.0
    turn: int = 0  # of all questions, the last that it was given

    def give_back(self) -> None:
        """It has the question no more."""
        self.busy -= 1

    def answered(self) -> None:
        """It is well."""
        self.failures, self.avoided_until, self.models = 0, 0.0, self.models or None

    def failed(self) -> None:
        """It is left alone for a while, and longer each time."""
        pause = _AVOIDED_SECONDS[min(self.failures, len(_AVOIDED_SECONDS) - 1)]
        self.failures, self.avoided_until = self.failures + 1, time.monotonic() + pause


@dataclass
class Pool:
    """Brains come and go: `urls` gives the addresses known now."""

    urls: Callable[[], Sequence[str]]
    _replicas: dict[str, Replica] = field(default_factory=dict)
    _turns: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def replicas(self) -> list[Replica]:
        """All that are known now."""
        self._replicas = {url: self._replicas.get(url) or Replica(url) for url in self.urls()}
        return list(self._replicas.values())

    def best_first(self) -> list[Replica]:
        """The least busy first, of equals the one that has rested longest; last what failed just now or has
        no model: better than nobody.
        """
        now = time.monotonic()

        def rank(replica: Replica) -> tuple[bool, int, int]:
            doubtful = replica.avoided_until > now or replica.models == ()
            return doubtful, replica.busy, replica.turn

        return sorted(self.replicas(), key=rank)

    def give(self, replica: Replica) -> None:
        """The replica gets a question now."""
        replica.turn = next(self._turns)
        replica.busy += 1
