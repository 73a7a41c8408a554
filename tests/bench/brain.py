"""The brain alone: CPU for a message and how that grows, training, start, memory, a swap of models."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from deploy.setup.language import say
from tests.bench.bare import running_rasa
from tests.bench.content import CONVERSATION, LANGUAGE, bare_rasa_differs, check
from tests.bench.models import stock_model, trained_model
from tests.bench.part import Part
from tests.bench.process import cpu_seconds, resident_megabytes
from tests.bench.program import FOLDER, done, program
from tests.bench.progress import Counter, tell
from tests.bench.rows import Row
from tests.bench.spread import quartiles
from tests.bench.talk import Side, there_and_back
from tests.bench.wire import Client
from tests.support.gateway import ROOT, free_port

ROUNDS = 5
WARM_UP = 1  # rounds that do not count
TENS = 15  # tens of messages in one conversation
TALKERS = 4  # customers who write without a pause while the models are swapped
CPU, GROWTH, SWAP = "brain_cpu_ms", "brain_growth_150_over_10", "brain_swap_worst_ms"
TRAIN, READY, RSS = "brain_train_s", "brain_ready_s", "brain_rss_mb"


@dataclass
class BrainAlone:
    """A brain, asked as the gateway asks it: the state that it gave goes along with the next message."""

    url: str
    token: str
    pid: int
    ready_seconds: float
    model: str | None = None

    def __post_init__(self) -> None:
        self._client, self._states = Client(self.url), dict[int, Any]()

    async def ask(self, customer: int, text: str) -> tuple[float, str]:
        """Seconds until the answer has come, and its text."""
        question = {
            "conversation": f"c-{customer}",
            "message_id": secrets.token_hex(8),
            "text": text,
            "metadata": {"channel": "web", "language": LANGUAGE, "choice": None},
            "state": self._states.get(customer),
            "model": self.model,
        }
        start = time.perf_counter()
        answer = await self.post("/ask", question)
        self._states[customer] = answer["state"]
        return time.perf_counter() - start, "\n".join(message["text"] for message in answer["messages"])

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        content = json.dumps(body, ensure_ascii=False).encode()
        return json.loads(await self._client.post(path, content, {"Authorization": f"Bearer {self.token}"}))

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()


async def measure(rounds: int | None) -> list[Row]:
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="brain-") as name:
        models = Path(name)
        tell("training the model of the content", "训练内容的模型")
        train_seconds, model = await _train(models)
        rows = [Row(TRAIN, round(train_seconds, 1), "s", "", _once())]
        tell("starting the brain, and bare Rasa with its stock pipeline", "启动机器人和使用默认流水线的 Rasa")
        async with AsyncExitStack() as stack:
            brain = await stack.enter_async_context(running_brain(model))
            rows += _start_rows(brain)
            stock = await stack.enter_async_context(running_rasa("stock", await stock_model()))
            tell(f"conversations of {10 * TENS} messages, in turn", f"轮流进行 {10 * TENS} 条消息的对话")
            sides = ((brain, brain.pid), (stock, stock.pid))
            rows += _cpu_rows(await _in_turn(sides, rounds or ROUNDS))
        async with running_brain(model) as brain:
            tell("swapping models while customers write", "客户发消息时更换模型")
            rows.append(await _swap_row(brain, model, rounds or ROUNDS))
    return rows


@asynccontextmanager
async def running_brain(model: Path) -> AsyncIterator[BrainAlone]:
    """A brain that is ready, for as long as the block lasts."""
    port, token = free_port(), secrets.token_hex(8)
    words = ["-m", "bot.brain", "serve", "--model", model, "--port", port]
    environment = {"BRAIN_TOKEN": token, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    start = time.perf_counter()
    async with program(words, FOLDER / "brain.log", environment) as process, httpx.AsyncClient() as http:
        while not await _is_ready(http, port):
            await asyncio.sleep(0.02)
        seconds = time.perf_counter() - start
        brain = BrainAlone(f"http://127.0.0.1:{port}", token, process.pid, seconds)
        try:
            yield brain
        finally:
            brain.close()


async def _is_ready(http: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await http.get(f"http://127.0.0.1:{port}/health")).status_code == 200
    except httpx.TransportError:
        return False


async def _train(folder: Path) -> tuple[float, Path]:
    start = time.perf_counter()
    said = await done(
        ["-m", "bot.brain", "train", "--content", ROOT, "--out", folder], FOLDER / "training.log"
    )
    seconds = time.perf_counter() - start
    return seconds, trained_model(said)


async def _in_turn(sides: tuple[tuple[Side, int], ...], rounds: int) -> list[list[list[float]]]:
    """For each side and round, the milliseconds of CPU a message in each ten messages of a conversation."""
    seen: list[list[list[float]]] = [[] for _ in sides]
    counter = Counter()
    for number in range(1 - WARM_UP, rounds + 1):
        for one in there_and_back(len(sides), number):
            tens = await _long_conversation(*sides[one], customer=1_000_000 + number)
            if number > 0:
                seen[one].append(tens)
        counter.show(max(number, 0), rounds)
    return seen


async def _long_conversation(side: Side, pid: int, customer: int) -> list[float]:
    tens = []
    for _ in range(TENS):
        before = cpu_seconds(pid)
        for text, response in CONVERSATION:
            _, said = await side.ask(customer, text)
            check(response, said)
        tens.append(1000 * (cpu_seconds(pid) - before) / len(CONVERSATION))
    return tens


def _cpu_rows(seen: list[list[list[float]]]) -> list[Row]:
    (ours, theirs), (our_growth, their_growth) = map(_means, seen), map(_growths, seen)
    a, b, c, d = (quartiles(values, 2) for values in (ours, theirs, our_growth, their_growth))
    note = say(
        f"Jieli {a} ms, reference {b} ms, {len(ours)} conversations of {10 * TENS} messages each",
        f"接力 {a} 毫秒，参照 {b} 毫秒；各 {len(ours)} 段对话，每段 {10 * TENS} 条消息",
    )
    growth = say(
        f"messages 141-150 over 1-10: Jieli {c}, reference {d}",
        f"第 141-150 条与第 1-10 条之比：接力 {c}，参照 {d}",
    )
    reference = "rasa run (REST), stock pipeline"
    return [
        Row(CPU, round(statistics.median(ours), 2), "ms", reference, f"{note}; {bare_rasa_differs()}"),
        Row(GROWTH, round(statistics.median(our_growth), 2), "ratio", reference, growth),
    ]


def _means(conversations: list[list[float]]) -> list[float]:
    return [statistics.mean(tens) for tens in conversations]


def _growths(conversations: list[list[float]]) -> list[float]:
    return [tens[-1] / tens[0] for tens in conversations]


def _start_rows(brain: BrainAlone) -> list[Row]:
    megabytes = round(resident_megabytes(brain.pid))
    return [
        Row(READY, round(brain.ready_seconds, 2), "s", "", _once()),
        Row(RSS, megabytes, "MB", "", say("once ready", "就绪后")),
    ]


async def _swap_row(brain: BrainAlone, model: Path, rounds: int) -> Row:
    """The worst answer of all swaps, and the worst while nothing was swapped, over the same time."""
    calm, swapping, took = list[float](), list[float](), list[float]()
    for number in range(rounds):
        name = f"newer-{number}"
        shutil.copy(model, model.with_name(f"{name}.tar.gz"))
        start = time.perf_counter()
        swapping += await _while_talking(brain, brain.post("/models", {"model": name}))
        took.append(time.perf_counter() - start)
        brain.model = name
        calm += await _while_talking(brain, asyncio.sleep(took[-1]))
    worst, usual = 1000 * max(swapping), 1000 * max(calm)
    middle = 1000 * statistics.median(swapping)
    note = say(
        f"{rounds} swaps of {quartiles(took, 2)} s while {TALKERS} customers write without a pause; "
        f"{len(swapping)} answers meanwhile, median {middle:.1f} ms; worst without a swap {usual:.1f} ms",
        f"{TALKERS} 位客户不停发消息，更换 {rounds} 次，每次 {quartiles(took, 2)} 秒；"
        f"其间 {len(swapping)} 条回答，中位数 {middle:.1f} 毫秒；不更换时最慢 {usual:.1f} 毫秒",
    )
    return Row(SWAP, round(worst, 1), "ms", say("without a swap", "不更换模型"), note)


async def _while_talking(brain: BrainAlone, work: Any) -> list[float]:
    """Seconds of each answer given while the work is being done; each has to be right."""
    over, seconds = asyncio.Event(), list[float]()

    async def talk(customer: int) -> None:
        while not over.is_set():
            for text, response in CONVERSATION:
                taken, said = await brain.ask(customer, text)
                check(response, said)
                seconds.append(taken)

    async with asyncio.TaskGroup() as tasks:
        for customer in range(TALKERS):
            tasks.create_task(talk(customer))
        await work
        over.set()
    return seconds


def _once() -> str:
    return say("measured once", "测量一次")


PART = Part("brain", (CPU, GROWTH, TRAIN, READY, RSS, SWAP), stock_model, measure)
