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
from bot.brain.errors import BrainError
from bot.brain.models import Models
from bot.brain.question import Question

FINISH = 2.0  # seconds for the questions being answered when the brain has to end
LOG = logging.getLogger("brain")


async def serve(
    model_path: Path | None,
    kept: float,
    listener: socket.socket,
    token: str,
    tell: Callable[[dict[str, Any]], None],
) -> int:
    """Serve until a signal, or until the other end of standard input is gone; returns the exit code.

    `kept` is for how many seconds an older model is kept that nobody asks for.
    `tell` is given the port as soon as connections are accepted (until the model is loaded, and for ever when
    there is none, they get a 503), and at the end why the model is unusable, if it is.
    """
    end = asyncio.Event()
    brain = Brain(Models(model_path.parent if model_path else None, kept))
    server = await _app(brain, token).create_server(
        sock=listener, return_asyncio_server=True, access_log=False
    )
    await server.startup()
    _end_on_signal_or_with_gateway(end)
    tell({"port": listener.getsockname()[1]})
    loading = asyncio.create_task(brain.begin(model.name_of(model_path), end)) if model_path else None
    await end.wait()
    await _finish(server)
    if loading:
        loading.cancel()
    if brain.unusable:
        tell({"unusable": brain.unusable})
    return 1 if brain.unusable else 0


def _app(brain: Brain, token: str) -> Sanic:
    app = Sanic("brain", configure_logging=False)
    app.config.update(REQUEST_MAX_SIZE=LARGEST, KEEP_ALIVE_TIMEOUT=75, MOTD=False)
    app.blueprint(BrainChannel(token, brain.models).blueprint(brain.answer))
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
    """Answers once a model is loaded, and says so until then."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.unusable: str | None = None

    async def begin(self, name: str, end: asyncio.Event) -> None:
        """Load the first model; one that is no good ends the process, so that its keeper knows."""
        try:
            await self.models.load(name)
        except BrainError as error:
            self.unusable = str(error)
            LOG.exception("model_unusable", extra={"model": name, "reason": str(error)})
            end.set()

    async def answer(self, question: Question) -> dict[str, Any]:
        return await turn.answer(question, self.models.find(question.model))


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
