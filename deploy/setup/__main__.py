"""For the Makefile: `python -m deploy.setup COMMAND [WORDS]`; the words go to the program that does it."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Sequence

from deploy.setup.checks import check_all
from deploy.setup.language import say
from deploy.setup.locks import compile_locks
from deploy.setup.parts import BRAIN, BUILD, GATEWAY, NODE_MODULES, Parts
from deploy.setup.steps import StepFailed, Steps, explain
from deploy.setup.tools import ROOT, CannotSetUp, Tools

steps = Steps(ROOT, BUILD / "log")
tools = Tools(steps)
parts = Parts(steps, tools)


def run(words: Sequence[str]) -> None:
    """Everything that a running system needs, then the system."""
    started = time.monotonic()
    _tell("Getting ready; the first time takes a minute or two.", "正在准备；第一次需要一两分钟。")
    steps.side_by_side(_brain_with_model, parts.gateway, parts.screens)
    seconds = f"{time.monotonic() - started:.1f}"
    _tell(f"Ready after {seconds} s; starting.", f"{seconds} 秒后准备就绪，正在启动。")
    _become("-m", "bot", "run", *words)


def test(words: Sequence[str]) -> None:
    """Everything that the tests need, browser and PostgreSQL included, then the tests."""
    _prepare_development()
    _become("-m", "pytest", *words)


def bench(words: Sequence[str]) -> None:
    """The same, then the measurements."""
    _prepare_development()
    _become("-m", "tests.bench", *words)


def train(_: Sequence[str]) -> None:
    """The model, when intents/ or stories/ have changed."""
    steps.side_by_side(_brain_with_model)


def check(_: Sequence[str]) -> None:
    """Every check, and what the failed ones said."""
    steps.side_by_side(_gateway_for_development, _node_packages_for_development)
    failed = check_all(steps, tools)
    for failure in failed:
        print(f"\n{failure.title}\n{failure.output}")
    if failed:
        sys.exit(1)


def tidy(_: Sequence[str]) -> None:
    """Python, TypeScript and Svelte, laid out as the checks want them."""
    steps.side_by_side(_gateway_for_development, _node_packages_for_development)
    ruff = [GATEWAY / "bin" / "python", "-m", "ruff"]
    steps.run("mend", say("Python: mend", "Python：修正"), [*ruff, "check", "--fix-only", "."])
    steps.run("format", say("Python: lay out", "Python：排版"), [*ruff, "format", "."])
    title = say("Screens: mend, lay out", "界面：修正、排版")
    steps.run("format-screens", title, ["npm", "run", "format"], tools.node_on_path)


def lock(words: Sequence[str]) -> None:
    """The locks, from their .in files."""
    compile_locks(steps, tools, words)


def clean(_: Sequence[str]) -> None:
    """Removes what was made, but for the data in var/."""
    caches = [ROOT / f".{name}_cache" for name in ("mypy", "ruff", "pytest", "import_linter")]
    for folder in (GATEWAY, BRAIN, NODE_MODULES, BUILD, *caches):
        shutil.rmtree(folder, ignore_errors=True)


def _prepare_development() -> None:
    steps.side_by_side(_brain_with_model, _gateway_for_development, _screens_with_browser)
    # the Node in playwright's own package wants a library that a bare machine lacks
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(tools.node)


def _brain_with_model() -> None:
    parts.brain()
    parts.model()


def _gateway_for_development() -> None:
    parts.gateway(development=True)


def _node_packages_for_development() -> None:
    parts.node_packages(development=True)


def _screens_with_browser() -> None:
    parts.node_packages(development=True)
    parts.screens()
    parts.browser()


def _tell(english: str, chinese: str) -> None:
    print(say(english, chinese), flush=True)


def _become(*words: str) -> None:
    """Gives this process over to the gateway's Python, so that Ctrl-C reaches it alone."""
    python = str(GATEWAY / "bin" / "python")
    os.chdir(ROOT)
    os.execv(python, [python, *words])


COMMANDS = {
    "run": run, "test": test, "check": check, "train": train, "bench": bench, "format": tidy, "lock": lock,
    "clean": clean,
}  # fmt: skip


def main() -> None:
    """Runs one command; what stops it is said in the reader's language."""
    try:
        COMMANDS[sys.argv[1]](sys.argv[2:])
    except StepFailed as failure:
        sys.exit(explain(failure))
    except CannotSetUp as lack:
        sys.exit(str(lack))
    except KeyboardInterrupt:
        sys.exit(say("\nStopped; what is finished stays.", "\n已停止；完成的步骤会保留。"))


if __name__ == "__main__":
    main()
