"""For customers who asked to be told when an outage is over: one message each, when it is.

Whoever talks with an agent just then hears of it when the agent has left: the bot never talks over a person.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import select

from bot.conversation import State
from bot.messages import Author, Language
from bot.notices import Notices
from bot.outage_answers import over_text
from bot.store import conversations, outages, threads
from bot.store.bus import next_note
from bot.store.database import Database
from bot.store.tables import customer
from bot.store.threads import Speaker

log = structlog.get_logger()

_SWEEP_SECONDS = 1.0
# What was over a day ago is no news.
_NEWS_FOR = timedelta(days=1)


class OutageNews:
    """Looks after every note and once a second; the rows say who is to be told, so that any gateway may.

    `changed` is called when a notice was pinned, changed or taken back.
    """

    def __init__(
        self, database: Database, speaker: Speaker, notices: Notices, changed: Callable[[], None]
    ) -> None:
        self._database = database
        self._speaker = speaker
        self._notices = notices
        self.changed = changed
        self._worker: asyncio.Task[None] | None = None

    async def tell_all(self) -> None:
        """Tells everybody who is to be told now."""
        now = datetime.now(UTC)
        async with self._database.read() as tx:
            rows = await outages.untold(tx, now, now - _NEWS_FOR)
        for row in rows:
            await self._tell(row["id"], row["customer_id"])

    async def start(self) -> None:
        """Begins to watch."""
        self._worker = asyncio.create_task(self._watch(), name="outage news")

    async def stop(self) -> None:
        """Ends the watch; who is to be told is found again."""
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker

    async def _watch(self) -> None:
        with self._database.bus.subscribe(outages.TOPIC) as notes:
            while True:
                try:
                    await self.tell_all()
                except Exception:
                    # nothing is lost: the rows are still there, and the next round comes within a second
                    log.exception("outage_news.round_failed")
                if await next_note(notes, _SWEEP_SECONDS) is not None:
                    self.changed()

    async def _tell(self, heard_id: int, customer_id: int) -> None:
        async with self._database.write() as tx:
            await threads.lock(tx, customer_id)
            who = await tx.one(select(customer).where(customer.c.id == customer_id))
            heard = next(one for one in await outages.heard_by(tx, customer_id) if one["id"] == heard_id)
            where = await conversations.open_for(tx, customer_id)
            if (
                who is None
                or where["state"] == State.ACTIVE
                or not await outages.take_untold(tx, heard_id, datetime.now(UTC))
            ):
                return
            if not who["gone"]:
                language = Language(who["language"])
                said = self._notices.said(over_text(heard), language, notice=heard["text"][language])
                await self._speaker.say(tx, who, where["id"], Author.SYSTEM, said)
