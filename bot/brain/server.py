"""For the gateway: starts the brain, loads its model while it already listens, and ends with its gateway."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rasa.core.processor import MessageProcessor
from sanic import Sanic

from bot.brain import model, turn
from bot.brain.channel import LARGEST, BrainChannel, answer_errors
from bot.brain.errors import NotReady
from bot.brain.question import Question

FINISH = 2.0  # seconds for the questions being answered when the brain has to end
WARM_UP = {"zh": "你好", "en": "hello"}  # the first message of a fresh process takes a second
LOG = logging.getLogger("brain")


def serve(model_path: Path | None, listener: socket.socket, token: str, listening: Callable[[], None]) -> int:
    """Serve until a signal, or until the other end of standard input is gone; returns the exit code.

    `listening` is called as soon as connections are accepted: until the model is loaded, and for ever when
    there is none, they get a 503.
    """
    app = Sanic("brain", configure_logging=False)
    app.config.update(
        REQUEST_MAX_SIZE=LARGEST, KEEP_ALIVE_TIMEOUT=75, GRACEFUL_SHUTDOWN_TIMEOUT=FINISH, MOTD=False
    )
    brain = Brain()
    channel = BrainChannel(token, brain.model_id)
    app.blueprint(channel.blueprint(brain.answer))
    answer_errors(app)

    @app.after_server_start
    async def start(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        _end_with_gateway(lambda: loop.call_soon_threadsafe(app.stop))
        listening()
        if model_path:
            app.add_task(brain.load(model_path, stop=app.stop))

    app.run(sock=listener, access_log=False)
    return 1 if brain.broken else 0


class Brain:
    """Answers once its model is loaded, and says so until then."""

    def __init__(self) -> None:
        self._processor: MessageProcessor | None = None
        self.broken = False

    async def load(self, path: Path, stop: Callable[[], None]) -> None:
        """Load the model and try it; a model that is no good ends the process, so that its keeper knows."""
        try:
            processor = await asyncio.to_thread(model.load, path)
            for language, text in WARM_UP.items():
                await turn.answer(_warm_up_question(text, language), processor)
        except Exception as error:
            self.broken = True
            LOG.exception("model_unusable", extra={"model": str(path), "reason": str(error)})
            stop()
            return
        self._processor = processor
        LOG.info("ready", extra={"model": self.model_id()})

    def model_id(self) -> str | None:
        return model.identity(self._processor) if self._processor else None

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


def _end_with_gateway(stop: Callable[[], object]) -> None:
    """The gateway holds the other end of our standard input: when it is gone, we read the end of it."""
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return  # started by a person or a container

    def wait() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        stop()

    threading.Thread(target=wait, daemon=True).start()
