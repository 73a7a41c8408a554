"""For trainers: what stories/domain/ lists, and what is listed badly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rasa.shared.core.constants import DEFAULT_ACTION_NAMES, DEFAULT_INTENTS

from bot.brain.actions.local import LocalActions
from bot.brain.mistakes import Mistake
from bot.brain.sources import Files, Written
from bot.wording import LANGUAGES

LISTED = ("intents", "entities", "actions", "slots", "forms", "responses")
RASAS_OWN_SLOTS = {"requested_slot", "session_started_metadata"}

Places = dict[str, Written]  # by name


@dataclass(frozen=True)
class Names:
    """Everything that rules, responses and examples may name, with its place."""

    intents: Places
    entities: Places
    actions: Places
    slots: Places
    forms: Places
    responses: Places

    @classmethod
    def of(cls, files: Files) -> Names:
        return cls(*(dict(_listed(files, key)) for key in LISTED))

    @property
    def meanings(self) -> set[str]:
        """Intents that rules may wait for."""
        return {*self.intents, *DEFAULT_INTENTS}

    @property
    def steps(self) -> set[str]:
        """What a rule may do."""
        return {*self.actions, *self.forms, *self.responses, *DEFAULT_ACTION_NAMES}

    @property
    def memory(self) -> set[str]:
        """Slots that rules and conditions may look at."""
        return {*self.slots, *RASAS_OWN_SLOTS}


def mistakes(files: Files, known: Names) -> Iterator[Mistake]:
    for key in LISTED:
        yield from _listed_twice(files, key)
    for name, action in known.actions.items():
        if name not in LocalActions().names:
            yield action.wrong(
                f"bot/brain/actions/ has no action {name}. Correct the name, or delete the line.",
                f"bot/brain/actions/ 里没有动作 {name}。请改正名字，或者删掉这一行。",
            )
    for name, intent in known.intents.items():
        title = intent.get("title")
        if title.value is not None and not all(title.get(language).value for language in LANGUAGES):
            yield intent.wrong(
                f"the title of {name} is missing in one language. Write `title: {{zh: ..., en: ...}}`.",
                f"{name} 的标题少了一种语言。请写成 `title: {{zh: ..., en: ...}}`。",
            )
        yield from _follow_up_mistakes(name, intent, known)
    yield from _form_mistakes(known)


def _follow_up_mistakes(name: str, intent: Written, known: Names) -> Iterator[Mistake]:
    for key in ("follow_ups", "in_doubt"):
        for heard, meant in intent.get(key).entries():
            for other in {heard, str(meant.value)} - known.meanings:
                yield meant.wrong(
                    f"the {key} of {name} speak of {other}, which is no intent. Correct the name.",
                    f"{name} 的 {key} 里提到的 {other} 不是意图。请改正名字。",
                )


def _form_mistakes(known: Names) -> Iterator[Mistake]:
    for name, form in known.forms.items():
        for slot in form.get("required_slots").parts():
            if slot.value not in known.memory:
                yield slot.wrong(
                    f"{name} asks for {slot.value}, which is no slot. List it under slots, or correct it.",
                    f"{name} 要问的 {slot.value} 不是槽位。请在 slots 下列出，或者改正名字。",
                )


def _listed(files: Files, key: str) -> Iterator[tuple[str, Written]]:
    for file in files.domain:
        yield from file.get(key).entries()
        for part in file.get(key).parts():
            if isinstance(part.value, dict):  # - order_status: {title: ...}
                yield from part.entries()
            else:
                yield str(part.value), part


def _listed_twice(files: Files, key: str) -> Iterator[Mistake]:
    first: Places = {}
    for name, place in _listed(files, key):
        other = first.setdefault(name, place)
        if other is not place:
            yield place.wrong(
                f"{name} is listed already at {other.file}:{other.line}. Keep one of them.",
                f"{name} 在 {other.file}:{other.line} 已经有了。请只留一个。",
            )
