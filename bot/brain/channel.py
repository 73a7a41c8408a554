"""For the gateway: the brain's addresses, POST /ask, POST /models and GET /health."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.brain.errors import BrainError, BrainFailed, MalformedQuestion, NotAllowed, QuestionTooLarge
from bot.brain.models import Models
from bot.brain.question import Question

LARGEST = 1024 * 1024  # bytes
LOG = logging.getLogger("brain")


class BrainChannel(InputChannel):
    """Rasa's input channel for the gateway: a question in, an answer out, and errors that say so."""

    def __init__(self, token: str, models: Models) -> None:
        self._token = token.encode()
        self._models = models

    @classmethod
    def name(cls) -> str:
        return "brain"

    def blueprint(self, on_new_message: Callable[[Question], Awaitable[dict[str, Any]]]) -> Blueprint:
        routes = Blueprint(self.name())

        @routes.post("/ask")
        async def ask(request: Request) -> HTTPResponse:
            self._check_token(request)
            question = Question.parse(_json(request))
            answer = await on_new_message(question)
            _log(question, answer)
            return json(answer, ensure_ascii=False)

        @routes.post("/models")
        async def load(request: Request) -> HTTPResponse:
            self._check_token(request)
            await self._models.load(_model_name(_json(request)))
            return json({"models": self._models.names()})

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            names = self._models.names()
            return json({"ready": bool(names), "models": names}, 200 if names else 503)

        return routes

    def _check_token(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), b"Bearer " + self._token):
            raise NotAllowed("the token in BRAIN_TOKEN is missing or wrong")


def answer_errors(app: Sanic) -> None:
    """Every error becomes `{error, message}` with its status; a 500 is logged whole."""

    @app.exception(Exception)
    async def on_error(request: Request, error: Exception) -> HTTPResponse:
        known = _translate(error)
        if known.status >= 500:
            LOG.error("failed", extra={"error": known.code, "path": request.path}, exc_info=error)
        return json({"error": known.code, "message": str(known)}, known.status, ensure_ascii=False)


def _translate(error: Exception) -> BrainError:
    if isinstance(error, BrainError):
        return error
    status = error.status_code if isinstance(error, SanicException) else 500
    if status == QuestionTooLarge.status:
        return QuestionTooLarge(f"a question is {LARGEST} bytes at most")
    known: BrainError = MalformedQuestion(str(error)) if status < 500 else BrainFailed(_sentence(error))
    known.status = status
    return known


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _json(request: Request) -> Any:
    try:
        return request.json
    except SanicException as error:
        raise MalformedQuestion("the request is not JSON") from error


def _model_name(body: Any) -> str:
    if not (isinstance(body, dict) and isinstance(body.get("model"), str)):
        raise MalformedQuestion("model: must be the name of a model")
    return str(body["model"])


def _log(question: Question, answer: dict[str, Any]) -> None:
    LOG.info(
        "answered",
        extra={
            "conversation": question.conversation,
            "message_id": question.message_id,
            "intent": answer["intent"]["name"],
            "confidence": answer["intent"]["confidence"],
            "actions": [action["name"] for action in answer["actions"]],
            "handoff": answer["handoff"],
            "ms": answer["ms"],
        },
    )
