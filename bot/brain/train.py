"""For trainers: makes a model of the content, named by a hash of it, so that nothing is trained twice."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from bot.brain.errors import ContentError
from bot.brain.slim import slim_rasa, slim_training

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
        # put in place whole: a training that is killed leaves no half model under its name
        _train(checked, folder).rename(model)
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
    """16 hexadecimal digits over all YAML that trainers wrote and the code that learns from it."""
    ours = Path(__file__).parent / "components"
    files = [
        *sorted(file for part in ("intents", "stories") for file in (content / part).rglob("*.y*ml")),
        *sorted(ours.glob("*.py")),
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
            config=str(content.config_file),
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
