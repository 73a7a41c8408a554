"""For tests that need a browser: how playwright starts the Chromium that the tests' set-up unpacked."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TypedDict

UNPACKED = Path(__file__).parents[2] / "build" / "browser"

# containers and root have no sandbox; the rest keeps Chromium from calling home on a closed network
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


NAMES = ("chromium", "chromium-browser", "google-chrome")


class LaunchOptions(TypedDict):
    executable_path: str
    args: list[str]
    env: dict[str, str | float | bool]


def launch_options() -> LaunchOptions:
    """What to give `playwright.chromium.launch(**launch_options())`; `JIELI_CHROMIUM` names another browser.

    Raises RuntimeError, with what to do, where there is no Chromium.
    """
    wanted = os.environ.get("JIELI_CHROMIUM")
    unpacked = UNPACKED / "chromium"
    if not wanted and unpacked.exists():
        return {"executable_path": str(unpacked), "args": ARGUMENTS, "env": _unpacked_environment()}
    found = wanted or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        raise RuntimeError("no Chromium: run `make test` once, or name one in JIELI_CHROMIUM")
    return {"executable_path": found, "args": ARGUMENTS, "env": dict(os.environ)}


def _unpacked_environment() -> dict[str, str | float | bool]:
    """The package brings the libraries (NSS) and the font that a bare machine lacks."""
    known = os.environ.get("LD_LIBRARY_PATH")
    libraries = os.pathsep.join([str(UNPACKED / "al2023" / "lib"), *([known] if known else [])])
    return {**os.environ, "LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": str(UNPACKED / "fonts.conf")}
