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
            try:
                await self._tell(row["id"], row["customer_id"], now)
            except Exception:
                # the others hear of it all the same, and this one is tried again within a second
                log.exception("outage_news.not_told", customer=row["customer_id"])

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

    async def _tell(self, heard_id: int, customer_id: int, now: datetime) -> None:
        async with self._database.write() as tx:
            await threads.lock(tx, customer_id)
            # another gateway may have told it, or an agent begun to talk
            who = await tx.one(select(customer).where(customer.c.id == customer_id))
            for heard in await outages.untold(tx, now, now - _NEWS_FOR, heard_id):
                await outages.mark(tx, heard_id, told_at=now)
                if who is not None and not who["gone"]:
                    where = await conversations.open_for(tx, customer_id)
                    said = self._notices.said(
                        over_text(heard), Language(who["language"]), notice=heard["text"][who["language"]]
                    )
                    await self._speaker.say(tx, who, where["id"], Author.SYSTEM, said)
