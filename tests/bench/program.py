"""For the measurements: programs of the brain's environment, ended whatever happens."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.gateway import ROOT

PYTHON = ROOT / ".venv-brain" / "bin" / "python"
FOLDER = ROOT / "var" / "bench"  # where the measurements keep their models and logs
RASA_ENVIRONMENT = {
    "PYTHONPATH": str(ROOT),  # where the components of our pipeline are
    "PYTHONWARNINGS": "ignore",
    "RASA_TELEMETRY_ENABLED": "false",
}
_STOP_SECONDS = 10
_TAIL = 3000  # characters of its log that a failed program shows


class ProgramFailed(Exception):
    """A program ended that should have gone on, or ended badly."""

    def __init__(self, words: Sequence[object], log: Path) -> None:
        super().__init__(f"{_said(log)[-_TAIL:]}\n{log}: {' '.join(map(str, words))}")


@asynccontextmanager
async def program(
    words: Sequence[object], log: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Process]:
    """Runs Python with these words for as long as the block lasts; what it says goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            str(PYTHON), *map(str, words),
            cwd=ROOT, env={**os.environ, **(environment or {})}, start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield process
    finally:
        await _end(process)


async def done(words: Sequence[object], log: Path, environment: Mapping[str, str] | None = None) -> str:
    """Runs Python with these words to its end, and gives what it said. Raises ProgramFailed."""
    async with program(words, log, environment) as process:
        if await process.wait() != 0:
            raise ProgramFailed(words, log)
    return _said(log)


async def listens(process: Process, words: Sequence[object], log: Path, port: int) -> None:
    """Waits until the program takes connections on `port`. Raises ProgramFailed when it ends before."""
    while process.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise ProgramFailed(words, log)


def _said(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


async def _end(process: Process) -> None:
    """With all that it started itself."""
    if process.returncode is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
