"""For trainers: makes a model of the content, named by a hash of it, so that nothing is trained twice."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from bot.brain.errors import ContentError
from bot.brain.slim import slim_rasa, slim_training

REVIEWED = "reviewed.tsv"  # in intents/: messages of customers with the intent that was really meant

if TYPE_CHECKING:
    from bot.brain.content import Content


def train(content_folder: Path, out: Path) -> Path:
    """The model of this content, trained unless it is in `out` already. Raises ContentError."""
    model = out / f"{content_hash(content_folder)}.tar.gz"
    if model.exists():
        model.touch()  # the newest file is the model that is wanted now
        return model
    prepare()
    from bot.brain import content

    checked = content.read(content_folder)
    out.mkdir(parents=True, exist_ok=True)
    with workshop(out) as folder:
        trained = _train(checked, folder)
        _report(trained, out / model.name.removesuffix(".tar.gz"))
        # put in place whole: a training that is killed leaves no half model under its name
        trained.rename(model)
    return model


def prepare() -> None:
    """Make Rasa ready to train; to be called before it is imported."""
    os.environ["LOG_LEVEL"] = "ERROR"  # no progress bars; errors are raised
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # nor what TensorFlow thinks of the processor
    slim_rasa()


@contextlib.contextmanager
def workshop(where: Path | None = None) -> Iterator[Path]:
    """A folder for one training, gone afterwards, and with it Rasa's cache, which would grow without end.

    Rasa praises on standard output the file that it puts there, and that is not where the model will be.
    """
    with (
        tempfile.TemporaryDirectory(dir=where, prefix=".training-") as folder,
        contextlib.redirect_stdout(io.StringIO()),
    ):
        os.environ["RASA_CACHE_DIRECTORY"] = folder
        yield Path(folder)


def content_hash(content: Path) -> str:
    """16 hexadecimal digits over all that trainers wrote and the code that learns from it."""
    ours = Path(__file__).parent
    files = [
        *sorted(file for part in ("intents", "stories") for file in (content / part).rglob("*.y*ml")),
        *sorted(file for file in (content / "intents" / REVIEWED,) if file.exists()),
        *sorted(file for part in ("components", "confidence") for file in (ours / part).rglob("*.py")),
        *sorted((ours / "confidence").rglob("*.txt")),
    ]
    digest = hashlib.sha256(version("rasa").encode())
    for file in files:
        name = file.relative_to(ours if ours in file.parents else content).as_posix()
        digest.update(f"\0{name}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _train(content: Content, folder: Path) -> Path:
    from rasa.model_training import train as train_rasa
    from rasa.shared.exceptions import RasaException

    from bot.brain.content import as_mistakes
    from bot.brain.mistakes import stop_at

    try:
        slim_training(content.component_names)
        result = train_rasa(
            domain=str(content.domain_folder),
            config=str(_config(content, folder)),
            training_files=content.training_files,
            output=str(folder),
            force_training=True,
            fixed_model_name="model",
        )
    except RasaException as error:
        stop_at(as_mistakes(error, content.files))
        raise
    except ModuleNotFoundError as error:
        raise ContentError(
            f"intents/config.yml names a component that needs {error.name}, which is not installed here."
        ) from error
    return Path(result.model)


def _config(content: Content, folder: Path) -> Path:
    """The configuration, with where this content has what its components learn from beside the examples."""
    from rasa.shared.utils.io import write_yaml

    places = {
        "reviewed": content.folder / "intents" / REVIEWED,
        "details": content.folder / "stories" / "details",
    }
    found = {name: str(place.resolve()) for name, place in places.items() if place.exists()}
    parts = [
        {**part, **{name: place for name, place in found.items() if name in _options(part["name"])}}
        for part in content.config["pipeline"]
    ]
    write_yaml({**content.config, "pipeline": parts}, folder / "config.yml")
    return folder / "config.yml"


def _options(component: str) -> dict[str, Any]:
    """The options of a component of ours; Rasa's own are nobody's business here."""
    module, _, name = component.rpartition(".")
    return getattr(importlib.import_module(module), name).get_default_config() if module else {}


def _report(model: Path, beside: Path) -> None:
    """What the classifier learned of its own confidence, as JSON and as a picture beside the model."""
    from bot.brain.confidence.report import draw

    with tarfile.open(model) as files:
        found = [member for member in files.getmembers() if member.name.endswith("/report.json")]
        for member in found:
            told = json.load(cast(IO[bytes], files.extractfile(member)))
            beside.with_name(f"{beside.name}.report.json").write_text(
                json.dumps(told, indent=1), encoding="utf-8"
            )
            draw(told, beside.with_name(f"{beside.name}.report.svg"))
