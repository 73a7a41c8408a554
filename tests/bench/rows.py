"""For whoever reads var/bench.json: what was measured, a row for each name."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_SHOWN = ("name", "value", "unit", "reference")


@dataclass(frozen=True, slots=True)
class Row:
    """`reference`: what the value is measured against; `note`: the absolute figures, how many, how spread."""

    name: str
    value: float
    unit: str
    reference: str
    note: str


def read(file: Path) -> list[Row]:
    """The rows of the file."""
    return [Row(**row) for row in json.loads(file.read_text(encoding="utf-8"))]


def merge(file: Path, rows: Sequence[Row], measured: Collection[str]) -> list[Row]:
    """Puts `rows` into the file in place of those named in `measured`, and gives all there are now."""
    merged = [row for row in (read(file) if file.exists() else []) if row.name not in measured] + list(rows)
    merged.sort(key=lambda row: row.name)
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(row) for row in merged], ensure_ascii=False, indent=2)
    file.write_text(text + "\n", encoding="utf-8")
    return merged


def table(rows: Sequence[Row]) -> str:
    """The rows with their columns one below the other, each note on a line of its own."""
    cells = [_SHOWN, *([str(getattr(row, column)) for column in _SHOWN] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    head, *lines = ["  ".join(map(_padded, line, widths)).rstrip() for line in cells]
    notes = [f"    {row.note}" for row in rows]
    return "\n".join([head, *(f"{line}\n{note}" for line, note in zip(lines, notes, strict=True))])


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """On a terminal, where a Chinese character takes two places."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
