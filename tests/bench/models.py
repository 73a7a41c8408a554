"""For the measurements: what bare Rasa serves, trained on our content and kept until that changes."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.content import copy_for_bare_rasa, stock_hash
from tests.bench.program import FOLDER, RASA_ENVIRONMENT, done
from tests.bench.progress import Counter, tell

_LOOK_SECONDS = 2


async def stock_model() -> Path:
    """The model that Rasa's stock pipeline makes of our content: it takes minutes, once."""
    with _copy_of_content() as content:
        model = FOLDER / f"stock-{stock_hash(content)}.tar.gz"
        if not model.exists():
            tell(
                "training Rasa's stock pipeline: minutes, but only when the content has changed",
                "训练 Rasa 默认流水线：需要几分钟，仅在内容改动后进行",
            )
            await _train_stock(content)
            _replace_model(content / "stock.tar.gz", model)
    return model


async def own_model() -> Path:
    """The model that our own pipeline makes of the same."""
    with _copy_of_content() as content:
        words = ["-m", "bot.brain", "train", "--content", content, "--out", FOLDER]
        said = await done(words, FOLDER / "own-training.log")
    return trained_model(said)


def trained_model(said: str) -> Path:
    """The path that a training of ours printed last; what Rasa says before it ends in a change of colour."""
    return Path(re.findall(r"/\S+\.tar\.gz$", said, re.MULTILINE)[-1])


async def _train_stock(content: Path) -> None:
    # unvalidated: the validation takes a form's count of attempts for an error
    words = ["-m", "rasa", "train", "--skip-validation", "--config", content / "stock.yml"]
    words += ["--domain", content / "stories" / "domain"]
    words += ["--data", content / "intents" / "zh", content / "intents" / "en", content / "stories" / "flows"]
    words += ["--out", content, "--fixed-model-name", "stock"]
    # kept, so that Rasa learns anew only what has changed
    cache = {"RASA_CACHE_DIRECTORY": str(FOLDER / "cache")}
    log = FOLDER / "stock-training.log"
    showing = asyncio.create_task(_show_epochs(log))
    try:
        await done(words, log, RASA_ENVIRONMENT | cache)
    finally:
        showing.cancel()


async def _show_epochs(log: Path) -> None:
    counter = Counter()
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        if epochs := _epochs(log):
            counter.show(*epochs)


def _epochs(log: Path) -> tuple[int, int] | None:
    """How far Rasa's progress bar has come."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    found = re.findall(r"Epochs:.*?(\d+)/(\d+) \[", text)
    return (int(found[-1][0]), int(found[-1][1])) if found else None


def _replace_model(trained: Path, model: Path) -> None:
    for old in FOLDER.glob("stock-*.tar.gz"):
        old.unlink()
    trained.rename(model)


@contextmanager
def _copy_of_content() -> Iterator[Path]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="training-") as name:
        copy_for_bare_rasa(Path(name))
        yield Path(name)
