"""For trainers: reads a content folder, and says in sentences what is wrong before anything is trained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.exceptions import RasaException
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.io import read_yaml_file

from bot.brain.actions.local import LocalActions
from bot.brain.actions.said import SAID, VARIABLES
from bot.brain.choices import titles
from bot.brain.errors import ContentError

LANGUAGES = ("zh", "en")
SET_BY_THE_BRAIN = {
    "none_of_these",
    "no_words",
    "nlu_fallback",
    "not_understood",
    "angry",
    "repeated",
    "fill_form",
}
RASAS_OWN_INTENTS = {"restart", "back", "session_start"}
CUSTOM = {"handoff", "silence"}  # what a `custom:` response may ask for
VARIATION = {"text", "buttons", "image", "custom", "condition", "channel", "metadata"}
PLACEHOLDER = re.compile(r"{([^\n{}]+)}")


@dataclass(frozen=True)
class Content:
    """What trainers wrote, as Rasa reads it."""

    folder: Path
    config: dict[str, Any]
    domain: Domain
    stories: StoryGraph
    examples: TrainingData

    @property
    def config_file(self) -> Path:
        return self.folder / "intents" / "config.yml"

    @property
    def domain_folder(self) -> Path:
        return self.folder / "stories" / "domain"

    @property
    def component_names(self) -> list[str]:
        return [part["name"] for part in self.config["pipeline"] + self.config["policies"]]

    @property
    def training_files(self) -> list[str]:
        return [str(self.folder / "intents"), str(self.folder / "stories" / "flows")]


def read(folder: Path) -> Content:
    """Read and check the content. Raises ContentError."""
    for part in ("intents/config.yml", "stories/domain", "stories/flows"):
        if not (folder / part).exists():
            raise ContentError(f"{folder}: there is no {part}.")
    try:
        content = _read(folder)
    except (RasaException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ContentError(f"{folder} cannot be read: {error}") from error
    problems = sorted(set(_problems(content)))
    if problems:
        raise ContentError("\n".join([f"{folder} cannot be trained on; to mend: {len(problems)}", *problems]))
    return content


def _read(folder: Path) -> Content:
    intents, stories = folder / "intents", folder / "stories"
    config = read_yaml_file(intents / "config.yml")
    domain = Domain.load(str(stories / "domain"))
    files = [str(intents), str(stories / "flows")]
    importer = TrainingDataImporter.load_from_dict(
        config, str(intents / "config.yml"), str(stories / "domain"), files
    )
    return Content(folder, config, domain, importer.get_stories(), importer.get_nlu_data())


def _problems(content: Content) -> Iterator[str]:
    yield from _config_problems(content.config)
    yield from _intent_problems(content)
    used = _used_actions(content.stories)
    for name, variations in content.domain.responses.items():
        yield from _response_problems(name, variations, content.domain)
    for name in used - set(content.domain.action_names_or_texts):
        yield f"{name}: a rule names it, but there is no such response, form or action."
    for name in _listed_actions(content.domain) - LocalActions().names:
        yield f"{name}: stories/domain/ lists it, but bot/brain/actions/ has no such action."
    for name in content.domain.responses.keys() - used:
        if name not in SAID:
            yield f"{name}: no rule says it."
    for name in SAID - content.domain.responses.keys():
        yield f"{name}: bot/brain/actions/ says it, but there is no such response."


def _listed_actions(domain: Domain) -> set[str]:
    listed = domain.as_dict().get("actions", [])
    return {action if isinstance(action, str) else next(iter(action)) for action in listed}


def _config_problems(config: dict[str, Any]) -> Iterator[str]:
    for key in ("recipe", "language", "assistant_id", "pipeline", "policies"):
        if not config.get(key):
            yield f"intents/config.yml: {key} is missing."


def _intent_problems(content: Content) -> Iterator[str]:
    intents = set(content.domain.intents) - RASAS_OWN_INTENTS
    sensitive = _sensitive_subjects(content.examples)
    answered = _answered_intents(content.stories)
    learned = {example.get("intent") for example in content.examples.intent_examples}
    for intent in learned - intents:
        yield f"{intent}: it has examples, but is not listed in stories/domain/."
    for intent in intents - SET_BY_THE_BRAIN - sensitive - learned:
        yield f"{intent}: it has no examples in intents/."
    for intent in (SET_BY_THE_BRAIN | sensitive) - intents:
        yield f"{intent}: the brain sets it, but it is not listed in stories/domain/."
    for intent in intents - answered:
        yield f"{intent}: no rule in stories/flows/ answers it."
    by_intent: dict[str, Any] = titles(content.domain.as_dict())  # as written, which may be wrong
    for intent, title in by_intent.items():
        if not isinstance(title, dict) or not all(title.get(language) for language in LANGUAGES):
            yield f"{intent}: its title is missing in one of the languages {', '.join(LANGUAGES)}."


def _sensitive_subjects(examples: TrainingData) -> set[str]:
    """Each list of phrases in intents/sensitive.yml has an intent of its name."""
    names = {table["name"] for table in examples.lookup_tables if table["name"].startswith("sensitive_")}
    return names - {"sensitive_exception"}


def _response_problems(name: str, variations: list[dict[str, Any]], domain: Domain) -> Iterator[str]:
    known = {slot.name for slot in domain.slots} | VARIABLES
    for variation in variations:
        for key in variation.keys() - VARIATION:
            yield f"{name}: {key} cannot be said on these channels."
        yield from _custom_problems(name, variation.get("custom") or {})
        for placeholder in set(PLACEHOLDER.findall(variation.get("text", ""))) - known:
            yield f"{name}: nothing fills {{{placeholder}}}."
        for button in variation.get("buttons", []):
            yield from _button_problems(name, button, domain)
    for language in LANGUAGES:
        if not any(_fits(variation, language) for variation in variations):
            yield f"{name}: there is no variation for the language {language}."


def _custom_problems(name: str, custom: dict[str, Any]) -> Iterator[str]:
    for key in custom.keys() - CUSTOM:
        yield f"{name}: custom knows {' and '.join(sorted(CUSTOM))}, but not {key}."
    handoff = custom.get("handoff", {"reason": "none"})
    if not (isinstance(handoff, dict) and handoff.get("reason")):
        yield f"{name}: handoff needs a reason."


def _button_problems(name: str, button: dict[str, Any], domain: Domain) -> Iterator[str]:
    payload = str(button.get("payload", ""))
    if not button.get("title"):
        yield f"{name}: a button has no title."
    if payload.startswith("/") and payload[1:].partition("{")[0].strip() not in domain.intents:
        yield f"{name}: the button {button.get('title')} means {payload}, which is no intent."


def _fits(variation: dict[str, Any], language: str) -> bool:
    """Whether every customer of this language may get to see it, on any channel."""
    conditions = variation.get("condition", [])
    return "channel" not in variation and all(
        each.get("name") == "language" and each.get("value") == language for each in conditions
    )


def _used_actions(stories: StoryGraph) -> set[str]:
    events = [event for step in stories.story_steps for event in step.events]
    return {event.action_name for event in events if hasattr(event, "action_name") and event.action_name}


def _answered_intents(stories: StoryGraph) -> set[str]:
    events = [event for step in stories.story_steps for event in step.events]
    return {event.intent_name for event in events if isinstance(event, UserUttered) and event.intent_name}
