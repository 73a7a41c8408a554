"""For `make lock`: resolves the .in files of deploy/locks/ into lists of exact versions and hashes."""

from __future__ import annotations

from collections.abc import Sequence

from deploy.setup.language import say
from deploy.setup.steps import Steps
from deploy.setup.tools import LOCKS, Tools

# no registry's host and no command line of one machine in what is committed
COMMON = ["--generate-hashes", "--no-emit-index-url", "--no-header", "--python-version", "3.11"]
EVERYWHERE = ["--universal"]
# TensorFlow's releases for other machines do not go together
BRAIN = ["--python-platform", "x86_64-manylinux_2_28", "--override", "brain.override.in"]

LOCKED = {
    "uv": EVERYWHERE,
    "node": EVERYWHERE,
    "gateway": EVERYWHERE,
    "dev": EVERYWHERE,
    "brain": BRAIN,
}


def compile_locks(steps: Steps, tools: Tools, words: Sequence[str]) -> None:
    """Compile every lock; versions stay unless the .in file or `--upgrade` among the words says otherwise."""
    for name, options in LOCKED.items():
        command = [tools.uv, "pip", "compile", "--quiet", *COMMON, *options, *words]
        files = [f"{name}.in", "--output-file", f"{name}.txt"]
        title = say(f"Lock: {name}.txt", f"锁定：{name}.txt")
        steps.run(f"lock-{name}", title, [*command, "--directory", LOCKS, *files])
