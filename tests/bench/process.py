"""For the measurements: what a process has used, as Linux counts it."""

from __future__ import annotations

import re
from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """Of all its threads, to the nanosecond; /proc/PID/stat only knows hundredths of a second."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def resident_megabytes(pid: int) -> float:
    """The memory that it holds now."""
    match = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert match
    return int(match.group(1)) / 1024
