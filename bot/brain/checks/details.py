"""For trainers: what customers ask next and its answers, in stories/details/."""

from __future__ import annotations

from collections.abc import Iterator

from bot.brain.checks.intents import IN_CHINESE, IN_ENGLISH, LEAST, said
from bot.brain.checks.names import Names
from bot.brain.checks.shape import unknown_keys
from bot.brain.mistakes import Mistake
from bot.brain.sources import Files, Written
from bot.wording import LANGUAGES

KEYS = ("asked", "answer", "means", "choices")


def mistakes(files: Files, known: Names) -> Iterator[Mistake]:
    for file in files.details:
        for topic, details in file.entries():
            if topic not in known.intents:
                yield from _no_intent(topic, details)
            yield from _asked_twice(topic, details)
            for name, detail in details.entries():
                yield from unknown_keys(detail, KEYS)
                yield from _detail(f"{topic}: {name}", detail, known)


def _detail(name: str, detail: Written, known: Names) -> Iterator[Mistake]:
    answer, means = detail.get("answer"), detail.get("means")
    if (answer.value is None) == (means.value is None):
        yield detail.wrong(
            f"{name} needs either an `answer` or what it `means`. Write one of the two.",
            f"{name} 要有 `answer` 或者 `means`。请写其中一个。",
        )
    for language in LANGUAGES:
        examples = [part for part in detail.get("asked").get(language).parts() if isinstance(part.value, str)]
        if len(examples) < LEAST:
            yield detail.wrong(
                f"{name} has fewer than {LEAST} examples in {IN_ENGLISH[language]}. Add some under `asked`.",
                f"{name} 的{IN_CHINESE[language]}例句不到 {LEAST} 句。请补在 `asked` 下。",
            )
        text = answer.get(language).value
        if answer.value is not None and not (isinstance(text, str) and text.strip()):
            yield answer.wrong(
                f"{name} says nothing in {IN_ENGLISH[language]}. Write `{language}: ...` under `answer`.",
                f"{name} 没有{IN_CHINESE[language]}的说法。请在 `answer` 下写上 `{language}: ...`。",
            )
    if means.value is not None and means.value not in known.meanings:
        yield from _no_intent(str(means.value), means)
    for choice in detail.get("choices").parts():
        if not known.intents.get(str(choice.value), detail).get("title").value:
            yield choice.wrong(
                f"{name} offers {choice.value}, which is no intent with a title. Correct the name.",
                f"{name} 的选项 {choice.value} 不是带标题的意图。请改正名字。",
            )


def _no_intent(name: str, place: Written) -> Iterator[Mistake]:
    yield place.wrong(
        f"{name} is no intent. Correct the name, or list it in stories/domain/.",
        f"{name} 不是意图。请改正名字，或者列到 stories/domain/ 里。",
    )


def _asked_twice(topic: str, details: Written) -> Iterator[Mistake]:
    """The same words cannot ask for two details of one topic."""
    first: dict[str, str] = {}
    for name, detail in details.entries():
        for _, language in detail.get("asked").entries():
            for example in language.parts():
                other = first.setdefault(said(str(example.value)), name)
                if other != name:
                    yield example.wrong(
                        f"{topic}: {example.value!r} stands under {other}, too. Keep it in one of them.",
                        f"{topic}：「{example.value}」在 {other} 下也有。请只留一处。",
                    )
