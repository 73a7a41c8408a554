"""For trainers: reads a content folder, and says in sentences what is wrong before anything is trained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.shared.exceptions import RasaException
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.io import read_yaml_file
from rasa.shared.utils.validation import YamlValidationException

from bot.brain.checks import mistakes_in
from bot.brain.errors import ContentError
from bot.brain.mistakes import Mistake, stop_at
from bot.brain.sources import Files, Written, read_files

QUOTED = re.compile(r"(?<!\w)'([^']+)'(?!\w)")


@dataclass(frozen=True)
class Content:
    """What trainers wrote, as Rasa reads it."""

    folder: Path
    files: Files
    config: dict[str, Any]
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
    for part in ("intents/config.yml", "stories/domain", "stories/flows", "stories/notices.yml"):
        if not (folder / part).exists():
            raise ContentError(f"{folder}: there is no {part}.")
    files = read_files(folder)
    stop_at(mistakes_in(files))
    try:
        return _read(folder, files)
    except (RasaException, ValueError, KeyError, TypeError, AttributeError) as error:
        stop_at(as_mistakes(error, files))
        raise


def _read(folder: Path, files: Files) -> Content:
    intents, stories = folder / "intents", folder / "stories"
    config = read_yaml_file(intents / "config.yml")
    importer = TrainingDataImporter.load_from_dict(
        config, str(intents / "config.yml"), str(stories / "domain"), [str(intents), str(stories / "flows")]
    )
    importer.get_domain()
    importer.get_stories()
    return Content(folder, files, config, importer.get_nlu_data())


def as_mistakes(error: Exception, files: Files) -> Iterator[Mistake]:
    """What Rasa complains of, at the places that it speaks of."""
    if isinstance(error, YamlValidationException) and error.validation_errors:
        for entry in error.validation_errors:
            yield _rasa_says(_at(entry.path, error.content, files), str(entry))
        return
    text = str(error)
    for complaint in re.findall(r"^- (.+)$", text, re.MULTILINE) or [text]:
        quoted = QUOTED.findall(complaint)
        yield _rasa_says(_first_named(quoted, files), complaint)


def _rasa_says(place: Written, complaint: str) -> Mistake:
    reason = " ".join(complaint.split()).rstrip(".")
    return place.wrong(
        f"Rasa cannot work with this: {reason}. Correct it.", f"Rasa 无法使用：{reason}。请改正。"
    )


def _at(path: str, content: Any, files: Files) -> Written:
    """The value under `/responses/utter_joke/0/text`, in the file that has this content."""
    place = next((file for file in files.all if file.value == content), files.list_of("responses"))
    for step in filter(None, path.split("/")):
        parts = list(place.parts())
        place = parts[int(step)] if parts and step.isdigit() and int(step) < len(parts) else place.get(step)
    return place


def _first_named(names: list[str], files: Files) -> Written:
    """The rule of the first of the names that is one, else whatever bears one of the names."""
    rules = {str(rule.get("rule").value): rule for file in files.flows for rule in file.get("rules").parts()}
    everything = {name: place for file in reversed(files.all) for name, place in _named(file)}
    found = [places[name] for places in (rules, everything) for name in names if name in places]
    return next(iter([*found, *files.config]))


def _named(written: Written) -> Iterator[tuple[str, Written]]:
    """Every name and every text, with its place."""
    if isinstance(written.value, str):
        yield written.value, written
    for name, entry in written.entries():
        yield name, entry
        yield from _named(entry)
    for part in written.parts():
        yield from _named(part)
