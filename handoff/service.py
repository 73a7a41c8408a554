"""For the gateway: the agents' side whole, made of plain parts and mounted as one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from fastapi import FastAPI
from pwdlib import PasswordHash

from bot import http
from bot.notices import Notices
from bot.outages import load_subjects
from bot.settings import Settings
from bot.store.database import Database
from bot.store.threads import Speaker
from handoff.accounts import Accounts
from handoff.api import PREFIX, Parts, make_api
from handoff.desk import Desk
from handoff.events import Events
from handoff.hold import Teller
from handoff.lookups import Lookups
from handoff.outages import Outages
from handoff.queue import Queue
from handoff.team import Team


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Handoff:
    """Queue, desk and the agents' API. `brain_state` gives `ready`, `starting` or `down` without waiting.

    `refused(where, why)` is told of every call that proved the wrong thing. `hasher` is for passwords, argon2
    when none is given. `now` gives the time in UTC.
    """

    def __init__(
        self,
        database: Database,
        speaker: Speaker,
        notices: Notices,
        settings: Settings,
        brain_state: Callable[[], str],
        refused: Callable[[str, str], None] = http.refused,
        *,
        version: str = "0.1.0",
        hasher: PasswordHash | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._database = database
        self._settings = settings
        # of a new installation's admin, to be shown once; None when it was given, or made earlier
        self.first_password: str | None = None
        gone = settings.gone_seconds
        teller = Teller(speaker, notices, gone_seconds=gone, now=now)
        self.accounts = Accounts(database, hasher or PasswordHash.recommended(), gone_seconds=gone, now=now)
        self.queue = Queue(database, teller, offer_seconds=settings.offer_seconds, gone_seconds=gone, now=now)
        self.desk = Desk(database, speaker, teller, self.queue, now=now)
        self.lookups = Lookups(database, gone_seconds=gone, now=now)
        self.events = Events(
            database, self.lookups, self.accounts, brain_state, check_seconds=min(5.0, gone / 4)
        )
        self.api = make_api(
            Parts(
                self.accounts,
                Team(database, self.accounts, self.queue, now=now),
                self.desk,
                self.queue,
                self.lookups,
                Outages(database, load_subjects(settings.content), now=now),
                self.events,
                brain_state,
                refused,
                version,
                settings.public_url,
            )
        )

    def mount(self, app: FastAPI) -> None:
        """Adds the agents' API to the gateway."""
        app.mount(PREFIX, self.api)

    async def start(self) -> None:
        """Makes the first agent if there is none, begins to offer who waits, and to tell the screens."""
        given = self._settings.admin_password
        async with self._database.write() as tx:
            password = given.get_secret_value() if given else None
            self.first_password = await self.accounts.ensure_admin(tx, password)
        await self.events.start()
        await self.queue.start()

    async def stop(self) -> None:
        """Ends both; what waits is in the database."""
        await self.queue.stop()
        await self.events.stop()
