"""For tests that need a whole gateway: a real process on a free port, stopped, killed and started again
at will.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
ADMIN_PASSWORD = "correct horse battery staple"
START_SECONDS = 60


class Gateway:
    """One gateway process; its data folder and database outlive it.

    `{url}` in a setting stands for the gateway's own address.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "gateway.log"
        self.output: list[str] = []
        self._environment = {
            **_bare_environment(),
            "JIELI_PORT": str(self.port),
            "JIELI_DATA": str(folder),
            "JIELI_ADMIN_PASSWORD": ADMIN_PASSWORD,
            **{name: value.replace("{url}", self.url) for name, value in environment.items()},
        }
        self.process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts it and waits until it says where it listens."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run",
                cwd=ROOT, env=self._environment, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        listening = asyncio.Event()
        self._reading = asyncio.create_task(self._read(self.process, listening))
        await asyncio.wait_for(listening.wait(), START_SECONDS)
        if self.process.returncode is not None or "/chat/" not in "".join(self.output):
            raise RuntimeError(f"the gateway did not start:\n{self.log.read_text()[-3000:]}")

    async def stop(self) -> None:
        """Asks it to end, as Ctrl-C does."""
        await self._end(signal.SIGINT)

    async def kill(self) -> None:
        """kill -9: nothing is tidied up."""
        await self._end(signal.SIGKILL)

    async def answers(self, timeout: float = START_SECONDS) -> None:
        """Waits until a customer would get an answer."""
        async with asyncio.timeout(timeout), httpx.AsyncClient() as client:
            while (await client.get(f"{self.url}/readyz")).status_code != 200:
                await asyncio.sleep(0.05)

    async def logs(self, event: str, timeout: float = START_SECONDS) -> None:
        """Waits until the log has this event."""
        async with asyncio.timeout(timeout):
            while event not in self.log.read_text():
                await asyncio.sleep(0.05)

    def family(self) -> list[int]:
        """The process ids of the gateway and of the brain that it started."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        brains = [int(pid) for pid in children if b"bot.brain" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        return [self.process.pid, *brains]

    def kill_brain(self) -> None:
        """kill -9 of the brain that this gateway started."""
        os.kill(self.family()[1], signal.SIGKILL)

    async def _end(self, how: signal.Signals) -> None:
        if self.process is None or self._reading is None:
            return
        if self.process.returncode is None:
            self.process.send_signal(how)
        await asyncio.wait_for(self.process.wait(), 20)
        await self._reading

    async def _read(self, process: asyncio.subprocess.Process, listening: asyncio.Event) -> None:
        assert process.stdout is not None
        self.output = []
        async for line in process.stdout:
            self.output.append(line.decode())
            if b"Ctrl-C" in line:
                listening.set()
        listening.set()


@contextlib.asynccontextmanager
async def running_gateway(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Gateway]:
    """A gateway that runs for as long as the block lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    gateway = Gateway(folder, environment)
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()


def migrate(url: str) -> None:
    """Makes the tables of a PostgreSQL database, by the command that an operator uses."""
    import subprocess

    environment = {**_bare_environment(), "DATABASE_URL": url}
    command = [sys.executable, "-m", "bot", "migrate"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked about does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def free_port() -> int:
    """A port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _bare_environment() -> dict[str, str]:
    ours = ("JIELI_", "BRAIN_", "TELEGRAM_", "WECHAT_", "BUSINESS_", "DATABASE_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
