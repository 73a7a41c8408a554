"""For the measurements: Rasa by itself: its models of our content, and `rasa run` with the REST channel."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.bench.content import copy_for_bare_rasa, stock_hash
from tests.bench.program import done, listens, program
from tests.bench.progress import tell
from tests.bench.wire import Client
from tests.support.gateway import ROOT, free_port

FOLDER = ROOT / "var" / "bench"
ENVIRONMENT = {
    "PYTHONPATH": str(ROOT),  # where our pipeline's components are
    "PYTHONWARNINGS": "ignore",
    "RASA_TELEMETRY_ENABLED": "false",
}


class BareRasa:
    """`rasa run`: a customer's message goes in by POST, and the answer is what comes back."""

    def __init__(self, url: str) -> None:
        self._client = Client(url)

    async def ask(self, customer: int, text: str) -> tuple[float, str]:
        """Seconds until the answer has come, and its text."""
        body = json.dumps({"sender": f"c-{customer}", "message": text}, ensure_ascii=False).encode()
        start = time.perf_counter()
        answer = await self._client.post("/webhooks/rest/webhook", body, {})
        seconds = time.perf_counter() - start
        return seconds, "\n".join(message.get("text", "") for message in json.loads(answer))

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()


@asynccontextmanager
async def running_rasa(model: Path) -> AsyncIterator[BareRasa]:
    """A server with this model, for as long as the block lasts."""
    port, credentials = free_port(), FOLDER / "credentials.yml"
    credentials.write_text("rest:\n", encoding="utf-8")
    words = ["-m", "rasa", "run", "--model", model, "--credentials", credentials]
    words += ["--interface", "127.0.0.1", "--port", port]
    log = FOLDER / f"run-{model.name.removesuffix('.tar.gz')}.log"
    async with program(words, log, ENVIRONMENT) as process:
        await listens(process, words, log, port)
        rasa = BareRasa(f"http://127.0.0.1:{port}")
        try:
            yield rasa
        finally:
            rasa.close()


async def stock_model() -> Path:
    """The model that Rasa's stock pipeline makes of our content: trained once, in minutes."""
    with _workshop() as content:
        copy_for_bare_rasa(content)
        model = FOLDER / f"stock-{stock_hash(content)}.tar.gz"
        if not model.exists():
            tell(
                "training Rasa's stock pipeline: minutes, but only when intents/ has changed",
                "训练 Rasa 默认流水线：需要几分钟，仅在 intents/ 改动后进行",
            )
            await _train_stock(content)
            (content / "stock.tar.gz").rename(model)
    return model


async def own_model() -> Path:
    """The model that our own pipeline makes of the same content."""
    with _workshop() as content:
        copy_for_bare_rasa(content)
        words = ["-m", "bot.brain", "train", "--content", content, "--out", FOLDER]
        said = await done(words, FOLDER / "own-training.log")
    return Path([line for line in said.splitlines() if line.endswith(".tar.gz")][-1])


async def _train_stock(content: Path) -> None:
    # unvalidated: the validation takes a form's count of attempts for an error
    words = ["-m", "rasa", "train", "--skip-validation", "--config", content / "stock.yml"]
    words += ["--domain", content / "stories" / "domain"]
    words += ["--data", content / "intents" / "zh", content / "intents" / "en", content / "stories" / "flows"]
    words += ["--out", content, "--fixed-model-name", "stock"]
    # kept, so that Rasa learns anew only what has changed
    cache = {"RASA_CACHE_DIRECTORY": str(FOLDER / "cache")}
    await done(words, FOLDER / "stock-training.log", ENVIRONMENT | cache)


@contextmanager
def _workshop() -> Iterator[Path]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="training-") as name:
        yield Path(name)
