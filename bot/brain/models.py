"""For the gateway: the models in memory. A newer one is loaded while the others go on answering."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.brain import model, turn
from bot.brain.errors import MalformedQuestion, ModelUnusable, NoSuchModel, NotReady
from bot.brain.question import Question

WARM_UP = {"zh": "你好", "en": "hello"}  # the first message of a fresh process takes a second
POLITE_SECONDS = (
    0.0005  # for which the loading keeps the interpreter to itself; Python's own are ten times as long
)
NAME = re.compile(r"[^./][^/\0]{0,199}")  # of a file in the folder, and no other
LOG = logging.getLogger("brain")


@dataclass
class Loaded:
    """A model that answers, and when it was last asked (monotonic)."""

    processor: model.Processor
    asked: float = field(default_factory=time.monotonic)


class Models:
    """By name; the one loaded last is the newest, and answers whoever names none."""

    def __init__(self, folder: Path | None, kept: float) -> None:
        """`folder` is where models are loaded from; nothing can be loaded without one.

        `kept` is for how many seconds an older model is kept that nobody asks for.
        """
        self._folder, self._kept = folder, kept
        self._loaded: dict[str, Loaded] = {}
        self._one_at_a_time = asyncio.Lock()

    def names(self) -> list[str]:
        """The newest first."""
        self._forget()
        return list(reversed(self._loaded))

    def find(self, name: str | None) -> model.Processor:
        """The model of this name, or the newest. Raises NotReady."""
        self._forget()
        if not self._loaded:
            raise NotReady("no model is loaded yet")
        wanted = name or next(reversed(self._loaded))
        if wanted not in self._loaded:
            raise NotReady(f"the model {wanted} is asked for, but only {', '.join(self._loaded)} is loaded")
        loaded = self._loaded[wanted]
        loaded.asked = time.monotonic()
        return loaded.processor

    async def load(self, name: str) -> None:
        """Load and try the model, which is the newest then. Raises NoSuchModel, ModelUnusable."""
        if not NAME.fullmatch(name):
            raise MalformedQuestion("model: must be the name of a model file without .tar.gz")
        path = self._folder / f"{name}.tar.gz" if self._folder else None
        if path is None or not path.is_file():
            raise NoSuchModel(f"there is no model {name} where this brain looks for models")
        async with self._one_at_a_time:
            loaded = self._loaded.pop(name, None) or Loaded(await asyncio.to_thread(_load, path))
            self._loaded[name] = loaded
        LOG.info("ready", extra={"model": name})

    def _forget(self) -> None:
        """Drop what is neither the newest nor asked for any more."""
        now = time.monotonic()
        for name in list(self._loaded)[:-1]:
            if now - self._loaded[name].asked > self._kept:
                del self._loaded[name]
                LOG.info("forgotten", extra={"model": name})


def _load(path: Path) -> model.Processor:
    """In a thread of its own, while the others are being answered."""
    try:
        with _politely():
            processor = model.load(path)
            asyncio.run(_warm_up(processor))
    except Exception as error:
        cause = _first_cause(error)
        raise ModelUnusable(f"{path.name} cannot be used: {type(cause).__name__}: {cause}") from error
    gc.freeze()  # the model stays: it need not be looked through for what can be thrown away
    return processor


def _first_cause(error: BaseException) -> BaseException:
    """Rasa wraps what its components raise in a sentence that says nothing of it."""
    while error.__cause__:
        error = error.__cause__
    return error


async def _warm_up(processor: model.Processor) -> None:
    for language, text in WARM_UP.items():
        await turn.answer(_warm_up_question(text, language), processor)


def _warm_up_question(text: str, language: str) -> Question:
    return Question.parse(
        {"conversation": "warm-up", "message_id": "warm-up", "text": text, "metadata": {"language": language}}
    )


@contextlib.contextmanager
def _politely() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(POLITE_SECONDS)
    gc.disable()  # a look through a half-loaded model stops everybody
    try:
        yield
    finally:
        gc.enable()
        sys.setswitchinterval(before)
