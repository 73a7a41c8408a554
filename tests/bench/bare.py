"""For the measurements: Rasa by itself: `rasa run` with its REST channel."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench.program import FOLDER, RASA_ENVIRONMENT, listens, program
from tests.bench.wire import Client
from tests.support.gateway import free_port


class BareRasa:
    """A customer's message goes in by POST, and the answer is what comes back."""

    def __init__(self, url: str, pid: int) -> None:
        self.pid = pid
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
async def running_rasa(name: str, model: Path) -> AsyncIterator[BareRasa]:
    """A server with this model, for as long as the block lasts; `name` is in that of its log."""
    port, credentials = free_port(), FOLDER / "credentials.yml"
    credentials.write_text("rest:\n", encoding="utf-8")
    words = ["-m", "rasa", "run", "--model", model, "--credentials", credentials]
    words += ["--interface", "127.0.0.1", "--port", port]
    log = FOLDER / f"rasa-run-{name}.log"
    async with program(words, log, RASA_ENVIRONMENT) as process:
        await listens(process, words, log, port)
        rasa = BareRasa(f"http://127.0.0.1:{port}", process.pid)
        try:
            yield rasa
        finally:
            rasa.close()
