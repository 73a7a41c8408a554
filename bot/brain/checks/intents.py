"""For trainers: examples of what customers say, in intents/zh/ and intents/en/."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import normalize

from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.training_data.entities_parser import parse_training_example

from bot.brain.checks.names import Names
from bot.brain.mistakes import Mistake
from bot.brain.sources import Files, Written
from bot.wording import LANGUAGES

SET_BY_THE_BRAIN = {
    "none_of_these",
    "no_words",
    "nlu_fallback",
    "not_understood",
    "angry",
    "repeated",
    "fill_form",
    "move_booking",
    "cancel_booking",
    "booking_when",
}
RASAS_OWN_INTENTS = {"restart", "back", "session_start"}
LEAST, RECOMMENDED = 2, 25  # examples of an intent in a language
IN_ENGLISH = {"zh": "Chinese", "en": "English"}
IN_CHINESE = {"zh": "中文", "en": "英文"}


@dataclass(frozen=True)
class Example:
    """One sentence, where it stands, without the marks for entities."""

    intent: str
    text: str
    entities: tuple[str, ...]
    place: Written

    @property
    def languages(self) -> tuple[str, ...]:
        """By its folder; what stands in intents/ itself belongs to both."""
        folder = self.place.file.split("/")[1]
        return (folder,) if folder in LANGUAGES else LANGUAGES

    @property
    def said(self) -> str:
        return said(self.text)


def said(text: str) -> str:
    """What is the same however it is written: without case, width, spaces, punctuation."""
    folded = normalize("NFKC", text).casefold()
    return "".join(filter(str.isalnum, folded)) or "".join(folded.split())


def mistakes(files: Files, known: Names) -> Iterator[Mistake]:
    found = list(_examples(files))
    examples = [each for each in found if isinstance(each, Example)]
    yield from (each for each in found if isinstance(each, Mistake))
    yield from _unlisted(examples, known)
    unlearned = set_by_the_brain(files)
    for intent, place in known.intents.items():
        if intent not in RASAS_OWN_INTENTS | unlearned:
            yield from _too_few(intent, place, [each for each in examples if each.intent == intent])
    for intent in unlearned - known.meanings:
        yield files.list_of("intents").wrong(
            f"{intent} is set by the brain, but not listed. Add `- {intent}` under intents.",
            f"{intent} 由大脑给出，但没有列出。请在 intents 下加上 `- {intent}`。",
        )
    yield from _of_two_minds(examples)


def set_by_the_brain(files: Files) -> set[str]:
    """Intents without examples; each list of phrases in intents/sensitive.yml has one of its name."""
    lists = [str(block.get("lookup").value) for file in files.examples for block in file.get("nlu").parts()]
    sensitive = {name for name in lists if name.startswith("sensitive_")} - {"sensitive_exception"}
    return SET_BY_THE_BRAIN | sensitive | ({"detail"} if files.details else set())


def _unlisted(examples: list[Example], known: Names) -> Iterator[Mistake]:
    for intent, place in {each.intent: each.place for each in reversed(examples)}.items():
        if intent not in known.meanings:
            yield place.wrong(
                f"{intent} has examples, but is not listed. Add it under intents in stories/domain/.",
                f"{intent} 有例句，但没有列出。请加到 stories/domain/ 的 intents 下。",
            )
    for each in examples:
        for entity in set(each.entities) - known.entities.keys():
            yield each.place.wrong(
                f"{entity} is no entity. Correct the name, or add it under entities in stories/domain/.",
                f"{entity} 不是实体。请改正名字，或者加到 stories/domain/ 的 entities 下。",
            )


def _too_few(intent: str, listed: Written, examples: list[Example]) -> Iterator[Mistake]:
    for language in LANGUAGES:
        own = [each for each in examples if language in each.languages]
        if len(own) < LEAST:
            place = own[0].place if own else listed
            yield place.wrong(
                f"{intent} has {'only one example' if own else 'no example'} in {IN_ENGLISH[language]}. "
                f"Write some in intents/{language}/, best {RECOMMENDED} or more.",
                f"{intent} 的{IN_CHINESE[language]}例句{'只有一条' if own else '一条也没有'}。"
                f"请在 intents/{language}/ 里补写，最好有 {RECOMMENDED} 条以上。",
            )


def _of_two_minds(examples: list[Example]) -> Iterator[Mistake]:
    first: dict[str, dict[str, Written]] = defaultdict(dict)
    for each in examples:
        meanings = first[each.said]
        for intent, other in meanings.items():
            if intent != each.intent:
                yield each.place.wrong(
                    f"「{each.text}」 is an example of {each.intent}, and at {other.file}:{other.line} of "
                    f"{intent}. Keep it where it belongs.",
                    f"「{each.text}」在这里属于 {each.intent}，在 {other.file}:{other.line} 又属于 {intent}。"
                    "请只留在合适的一处。",
                )
        meanings.setdefault(each.intent, each.place)


def _examples(files: Files) -> Iterator[Example | Mistake]:
    for file in files.examples:
        for block in file.get("nlu").parts():
            intent = block.get("intent").value
            if isinstance(intent, str):
                for line in _lines(block.get("examples")):
                    yield _example(intent.partition("/")[0], line) if isinstance(line, Written) else line


def _lines(examples: Written) -> Iterator[Written | Mistake]:
    """Each line of the block that `examples: |` begins."""
    for part in examples.parts():  # Rasa takes a list, too, of texts with details
        yield from _lines(part.get("text"))
    if not isinstance(examples.value, str):
        return
    for number, line in enumerate(examples.value.splitlines(), start=examples.line + 1):
        place = Written(examples.file, number, line[1:].strip())
        if line.startswith("-") and place.value:
            yield place
        elif line.strip():
            yield place.wrong(
                "an example begins with `- ` and says something. Correct the line, or delete it.",
                "例句应当以 `- ` 开头，后面要有内容。请改正或删掉这一行。",
            )


def _example(intent: str, line: Written) -> Example | Mistake:
    try:
        message = parse_training_example(line.value, intent)
    except RasaException as error:
        reason = " ".join(str(error).split())
        return line.wrong(
            f"the mark of the entity cannot be read: {reason} Write [words](entity).",
            f"实体标注读不出来：{reason} 请写成 [文字](实体)。",
        )
    entities = tuple(each["entity"] for each in message.get("entities") or [])
    return Example(intent, message.get("text"), entities, line)
