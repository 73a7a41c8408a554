"""For the gateway: starts the brain, loads its model while it already listens, and ends with its gateway."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sanic import Sanic
from sanic.server import AsyncioServer

from bot.brain import model, turn
from bot.brain.channel import LARGEST, BrainChannel, answer_errors
from bot.brain.errors import NotReady
from bot.brain.question import Question

FINISH = 2.0  # seconds for the questions being answered when the brain has to end
WARM_UP = {"zh": "你好", "en": "hello"}  # the first message of a fresh process takes a second
LOG = logging.getLogger("brain")


async def serve(
    model_path: Path | None, listener: socket.socket, token: str, listening: Callable[[], None]
) -> int:
    """Serve until a signal, or until the other end of standard input is gone; returns the exit code.

    `listening` is called as soon as connections are accepted: until the model is loaded, and for ever when
    there is none, they get a 503.
    """
    end = asyncio.Event()
    brain = Brain()
    server = await _app(brain, token).create_server(
        sock=listener, return_asyncio_server=True, access_log=False
    )
    await server.startup()
    _end_on_signal_or_with_gateway(end)
    listening()
    loading = asyncio.create_task(brain.load(model_path, end)) if model_path else None
    await end.wait()
    await _finish(server)
    if loading:
        loading.cancel()
    return 1 if brain.broken else 0


def _app(brain: Brain, token: str) -> Sanic:
    app = Sanic("brain", configure_logging=False)
    app.config.update(REQUEST_MAX_SIZE=LARGEST, KEEP_ALIVE_TIMEOUT=75, MOTD=False)
    app.blueprint(BrainChannel(token, brain.model_id).blueprint(brain.answer))
    answer_errors(app)
    return app


async def _finish(server: AsyncioServer) -> None:
    """Take nothing new, and give the questions being answered a moment."""
    server.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FINISH):
            while server.connections:
                for connection in list(server.connections):
                    connection.close_if_idle()
                await asyncio.sleep(0.02)


class Brain:
    """Answers once its model is loaded, and says so until then."""

    def __init__(self) -> None:
        self._processor: model.Processor | None = None
        self.broken = False

    async def load(self, path: Path, end: asyncio.Event) -> None:
        """Load the model and try it; a model that is no good ends the process, so that its keeper knows."""
        try:
            processor = await asyncio.to_thread(model.load, path)
            for language, text in WARM_UP.items():
                await turn.answer(_warm_up_question(text, language), processor)
        except Exception as error:
            self.broken = True
            LOG.exception("model_unusable", extra={"model": str(path), "reason": str(error)})
            end.set()
            return
        self._processor = processor
        LOG.info("ready", extra={"model": self.model_id()})

    def model_id(self) -> str | None:
        return self._processor.model_id if self._processor else None

    async def answer(self, question: Question) -> dict[str, Any]:
        loaded = self.model_id()
        if self._processor is None:
            raise NotReady("no model is loaded yet")
        if question.model not in (None, loaded):
            raise NotReady(f"the model {question.model} is asked for, but {loaded} is loaded")
        return await turn.answer(question, self._processor)


def _warm_up_question(text: str, language: str) -> Question:
    return Question.parse(
        {"conversation": "warm-up", "message_id": "warm-up", "text": text, "metadata": {"language": language}}
    )


def _end_on_signal_or_with_gateway(end: asyncio.Event) -> None:
    """The gateway holds the other end of our standard input: when it is gone, we read the end of it."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return  # started by a person or a container

    def wait() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        loop.call_soon_threadsafe(end.set)

    threading.Thread(target=wait, daemon=True).start()
