"""For the router: asks the brain. The only file that knows where brains are and how they speak."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Literal

import httpx
import structlog

from bot.errors import BrainDown, BrainFailed
from bot.messages import Answer, Choice, Likely, Said

log = structlog.get_logger()

Health = Literal["ready", "starting", "down"]

# Shorter than the inbox's lease.
_FIRST_SECONDS = 8.0
_RETRY_SECONDS = 0.2


class Dialogue:
    """A client of one or many brains: any of them serves any message, since the dialogue's state
    travels along.

    `urls` gives the base addresses known now; `budget` is the time in seconds that a customer's message
    may take.
    """

    def __init__(self, urls: Callable[[], Sequence[str]], token: str, budget: float) -> None:
        self._urls = urls
        self._budget = budget
        self._answered = False
        self._turn = 0
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token}"},
            timeout=budget,
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=50),
        )

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
            "model": None,
        }
        # right after the start a brain is still on its way: a moment's patience spares the customer the queue
        budget = self._budget if self._answered else max(self._budget, _FIRST_SECONDS)
        try:
            async with asyncio.timeout(budget):
                answer = _answer(await self._ask_until_one_listens(request))
        except TimeoutError as error:
            raise BrainDown(f"no answer within {budget:g} s") from error
        self._answered = True
        return answer

    async def health(self) -> Health:
        """`ready` when one brain would answer now, `starting` when one listens without a model."""
        seen: Health = "down"
        for url in self._urls():
            try:
                response = await self._client.get(f"{url}/health", timeout=1.0)
            except httpx.HTTPError:
                continue
            if response.status_code == 200:
                return "ready"
            seen = "starting"
        return seen

    async def close(self) -> None:
        """Ends the connections."""
        await self._client.aclose()

    async def _ask_until_one_listens(self, request: dict[str, Any]) -> dict[str, Any]:
        while True:
            try:
                return await self._ask_in_turn(request)
            except BrainDown:
                await asyncio.sleep(_RETRY_SECONDS)

    async def _ask_in_turn(self, request: dict[str, Any]) -> dict[str, Any]:
        """The first answer, each brain asked once. That one failed says more than that others are down."""
        urls = list(self._urls())
        self._turn += 1
        failed: BrainFailed | None = None
        for offset in range(len(urls)):
            try:
                return await self._ask_one(urls[(self._turn + offset) % len(urls)], request)
            except BrainFailed as error:
                log.warning("brain.failed", message=request["message_id"], error=str(error))
                failed = error
            except BrainDown:
                continue
        raise failed or BrainDown("no brain is running")

    async def _ask_one(self, url: str, request: dict[str, Any]) -> dict[str, Any]:
        try:
            response = await self._client.post(f"{url}/ask", json=request)
            body = response.json() if response.content else {}
        except (httpx.HTTPError, ValueError) as error:
            raise BrainDown(repr(error)) from error
        if response.status_code == 503:
            raise BrainDown("no model is loaded")
        if response.status_code != 200 or not isinstance(body, dict):
            raise BrainFailed(f"status {response.status_code}: {str(body)[:300]}")
        return body


def at_rest(state: dict[str, Any] | None) -> dict[str, Any] | None:
    """The state when a person takes over: an open form or question ends, what is known (the slots) stays."""
    kept: dict[str, Any] = {part: state[part] for part in ("v", "slots") if part in state} if state else {}
    return kept if kept.get("slots") else None


def _answer(body: dict[str, Any]) -> Answer:
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
            understood=float(body["intent"]["confidence"]) >= float(body["threshold"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BrainFailed(f"an answer that makes no sense: {error!r}") from error


def _said(one: dict[str, Any]) -> Said:
    choices = tuple(Choice(str(choice["id"]), str(choice["title"])) for choice in one.get("choices") or ())
    return Said(one.get("text") or "", choices, one.get("image"))
