"""For whoever starts the brain: what Rasa 3.6.21 does over and over is done once, or not at all.

Measured with `make bench ONLY=brain`; nothing here changes what Rasa decides.
"""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import TypeVar

Any_ = TypeVar("Any_")


def cure() -> None:
    """Call it once, after `slim_rasa()` and before a model is loaded."""
    _cache_event_types()
    _copy_slots_quickly()
    _copy_nothing_for_logs()


def _cache_event_types() -> None:
    """Rasa looks through all of its event classes for every event of every action; they never change."""
    from rasa.shared.core.events import Event

    Event.resolve_by_type = staticmethod(functools.cache(Event.resolve_by_type))


def _copy_slots_quickly() -> None:
    """Each tracker, and there are several a message, begins with a copy of each slot."""
    from rasa.shared.core.slots import Slot

    def copy(self: Slot) -> Slot:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    Slot.__copy__ = copy


def _copy_nothing_for_logs() -> None:
    """These modules copy deeply what they hand to debug logs, which the brain never writes."""
    import rasa.core.actions.forms
    import rasa.core.policies.rule_policy
    import rasa.core.processor

    for module in (rasa.core.processor, rasa.core.policies.rule_policy, rasa.core.actions.forms):
        module.copy = SimpleNamespace(deepcopy=_itself)


def _itself(value: Any_) -> Any_:
    return value
