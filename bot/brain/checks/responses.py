"""For trainers: what the bot says, in stories/domain/responses/."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from bot.brain.actions.said import VARIABLES
from bot.brain.checks.intents import IN_CHINESE, IN_ENGLISH
from bot.brain.checks.names import Names
from bot.brain.mistakes import Mistake
from bot.brain.sources import Files, Written
from bot.conversation import Reason
from bot.wording import LANGUAGES

CUSTOM = {"handoff", "silence"}  # what a `custom:` response may ask for
VARIATION = {"text", "buttons", "image", "custom", "condition", "channel", "metadata"}
PLACEHOLDER = re.compile(r"{([^\n{}]+)}")


def mistakes(files: Files, known: Names) -> Iterator[Mistake]:
    for file in files.domain:
        for name, variations in file.get("responses").entries():
            yield from _response(name, variations, known)


def _response(name: str, variations: Written, known: Names) -> Iterator[Mistake]:
    for variation in variations.parts():
        yield from _variation(name, variation, known)
    for language in LANGUAGES:
        if not any(_fits(variation, language) for variation in variations.parts()):
            yield variations.wrong(
                f"{name} says nothing in {IN_ENGLISH[language]}. Add a variation for {language}.",
                f"{name} 没有{IN_CHINESE[language]}的说法。请补上 {language} 的。",
            )


def _variation(name: str, variation: Written, known: Names) -> Iterator[Mistake]:
    if not isinstance(variation.value, dict) or not variation.value.keys() & {"text", "image", "custom"}:
        yield variation.wrong(
            f"{name}: this says nothing. Add a text.", f"{name}：这里什么也没说。请写上 text。"
        )
    for key, entry in variation.entries():
        if key not in VARIATION:
            yield entry.wrong(
                f"{name}: {key} cannot be said on these channels. Delete it.",
                f"{name}：这些渠道发不了 {key}。请删掉。",
            )
    if "text" in (variation.value or {}):
        yield from _text(name, variation.get("text"), known)
    yield from _custom(name, variation.get("custom"))
    for condition in variation.get("condition").parts():
        yield from _condition(name, condition, known)
    for button in variation.get("buttons").parts():
        yield from _button(name, button, known)


def _text(name: str, text: Written, known: Names) -> Iterator[Mistake]:
    if not isinstance(text.value, str) or not text.value.strip():
        yield text.wrong(
            f"{name}: the text is empty, or YAML takes it for something else. Put it in quotes.",
            f"{name}：文字是空的，或者没有被当成文字。请加引号。",
        )
        return
    for placeholder in sorted(set(PLACEHOLDER.findall(text.value)) - known.slots.keys() - VARIABLES):
        yield text.wrong(
            f"{name}: nothing fills {{{placeholder}}}. Correct the name, or leave it out.",
            f"{name}：{{{placeholder}}} 没有内容可填。请改正名字，或者去掉。",
        )


def _custom(name: str, custom: Written) -> Iterator[Mistake]:
    for key, entry in custom.entries():
        if key not in CUSTOM:
            yield entry.wrong(
                f"{name}: custom knows {' and '.join(sorted(CUSTOM))}, but not {key}. Correct it.",
                f"{name}：custom 只有 {'、'.join(sorted(CUSTOM))}，没有 {key}。请改正。",
            )
    if "handoff" in (custom.value or {}):
        handoff = custom.get("handoff")
        reasons = ", ".join(Reason)
        if handoff.get("reason").value not in set(Reason):
            given = handoff.get("reason").value or handoff.value
            yield handoff.wrong(
                f"{name}: the handoff has no reason that agents know: {given}. "
                f"Write `handoff: {{reason: ...}}` with one of {reasons}.",
                f"{name}：坐席端不认识转人工的原因 {given}。"
                f"请写 `handoff: {{reason: ...}}`，原因是其中之一：{reasons}。",
            )


def _condition(name: str, condition: Written, known: Names) -> Iterator[Mistake]:
    slot, value = condition.get("name").value, condition.get("value").value
    if slot not in known.memory:
        yield condition.wrong(
            f"{name}: the condition looks at {slot}, which is no slot. Correct the name.",
            f"{name}：条件里的 {slot} 不是槽位。请改正名字。",
        )
    elif slot == "language" and value not in LANGUAGES:
        yield condition.wrong(
            f"{name}: customers speak {' or '.join(LANGUAGES)}, not {value}. Correct it.",
            f"{name}：客户的语言只有 {'、'.join(LANGUAGES)}，没有 {value}。请改正。",
        )


def _button(name: str, button: Written, known: Names) -> Iterator[Mistake]:
    title, payload = button.get("title").value, button.get("payload").value
    if not isinstance(title, str) or not title:
        yield button.wrong(
            f"{name}: a button has no title, or YAML takes it for something else. Write one, in quotes.",
            f"{name}：按钮没有标题，或者标题没有被当成文字。请写上，并加引号。",
        )
    if not isinstance(payload, str) or not payload.startswith("/"):
        return  # said as if typed
    intent, brace, entities = payload[1:].partition("{")
    if intent.strip() not in known.meanings:
        yield button.wrong(
            f"{name}: the button 「{title}」 means {payload}, which is no intent. Correct the payload.",
            f"{name}：按钮「{title}」的 {payload} 不是意图。请改正 payload。",
        )
    if brace and not _are_entities(brace + entities, known):
        yield button.wrong(
            f'{name}: the button 「{title}」 sets no entity. Write \'/{intent}{{"entity": "value"}}\'.',
            f'{name}：按钮「{title}」填的不是实体。请写成 \'/{intent}{{"实体": "值"}}\'。',
        )


def _are_entities(text: str, known: Names) -> bool:
    try:
        entities = json.loads(text)
    except json.JSONDecodeError:
        return False
    return isinstance(entities, dict) and entities.keys() <= known.entities.keys() | known.slots.keys()


def _fits(variation: Written, language: str) -> bool:
    """Whether every customer of this language may get to see it, on any channel."""
    return "channel" not in (variation.value or {}) and all(
        condition.get("name").value == "language" and condition.get("value").value == language
        for condition in variation.get("condition").parts()
    )
