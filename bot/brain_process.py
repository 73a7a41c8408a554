"""For operators of one machine: starts brains as children, watches them, starts them again with back-off
when they die, and sees when a newer model has been trained.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

log = structlog.get_logger()

_BACK_OFF_SECONDS = (0.2, 1.0, 3.0, 10.0, 30.0)
# A brain that lived this long was well: the next fall is a new one.
_WELL_SECONDS = 60.0
_STOP_SECONDS = 5.0
# A model that cannot be used does not get better by itself: another one is looked for, this one seldom tried.
_UNUSABLE_SECONDS = 60.0
_LOOK_SECONDS = 1.0


# A message is small: threads only get in each other's way, and where more cores help, more brains do.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def brain_environment() -> dict[str, str]:
    """What the brain's interpreter starts with. Compiled once and kept, Rasa's many modules load faster;
    what TensorFlow finds remarkable about the processor helps nobody.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {"TF_CPP_MIN_LOG_LEVEL": "2", **kept}


def newer_model(than: Path) -> Path | None:
    """The model that was put beside this one last, if that was later. A training puts it there whole."""
    files = {file: file.stat().st_mtime_ns for file in than.parent.glob("[!.]*.tar.gz")}
    newest = max(files, key=lambda file: files[file], default=than)
    return newest if newest != than and files[newest] > files.get(than, 0) else None


class Brains:
    """As many children as were asked for, all with one model: `model` is what they begin with."""

    def __init__(
        self, number: int, python: Path, model: Path, environment: Mapping[str, str], log_file: Path
    ) -> None:
        self.model = model
        children = range(number)
        self._children = [BrainProcess(python, lambda: self.model, environment, log_file) for _ in children]

    def urls(self) -> tuple[str, ...]:
        """Where they listen, those that do."""
        return tuple(url for child in self._children if (url := child.url()))

    def unusable(self) -> bool:
        """Whether the model is of no use to any of them, so that there is nobody to load another."""
        return all(child.unusable for child in self._children)

    async def start(self) -> None:
        """Begins to keep them alive."""
        for child in self._children:
            await child.start()

    async def stop(self) -> None:
        """Ends them all."""
        await asyncio.gather(*(child.stop() for child in self._children))


class BrainProcess:
    """One child. `url()` is where it listens, None while it does not."""

    def __init__(
        self, python: Path, model: Callable[[], Path], environment: Mapping[str, str], log_file: Path
    ) -> None:
        """`model` gives the one to begin with, each time that it begins."""
        self._python, self._model = python, model
        self._environment = {**_ONE_THREAD, **brain_environment(), **environment}
        self._log_file = log_file
        self._port: int | None = None
        self.unusable: str | None = None  # what the child said of its model, until there is another
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    def url(self) -> str | None:
        """The address of the child, if it listens."""
        return f"http://127.0.0.1:{self._port}" if self._port else None

    async def start(self) -> None:
        """Begins to keep a brain alive."""
        self._watch = asyncio.create_task(self._keep_alive())

    async def stop(self) -> None:
        """Ends the child: end of file on its standard input, then a signal."""
        if self._watch:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        await self._end()

    async def _keep_alive(self) -> None:
        falls = 0
        while True:
            born, model = time.monotonic(), self._model()
            hopeless = False
            try:
                hopeless = await self._live(model)
            except OSError as error:
                log.error(
                    "brain.not_started",
                    error=str(error),
                    remedy="run `make run` once: it makes the environment",
                )
            finally:
                self._port = None
            if hopeless:
                await self._wait_for_another(model)
                continue
            falls = 0 if time.monotonic() - born > _WELL_SECONDS else falls + 1
            pause = _BACK_OFF_SECONDS[min(falls, len(_BACK_OFF_SECONDS)) - 1] if falls else 0.0
            log.warning("brain.died", again_in_seconds=pause, log=str(self._log_file))
            await asyncio.sleep(pause)

    async def _wait_for_another(self, model: Path) -> None:
        until = time.monotonic() + _UNUSABLE_SECONDS
        while time.monotonic() < until:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._model() != model:
                self.unusable = None
                return

    async def _live(self, model: Path) -> bool:
        """One child from its birth to its end; whether it ended because the model is unusable."""
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        command = [self._python, "-m", "bot.brain", "serve", "--model", model, "--port", "0"]
        with self._log_file.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *map(str, command),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=output,
                env=self._environment,
                # Ctrl-C in the terminal is for the gateway, which ends its child itself
                start_new_session=True,
            )
        assert self._process.stdout is not None
        hopeless = False
        async for line in self._process.stdout:
            news = json.loads(line)
            hopeless = "unusable" in news
            if hopeless:
                self._tell_unusable(news["unusable"])
            else:
                self._port = int(news["port"])
                log.info("brain.listens", port=self._port)
        await self._process.wait()
        return hopeless

    def _tell_unusable(self, reason: str) -> None:
        if reason != self.unusable:  # it is tried again now and then, and told once
            self.unusable = reason
            remedy = "mend intents/ or stories/ and run `make train`: the new model is taken at once"
            log.error("brain.model_unusable", error=reason, remedy=remedy)

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
