"""How long one customer waits for an answer, from the webhook's call to `sendMessage`, beside bare Rasa."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import chain

from deploy.setup.language import say
from tests.bench.bare import running_rasa
from tests.bench.content import bare_rasa_differs
from tests.bench.jieli import running_jieli
from tests.bench.models import own_model, stock_model
from tests.bench.part import Part
from tests.bench.progress import Counter, tell
from tests.bench.rows import Row
from tests.bench.spread import quartiles
from tests.bench.talk import Side, converse, there_and_back

ROUNDS = 60
WARM_UP = 3  # rounds that do not count
OVER_STOCK, OVER_SAME_MODEL = "reply_median_over_stock", "reply_median_over_same_model"

Seconds = list[list[float]]  # a list for each round


async def prepare() -> None:
    await stock_model()
    await own_model()


async def measure(rounds: int | None) -> list[Row]:
    async with AsyncExitStack() as stack:
        tell(
            "starting Jieli, bare Rasa with its stock pipeline, bare Rasa with ours",
            "启动接力和两个单独的 Rasa",
        )
        jieli = await stack.enter_async_context(running_jieli())
        stock = await stack.enter_async_context(running_rasa("stock", await stock_model()))
        same = await stack.enter_async_context(running_rasa("own", await own_model()))
        tell("conversations of 10 messages, in turn", "轮流进行 10 条消息的对话")
        ours, over_stock, over_same = await _in_turn((jieli, stock, same), rounds or ROUNDS)
    return [
        _row(OVER_STOCK, "rasa run (REST), stock pipeline", ours, over_stock),
        _row(OVER_SAME_MODEL, "rasa run (REST), same pipeline", ours, over_same),
    ]


async def _in_turn(sides: Sequence[Side], rounds: int) -> list[Seconds]:
    seconds: list[Seconds] = [[] for _ in sides]
    counter = Counter()
    for number in range(1 - WARM_UP, rounds + 1):
        for one in there_and_back(len(sides), number):
            taken = await converse(sides[one])
            if number > 0:
                seconds[one].append(taken)
        counter.show(max(number, 0), rounds)
    return seconds


def _row(name: str, reference: str, ours: Seconds, theirs: Seconds) -> Row:
    ratio = statistics.median(chain(*ours)) / statistics.median(chain(*theirs))
    by_round = [statistics.median(a) / statistics.median(b) for a, b in zip(ours, theirs, strict=True)]
    return Row(name, round(ratio, 3), "ratio", reference, _note(ours, theirs, by_round))


def _note(ours: Seconds, theirs: Seconds, by_round: list[float]) -> str:
    number = sum(map(len, ours))
    english = (
        f"Jieli {_milliseconds(ours)}, reference {_milliseconds(theirs)}; {number} messages each in "
        f"{len(ours)} rounds; ratio by round {quartiles(by_round, 2)}; in brackets the quartiles"
    )
    chinese = (
        f"接力 {_milliseconds(ours)}，参照 {_milliseconds(theirs)}；各 {number} 条消息，{len(ours)} 轮；"
        f"逐轮比值 {quartiles(by_round, 2)}；括号内为四分位数"
    )
    return f"{say(english, chinese)}; {bare_rasa_differs()}"


def _milliseconds(seconds: Seconds) -> str:
    return quartiles([1000 * one for one in chain(*seconds)], 1, " ms")


PART = Part("reply", (OVER_STOCK, OVER_SAME_MODEL), prepare, measure)
