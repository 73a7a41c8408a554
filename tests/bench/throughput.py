"""How many messages a second are answered when 32 customers write at once, beside bare Rasa."""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from deploy.setup.language import say
from tests.bench.bare import running_rasa
from tests.bench.content import CONVERSATION, bare_rasa_differs
from tests.bench.jieli import running_jieli
from tests.bench.models import stock_model
from tests.bench.part import Part
from tests.bench.progress import Counter, tell
from tests.bench.rows import Row
from tests.bench.spread import quartiles
from tests.bench.talk import Side, converse, there_and_back

CUSTOMERS = 32
ROUNDS = 6
WARM_UP = 1  # rounds that do not count
MESSAGES = CUSTOMERS * len(CONVERSATION)
OVER_STOCK = "throughput_over_stock"


@dataclass
class Load:
    """One entry a round: messages a second, and the load client's own milliseconds of CPU for a message."""

    throughput: list[float] = field(default_factory=list)
    client: list[float] = field(default_factory=list)


async def measure(rounds: int | None) -> list[Row]:
    async with AsyncExitStack() as stack:
        tell("starting Jieli, and bare Rasa with its stock pipeline", "启动接力和使用默认流水线的 Rasa")
        jieli = await stack.enter_async_context(running_jieli())
        stock = await stack.enter_async_context(running_rasa("stock", await stock_model()))
        tell(f"{CUSTOMERS} customers at once, in turn", f"{CUSTOMERS} 位客户同时对话，轮流进行")
        ours, theirs = await _in_turn(jieli, stock, rounds or ROUNDS)
    ratio = statistics.median(ours.throughput) / statistics.median(theirs.throughput)
    return [Row(OVER_STOCK, round(ratio, 3), "ratio", "rasa run (REST), stock pipeline", _note(ours, theirs))]


async def _in_turn(jieli: Side, stock: Side, rounds: int) -> tuple[Load, Load]:
    sides, counter = ((jieli, ours := Load()), (stock, theirs := Load())), Counter()
    for number in range(1 - WARM_UP, rounds + 1):
        for one in there_and_back(2, number):
            side, load = sides[one]
            await _rush(side, load if number > 0 else Load())
        counter.show(max(number, 0), rounds)
    return ours, theirs


async def _rush(side: Side, load: Load) -> None:
    wall, own = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as customers:
        for _ in range(CUSTOMERS):
            customers.create_task(converse(side))
    load.throughput.append(MESSAGES / (time.perf_counter() - wall))
    load.client.append(1000 * (time.process_time() - own) / MESSAGES)


def _note(ours: Load, theirs: Load) -> str:
    rounds = len(ours.throughput)
    by_round = quartiles([a / b for a, b in zip(ours.throughput, theirs.throughput, strict=True)], 2)
    a, b = quartiles(ours.throughput, 1), quartiles(theirs.throughput, 1)
    client = f"{statistics.median(ours.client):.2f} / {statistics.median(theirs.client):.2f} ms"
    english = (
        f"Jieli {a}, reference {b} messages/s; {rounds} rounds of {MESSAGES} messages each; ratio by round "
        f"{by_round}; in brackets the quartiles; the load client's own CPU {client} a message"
    )
    chinese = (
        f"接力 {a}，参照 {b} 条/秒；各 {rounds} 轮，每轮 {MESSAGES} 条；逐轮比值 {by_round}；"
        f"括号内为四分位数；压测端自身每条消息占用 CPU {client}"
    )
    return f"{say(english, chinese)}; {bare_rasa_differs()}"


PART = Part("throughput", (OVER_STOCK,), stock_model, measure)
