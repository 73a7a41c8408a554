"""For operators of one machine: starts the brain as a child, watches it, starts it again with back-off
when it dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

import structlog

log = structlog.get_logger()

_BACK_OFF_SECONDS = (0.2, 1.0, 3.0, 10.0, 30.0)
# A brain that lived this long was well: the next fall is a new one.
_WELL_SECONDS = 60.0
_STOP_SECONDS = 5.0


def brain_environment() -> dict[str, str]:
    """What the brain's interpreter starts with. Compiled once and kept, Rasa's many modules load faster;
    what TensorFlow finds remarkable about the processor helps nobody.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {"TF_CPP_MIN_LOG_LEVEL": "2", **kept}


class BrainProcess:
    """One child. `urls()` is where it listens, empty while it does not."""

    def __init__(self, python: Path, model: Path, environment: Mapping[str, str], log_file: Path) -> None:
        self._command = [str(python), "-m", "bot.brain", "serve", "--model", str(model), "--port", "0"]
        self._environment = {**brain_environment(), **environment}
        self._log_file = log_file
        self._port: int | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    def urls(self) -> tuple[str, ...]:
        """The address of the child, if it listens."""
        return (f"http://127.0.0.1:{self._port}",) if self._port else ()

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
            born = time.monotonic()
            try:
                await self._live()
            except OSError as error:
                log.error(
                    "brain.not_started",
                    error=str(error),
                    remedy="run `make run` once: it makes the environment",
                )
            finally:
                self._port = None
            falls = 0 if time.monotonic() - born > _WELL_SECONDS else falls + 1
            pause = _BACK_OFF_SECONDS[min(falls, len(_BACK_OFF_SECONDS)) - 1] if falls else 0.0
            log.warning("brain.died", again_in_seconds=pause, log=str(self._log_file))
            await asyncio.sleep(pause)

    async def _live(self) -> None:
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        with self._log_file.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=output,
                env=self._environment,
                # Ctrl-C in the terminal is for the gateway, which ends its child itself
                start_new_session=True,
            )
        assert self._process.stdout is not None
        first = await self._process.stdout.readline()
        if first:
            self._port = int(json.loads(first)["port"])
            log.info("brain.listens", port=self._port)
        while await self._process.stdout.readline():
            pass
        await self._process.wait()

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
