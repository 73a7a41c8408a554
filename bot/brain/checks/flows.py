"""For trainers: when the bot says what, in stories/flows/."""

from __future__ import annotations

from collections.abc import Iterator

from bot.brain.actions.said import SAID
from bot.brain.checks.intents import RASAS_OWN_INTENTS, set_by_the_brain
from bot.brain.checks.names import Names
from bot.brain.checks.shape import unknown_keys
from bot.brain.mistakes import Mistake
from bot.brain.sources import Files, Written

STEP = (
    "action",
    "intent",
    "slot_was_set",
    "active_loop",
    "entities",
    "or",
    "user",
    "bot",
    "checkpoint",
    "metadata",
)
FOLLOW_UP = "action_follow_up"
RULE = ("rule", "story", "steps", "condition", "wait_for_user_input", "conversation_start", "metadata")


def mistakes(files: Files, known: Names) -> Iterator[Mistake]:
    steps = list(_steps(files))
    for rule in _rules(files):
        yield from unknown_keys(rule, RULE)
    for step in steps:
        yield from unknown_keys(step, STEP)
        yield from _step(step, known)
    answered = {step.get("intent").value for step in steps}
    for intent in (known.intents.keys() | set_by_the_brain(files)) - answered - RASAS_OWN_INTENTS:
        if intent in known.meanings:
            yield known.intents.get(intent, files.list_of("intents")).wrong(
                f"no rule answers {intent}. Add one in stories/flows/.",
                f"没有规则回答 {intent}。请在 stories/flows/ 里加一条。",
            )
    said = {step.get("action").value for step in steps} | SAID | set(_follow_ups(files, known))
    for response, place in known.responses.items():
        if response not in said:
            yield place.wrong(
                f"no rule says {response}. Use it in stories/flows/, or delete it.",
                f"没有规则用到 {response}。请在 stories/flows/ 里使用，或者删掉。",
            )
    for response in SAID - known.responses.keys():
        yield files.list_of("responses").wrong(
            f"bot/brain/actions/ says {response}, but there is no such response. Add it.",
            f"bot/brain/actions/ 会用到回答 {response}，但没有写。请补上。",
        )


def _step(step: Written, known: Names) -> Iterator[Mistake]:
    intent, action, loop = (step.get(key) for key in ("intent", "action", "active_loop"))
    if intent.value is not None and intent.value not in known.meanings:
        yield intent.wrong(
            f"{intent.value} is no intent. List it under intents in stories/domain/, or correct the name.",
            f"{intent.value} 不是意图。请在 stories/domain/ 的 intents 下列出，或者改正名字。",
        )
    if action.value is not None and action.value not in known.steps:
        yield action.wrong(
            f"there is no response, form or action {action.value}. Add it in stories/domain/, or correct it.",
            f"没有叫 {action.value} 的回答、表单或动作。请加到 stories/domain/，或者改正名字。",
        )
    if loop.value is not None and loop.value not in known.forms:
        yield loop.wrong(
            f"{loop.value} is no form. List it under forms in stories/domain/, or correct the name.",
            f"{loop.value} 不是表单。请在 stories/domain/ 的 forms 下列出，或者改正名字。",
        )
    for slot in _named(step.get("slot_was_set")):
        if slot.value not in known.memory:
            yield slot.wrong(
                f"{slot.value} is no slot. List it under slots in stories/domain/, or correct the name.",
                f"{slot.value} 不是槽位。请在 stories/domain/ 的 slots 下列出，或者改正名字。",
            )
    for entity in _named(step.get("entities")):
        if entity.value not in known.entities:
            yield entity.wrong(
                f"{entity.value} is no entity. List it in stories/domain/, or correct the name.",
                f"{entity.value} 不是实体。请在 stories/domain/ 的 entities 下列出，或者改正名字。",
            )


def _follow_ups(files: Files, known: Names) -> Iterator[str]:
    """What action_follow_up may say."""
    for rule in _rules(files):
        steps = list(rule.get("steps").parts())
        if any(step.get("action").value == FOLLOW_UP for step in steps):
            for intent in (step.get("intent").value for step in steps if step.get("intent").value):
                yield from (f"utter_{intent}", *(f"utter_{intent}_{topic}" for topic in known.intents))


def _named(entries: Written) -> Iterator[Written]:
    """`[name, {name: value}]`: each name where it stands."""
    for part in (entries, *entries.parts()):
        if isinstance(part.value, str):
            yield part
        for name, place in part.entries():
            yield Written(place.file, place.line, name)


def _steps(files: Files) -> Iterator[Written]:
    for rule in _rules(files):
        for step in (*rule.get("condition").parts(), *rule.get("steps").parts()):
            yield step
            yield from step.get("or").parts()


def _rules(files: Files) -> Iterator[Written]:
    for file in files.flows:
        yield from (*file.get("rules").parts(), *file.get("stories").parts())
