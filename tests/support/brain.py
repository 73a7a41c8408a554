"""For tests that need the brain: one real process with the trained model, started once for the whole run."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-brain" / "bin" / "python"
READY_SECONDS = 90


@dataclass
class Brain:
    """A brain that answers at `url` to whoever knows `token`."""

    url: str
    token: str
    process: subprocess.Popen[str]

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Listens and does not answer for as long as the block lasts."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Ends it the way a gateway does: the end of its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


def start_brain(
    model: Path | None,
    environment: Mapping[str, str],
    *options: str,
    token: str | None = None,
    log: int = subprocess.DEVNULL,
) -> Brain:
    """A brain that is ready; one that gets no model listens and answers 503. `log` takes what it logs."""
    token = token or secrets.token_hex(16)
    command = [str(PYTHON), "-m", "bot.brain", "serve", "--port", "0", *options]
    command += ["--model", str(model)] if model else []
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment, "BRAIN_TOKEN": token},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    assert process.stdout is not None
    port = json.loads(process.stdout.readline())["port"]
    brain = Brain(f"http://127.0.0.1:{port}", token, process)
    if model:
        _wait_until_ready(brain)
    return brain


def _wait_until_ready(brain: Brain) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if httpx.get(f"{brain.url}/health", timeout=5).status_code == 200:
            return
        time.sleep(0.05)
    brain.stop()
    raise TimeoutError(f"the brain was not ready after {READY_SECONDS} s")
