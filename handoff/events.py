"""For the agents' screens: what changes, as it happens, over server-sent events.

An event is a hint of a few bytes; whoever hears it fetches what it shows again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

import structlog
from sse_starlette import ServerSentEvent

from bot.store.bus import REFRESH, Bus, Note, next_note
from bot.store.database import Database
from handoff.accounts import Accounts
from handoff.agents import Me
from handoff.lookups import Lookups, Whereabouts

log = structlog.get_logger()

_HEARD = ("queue", "conversation", "thread", "delivery", "agent", "brain", "outage")
_OUT = "screens"
_ERROR_PAUSE_SECONDS = 1.0


class Events:
    """Reads once what each note is about, however many screens are open on this gateway."""

    def __init__(
        self,
        database: Database,
        lookups: Lookups,
        accounts: Accounts,
        brain_state: Callable[[], str],
        *,
        check_seconds: float,
    ) -> None:
        self._database = database
        self._lookups = lookups
        self._accounts = accounts
        self._brain_state = brain_state
        self._check_seconds = check_seconds
        self._screens = Bus()
        self._reader: asyncio.Task[None] | None = None

    async def stream(self, me: Me) -> AsyncGenerator[ServerSentEvent]:
        """What concerns this agent, until the session ends. While it is open, he or she is here."""
        with self._screens.subscribe(_OUT) as news:
            yield _event("hello", {})
            clock = asyncio.get_running_loop()
            next_check = clock.time() + self._check_seconds
            while True:
                happened = await next_note(news, next_check - clock.time())
                if happened is not None and happened["topic"] == REFRESH:
                    return  # something was missed: who comes back reads everything
                if happened is None or _signs_out(happened, me):
                    next_check = clock.time() + self._check_seconds
                    now = await self._still_here(me)
                    if now is None:
                        return
                    me = now
                if happened is not None and _concerns(happened, me):
                    yield _event(happened["event"], happened["data"])

    async def start(self) -> None:
        """Begins to listen."""
        self._reader = asyncio.create_task(self._read(), name="events")

    async def stop(self) -> None:
        """Ends every stream."""
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        self._screens.publish({"topic": REFRESH})

    async def _read(self) -> None:
        with self._database.bus.subscribe(*_HEARD) as notes:
            while True:
                batch = [await notes.get()]
                while not notes.empty():
                    batch.append(notes.get_nowait())
                if not self._screens.is_heard(_OUT):
                    continue  # nobody looks: a screen that opens reads everything
                try:
                    told = await self._told(batch)
                except Exception:
                    log.exception("events.reading_failed")
                    await asyncio.sleep(_ERROR_PAUSE_SECONDS)
                    told = [{"topic": REFRESH}]
                for one in told:
                    self._screens.publish(one)

    async def _told(self, batch: list[Note]) -> list[Note]:
        """The events of some notes, each once."""
        topics = {note["topic"] for note in batch}
        if REFRESH in topics:
            return [{"topic": REFRESH}]
        told = [_news(topic, {}) for topic in ("queue", "outage") if topic in topics]
        told += await self._of_conversations(batch)
        for agent_id in dict.fromkeys(note["id"] for note in batch if note["topic"] == "agent"):
            for one in await self._lookups.agents(agent_id):
                about = {"id": one.id, "status": one.status, "status_reason": one.status_reason}
                told.append(_news("agent", about))
        return [*told, _news("status", {"brain": self._brain_state()})] if "brain" in topics else told

    async def _of_conversations(self, batch: list[Note]) -> list[Note]:
        moved = {note["id"] for note in batch if note["topic"] == "conversation"}
        spoken = {note["conversation"] for note in batch if note["topic"] in {"thread", "delivery"}}
        if not moved | spoken:
            return []
        found = await self._lookups.whereabouts(moved | spoken)
        # everybody sees that a conversation is taken; what is said in it concerns those who may read it
        return [_news("conversation", _public(one), None if one.id in moved else one) for one in found]

    async def _still_here(self, me: Me) -> Me | None:
        now = await self._accounts.of_session(me.session)
        if now is not None:
            await self._accounts.touch(now, called=False)
        return now


def _news(event: str, data: dict[str, Any], only_for: Whereabouts | None = None) -> Note:
    return {"topic": _OUT, "event": event, "data": data, "only_for": only_for}


def _public(one: Whereabouts) -> dict[str, Any]:
    return {"id": one.id, "epoch": one.epoch, "state": one.state, "last_seq": one.last_seq}


def _concerns(news: Note, me: Me) -> bool:
    where: Whereabouts | None = news["only_for"]
    return where is None or where.concerns(me)


def _signs_out(news: Note, me: Me) -> bool:
    """My account has changed: perhaps this session is over."""
    return bool(news.get("event") == "agent" and news["data"]["id"] == me.id)


def _event(name: str, data: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(data), event=name)
