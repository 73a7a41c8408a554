"""For customers who asked to be told when an outage is over: one message each, when it is.

Whoever talks with an agent just then hears of it when the agent has left: the bot never talks over a person.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import select

from bot.messages import Author, Language
from bot.notices import Notices
from bot.outage_answers import over_text
from bot.store import conversations, outages, threads
from bot.store.database import Database
from bot.store.tables import customer
from bot.store.threads import Speaker
from bot.store.watch import Watch

log = structlog.get_logger()

# What was over a day ago is no news.
_NEWS_FOR = timedelta(days=1)


class OutageNews:
    """Looks after every note and once a second; the rows say who is to be told, so that any gateway may.

    `changed` is called with each look: a notice may have been pinned, changed or taken back.
    """

    def __init__(
        self, database: Database, speaker: Speaker, notices: Notices, changed: Callable[[], None]
    ) -> None:
        self._database = database
        self._speaker = speaker
        self._notices = notices
        self.changed = changed
        self._watch = Watch("outage news", database.bus, (outages.TOPIC,), self._look)

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
        self._watch.start()

    async def stop(self) -> None:
        """Ends the watch; who is to be told is found again."""
        await self._watch.stop()

    async def _look(self) -> None:
        self.changed()
        await self.tell_all()

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
