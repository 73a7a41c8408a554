"""For the router: asks the brain. The only file that knows where brains are and how they speak."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.errors import BrainDown, BrainError, BrainFailed
from bot.messages import Answer, Choice, Likely, Said
from bot.pool import Pool, Replica

log = structlog.get_logger()

Health = Literal["ready", "starting", "down"]
Asked = asyncio.Task[dict[str, Any]]

# Shorter than the inbox's lease.
_FIRST_SECONDS = 8.0
_RETRY_SECONDS = 0.2
# a question takes as long as its budget, which `ask` sees to
_QUESTION = ClientTimeout(sock_connect=1.0)
_HEALTH = ClientTimeout(1.0)
_LOAD = ClientTimeout(120.0)
# No answer, or one that is none.
_SILENT = (ClientError, TimeoutError, ValueError)
# what the brain calls its question which of two things was meant
_ASKS_BACK = "action_clarify"


class Dialogue:
    """A client of one or many brains: any of them serves any message, since the dialogue's state
    travels along.

    `urls` gives the base addresses known now; `budget` is the time in seconds that a customer's message
    may take; `model` is the one that answers, None for whichever a brain holds for the newest.
    """

    def __init__(
        self, urls: Callable[[], Sequence[str]], token: str, budget: float, model: str | None = None
    ) -> None:
        self.model = model
        self._pool = Pool(urls)
        self._budget = budget
        self._answered = False
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._session: ClientSession | None = None

    async def ask(
        self, conversation: int, message: int, text: str, state: dict[str, Any] | None, **metadata: Any
    ) -> Answer:
        """The brain's answer to one message. Asking twice is safe: the state moves only when the
        answer is committed.

        Raises BrainDown when no brain answers within the budget, BrainFailed when one answers with an error.
        """
        request = {
            "conversation": f"c-{conversation}",
            "message_id": f"m-{message}",
            "text": text,
            "metadata": metadata,
            "state": state,
        }
        # right after the start a brain is still on its way: a moment's patience spares the customer the queue
        budget = self._budget if self._answered else max(self._budget, _FIRST_SECONDS)
        deadline = time.monotonic() + budget
        while (body := await self._ask_all(request, deadline)) is None:
            if time.monotonic() + _RETRY_SECONDS > deadline:
                raise BrainDown(f"no answer within {budget:g} s")
            await asyncio.sleep(_RETRY_SECONDS)
        self._answered = True
        return _answer(body)

    async def health(self) -> Health:
        """`ready` when one brain would answer now, `starting` when one listens without a model."""
        seen = await asyncio.gather(*map(self._look_at, self._pool.replicas()))
        return "ready" if "ready" in seen else "starting" if "starting" in seen else "down"

    async def swap(self, model: str) -> None:
        """Every brain loads the model while it goes on answering with the one it has; then all are asked
        for the new one. Raises BrainError when one cannot: all stay with the old one.
        """
        replicas = self._pool.replicas()
        loaded = await asyncio.gather(*(self._load(one, model) for one in replicas))
        if not any(loaded):
            raise BrainDown("no brain could be told to load it")
        self.model = model

    async def close(self) -> None:
        """Ends the connections."""
        if self._session:
            await self._session.close()

    async def _ask_all(self, request: dict[str, Any], deadline: float) -> dict[str, Any] | None:
        """The first answer. A brain that fails is followed by the next at once; one that has not answered in
        half of the time that is left is joined by the next. None when all are down.

        That one failed says more than that others are down: raises BrainFailed.
        """
        waiting, asked = self._pool.best_first(), dict[Asked, Replica]()
        failed: BrainError | None = None
        try:
            while waiting or asked:
                if waiting:
                    self._begin(asked, waiting.pop(0), request)
                done = await _next_of(asked, deadline, alone=not waiting)
                for task in done:
                    error = task.exception()
                    if error is None:
                        return task.result()
                    failed = error if isinstance(error, BrainFailed) else failed
                if not (done or waiting):
                    break
        finally:
            for task in asked:
                task.cancel()
        if failed:
            raise failed
        return None

    def _begin(self, asked: dict[Asked, Replica], replica: Replica, request: dict[str, Any]) -> None:
        self._pool.give(replica)
        task = asyncio.create_task(self._ask_one(replica, request))
        task.add_done_callback(lambda _: replica.give_back())
        asked[task] = replica

    async def _ask_one(self, replica: Replica, request: dict[str, Any]) -> dict[str, Any]:
        # one that was started again meanwhile has the newest model only
        model = self.model if not replica.models or self.model in replica.models else None
        try:
            status, body = await self._call(
                "POST", f"{replica.url}/ask", _QUESTION, request | {"model": model}
            )
        except _SILENT as error:
            replica.failed()
            raise BrainDown(repr(error)) from error
        if status == 503:
            replica.models = ()
            raise BrainDown("the model is not loaded")
        if status != 200 or not isinstance(body, dict):
            replica.failed()
            said = f"status {status}: {str(body)[:300]}"
            log.warning("brain.failed", url=replica.url, message=request["message_id"], error=said)
            raise BrainFailed(said)
        replica.answered()
        return body

    async def _look_at(self, replica: Replica) -> Health:
        try:
            status, body = await self._call("GET", f"{replica.url}/health", _HEALTH)
            replica.models = tuple(body["models"])
        except (*_SILENT, KeyError, TypeError):
            replica.models = ()
            return "down"
        return "ready" if status == 200 else "starting"

    async def _load(self, replica: Replica, model: str) -> bool:
        """Whether the brain has it now. One that does not answer is on its way up, with the newest model."""
        try:
            status, body = await self._call("POST", f"{replica.url}/models", _LOAD, {"model": model})
        except _SILENT:
            return False
        if status != 200:
            raise BrainFailed(f"{replica.url}: {body.get('message')}")
        replica.models = tuple(body["models"])
        return True

    async def _call(
        self, method: str, url: str, timeout: ClientTimeout, body: dict[str, Any] | None = None
    ) -> tuple[int, Any]:
        """Status and JSON of the answer. Raises what is in _SILENT."""
        if self._session is None:
            self._session = ClientSession(headers=self._headers)
        data = None if body is None else json.dumps(body).encode()
        async with self._session.request(method, url, data=data, timeout=timeout) as response:
            content = await response.read()
            return response.status, json.loads(content) if content else {}


async def _next_of(asked: dict[Asked, Replica], deadline: float, *, alone: bool) -> set[Asked]:
    """What is done next, taken out of `asked`; nothing when patience is at its end."""
    left = max(0.0, deadline - time.monotonic())
    patience = left if alone else left / 2
    done, late = await asyncio.wait(asked, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        del asked[task]
    if not done:
        for task in late:
            asked[task].failed()
    return done


def at_rest(state: dict[str, Any] | None) -> dict[str, Any] | None:
    """The state when a person takes over: an open form or question ends, what is known (the slots) stays."""
    kept: dict[str, Any] = {part: state[part] for part in ("v", "slots") if part in state} if state else {}
    return kept if kept.get("slots") else None


def in_form(state: dict[str, Any] | None) -> bool:
    """Whether the customer is in the middle of a form, as the state's events tell."""
    forms = [code[1] for code in (state or {}).get("events", ()) if code[0] == "form"]
    return bool(forms and forms[-1])


def _answer(body: dict[str, Any]) -> Answer:
    intent = body.get("intent")
    try:
        return Answer(
            messages=tuple(_said(one) for one in body["messages"]),
            state=body["state"],
            ranking=tuple(Likely(one["name"], float(one["confidence"])) for one in body["ranking"]),
            threshold=float(body["threshold"]),
            slots=body["slots"],
            actions=tuple(body["actions"]),
            handoff=(body["handoff"] or {}).get("reason"),
            model=str(body["model"]),
            milliseconds=float(body["ms"]),
            asked_back=any(action["name"] == _ASKS_BACK for action in body["actions"]),
            intent=Likely(intent["name"], float(intent["confidence"])) if intent else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BrainFailed(f"an answer that makes no sense: {error!r}") from error


def _said(one: dict[str, Any]) -> Said:
    choices = tuple(Choice(str(choice["id"]), str(choice["title"])) for choice in one.get("choices") or ())
    return Said(one.get("text") or "", choices, one.get("image"))
