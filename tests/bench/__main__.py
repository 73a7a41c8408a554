"""For `make bench`: `python -m tests.bench [--only WORD] [--rounds N]` measures into var/bench.json."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Sequence

import uvloop

from deploy.setup.language import say
from tests.bench import brain, reply, throughput, understanding
from tests.bench.part import Part
from tests.bench.progress import tell
from tests.bench.rows import merge, read, table
from tests.support.gateway import ROOT

PARTS = (brain.PART, reply.PART, throughput.PART, understanding.PART)
FILE = ROOT / "var" / "bench.json"
CORES = 2
LIMIT_SECONDS = 600


def main() -> int:
    options = _options()
    parts = chosen(PARTS, options.only)
    if not parts:
        print(
            say(f"Nothing here is called {options.only}.", f"没有名为 {options.only} 的测量。"),
            file=sys.stderr,
        )
        return 2
    # servers and load client alike
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(_measure(parts, options.rounds))
        except (KeyboardInterrupt, asyncio.CancelledError):
            return 130


def chosen(parts: Sequence[Part], word: str) -> list[Part]:
    """The parts in whose name, or in a name of whose rows, the word is."""
    return [part for part in parts if any(word in name for name in (part.name, *part.produces))]


async def _measure(parts: Sequence[Part], rounds: int | None) -> int:
    _end_tidily_on_sigterm()
    failed = [part.name for part in parts if not await _succeeds(part, rounds)]
    if FILE.exists():
        print(f"\n{table(read(FILE))}\n\n{FILE}")
    if failed:
        print(say(f"Failed: {', '.join(failed)}", f"失败：{', '.join(failed)}"), file=sys.stderr)
    return 1 if failed else 0


async def _succeeds(part: Part, rounds: int | None) -> bool:
    tell(f"part: {part.name}", f"部分：{part.name}")
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            await part.prepare()
        async with asyncio.timeout(LIMIT_SECONDS):
            rows = await part.measure(rounds)
    except Exception:  # noqa: BLE001 - the other parts can still be measured
        traceback.print_exc()
        rows = []
    # what was measured before is not kept either: it is not what there is now
    merge(FILE, rows, part.produces)
    return bool(rows)


def _end_tidily_on_sigterm() -> None:
    """As on Ctrl-C: everything that was started is ended."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--only", metavar="WORD", default="", help="only parts or rows with this in their name"
    )
    parser.add_argument("--rounds", type=_rounds, help="instead of as many as the result needs: for a trial")
    return parser.parse_args()


def _rounds(text: str) -> int:
    if (number := int(text)) < 2:
        raise argparse.ArgumentTypeError("at least 2, for the spread")
    return number


if __name__ == "__main__":
    sys.exit(main())
