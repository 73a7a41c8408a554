"""For the set-up: what was made from which files, by their content, so that nothing is made twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

SKIPPED = {"node_modules", "__pycache__"}


def fingerprint(*paths: Path) -> str:
    """One hash for the names and contents of files and of whole folders."""
    digest = hashlib.sha256()
    for path in paths:
        for file in _files(path):
            digest.update(f"\0{file.relative_to(path.parent)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def is_made(stamp: Path, *fingerprints: str) -> bool:
    """Whether all of these went into what the stamp stands for."""
    return stamp.exists() and set(fingerprints) <= set(stamp.read_text().split())


def mark_made(stamp: Path, *fingerprints: str) -> None:
    stamp.write_text("\n".join(fingerprints))


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.name not in SKIPPED:
        for child in sorted(path.iterdir()):
            yield from _files(child)
