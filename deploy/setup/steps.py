"""For whoever waits for the set-up: runs steps side by side, with a line for each, and explains failures."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from deploy.setup.language import say

TAIL = 20  # lines of a failed step's log that are shown
TO_MEND = (
    "to mend before training:",
    "训练前需要改正：",
)  # how the brain begins a list of trainers' mistakes
CLEAR_LINE = "\r\033[K"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class StepFailed(Exception):
    """A step's program ended badly; `code` is its exit code, `log` the file with all it said."""

    title: str
    command: str
    code: int
    log: Path

    @property
    def output(self) -> str:
        return COLOURS.sub("", self.log.read_text(errors="replace")).rstrip()


class Stopped(Exception):
    """Another step failed, or the person pressed Ctrl-C, and this one was ended."""


class Steps:
    """Runs programs in `root`, each with one line on the terminal and a log of its own in `logs`."""

    def __init__(self, root: Path, logs: Path) -> None:
        self._root, self._logs = root, logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._stopping = False
        self._started = time.monotonic()

    def side_by_side(self, *branches: Callable[[], None]) -> None:
        """Run the branches at once; the first failure ends the others and is raised."""
        with ThreadPoolExecutor(len(branches)) as pool:
            futures = [pool.submit(branch) for branch in branches]
            try:
                while True:
                    done, unfinished = wait(futures, timeout=0.5, return_when=FIRST_EXCEPTION)
                    if not unfinished or any(future.exception() for future in done):
                        break
                    self._show_running()
            finally:
                self._stop()
        failures = [error for error in (future.exception() for future in futures) if error]
        if failures:
            raise min(failures, key=lambda error: isinstance(error, Stopped))

    def run(
        self, name: str, title: str, command: Sequence[object], env: Mapping[str, str] | None = None
    ) -> str:
        """Run one program as a step and return what it printed; `name` names its log. Raises StepFailed."""
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{name}.log"
        words = [str(word) for word in command]
        started = time.monotonic()
        with log.open("wb") as output:
            code = self._start(title, words, output.fileno(), env or {}).wait()
        with self._lock:
            del self._running[title]
            if self._stopping:
                raise Stopped
            clear = CLEAR_LINE if sys.stdout.isatty() else ""
            print(f"{clear}  {'✗' if code else '✓'} {time.monotonic() - started:5.1f} s  {title}", flush=True)
        if code:
            raise StepFailed(title, " ".join(words), code, log)
        return log.read_text(errors="replace")

    def _start(
        self, title: str, words: list[str], output: int, env: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopping:
                raise Stopped
            self._running[title] = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._root,
                env={**os.environ, **env},
                start_new_session=True,  # so that ending a step ends whatever it started, too
            )
            return self._running[title]

    def _stop(self) -> None:
        with self._lock:
            self._stopping = bool(self._running)
            for process in self._running.values():
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGTERM)

    def _show_running(self) -> None:
        with self._lock:
            if sys.stdout.isatty():
                seconds = time.monotonic() - self._started
                print(f"{CLEAR_LINE}  … {seconds:5.0f} s  {', '.join(self._running)}", end="", flush=True)


def explain(failure: StepFailed) -> str:
    """The end of the log (all of it when trainers have something to mend), the likely cause, the remedy."""
    cause, remedy = _cause_and_remedy(failure)
    lines = failure.output.splitlines()
    shown = lines if any(sign in failure.output.lower() for sign in TO_MEND) else lines[-TAIL:]
    tail = "\n".join(f"    {line}" for line in shown)
    return (
        f"\n{tail}\n\n"
        f"{say('Failed: ', '失败：')}{failure.title}\n"
        f"{say('Cause:  ', '原因：')}{cause}\n"
        f"{say('Remedy: ', '办法：')}{remedy}\n"
        f"{say('Log:    ', '日志：')}{failure.log}"
    )


def _cause_and_remedy(failure: StepFailed) -> tuple[str, str]:
    output = failure.output.lower()
    for signs, cause, remedy in _known_failures():
        if any(sign in output for sign in signs):
            return cause, remedy
    ended = say("ended with code", "结束，代码")
    return f"`{failure.command}` {ended} {failure.code}", say(
        "read the lines above, put it right and run the same command again; what is finished stays.",
        "请看上面几行，解决后重新运行同一条命令；已经完成的步骤会保留。",
    )


def _known_failures() -> list[tuple[tuple[str, ...], str, str]]:
    """(what the log says in lower case, cause, remedy), the surest first."""
    return [
        (
            TO_MEND,
            say(
                "intents/ or stories/ cannot be trained on as they are.",
                "intents/ 或 stories/ 里有写错的地方，没法训练。",
            ),
            say(
                "mend the lines named above (file:line), then run the same command again.",
                "请按上面的「文件:行号」逐条改正，然后重新运行同一条命令。",
            ),
        ),
        (
            ("no space left on device", "enospc", "disk quota exceeded"),
            say("the disk is full.", "磁盘已满。"),
            say("free about 4 GB and run the same command again.", "请腾出约 4 GB 空间，再运行同一条命令。"),
        ),
        (
            ("hash mismatch",),
            say("a package is not the one the lock names.", "下载到的软件包与锁定文件不符。"),
            say(
                "run it again; if it stays so, the mirror or proxy in use serves altered packages.",
                "请重试；如果仍然如此，说明所用的镜像或代理提供了被改动过的软件包。",
            ),
        ),
        (
            ("python-build-standalone", "no interpreter found"),
            say(
                "the brain needs Python 3.11; there is none here, and it could not be fetched.",
                "大脑需要 Python 3.11；本机没有，也没能下载到。",
            ),
            say(
                "install Python 3.11 or name a mirror in UV_PYTHON_INSTALL_MIRROR, then run it again.",
                "请安装 Python 3.11，或用 UV_PYTHON_INSTALL_MIRROR 指定镜像，再运行同一条命令。",
            ),
        ),
        (
            ("dns error", "failed to fetch", "enotfound", "etimedout", "econnrefused", "connection refused",
             "network is unreachable", "error sending request", "temporary failure in name resolution"),
            say("a package registry could not be reached.", "连接不上软件包仓库。"),
            say(
                "check the network or proxy (HTTPS_PROXY), or name a mirror: UV_DEFAULT_INDEX for Python, "
                "`npm config set registry` for npm. Then run the same command again; what is finished stays.",
                "请检查网络或代理（HTTPS_PROXY），也可以指定镜像：Python 用 UV_DEFAULT_INDEX，npm 用 "
                "`npm config set registry`。然后重新运行同一条命令；已经完成的步骤会保留。",
            ),
        ),
    ]  # fmt: skip
