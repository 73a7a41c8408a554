"""For administrators: outage notices, pinned, changed and taken back; every agent reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from bot.errors import NotFound
from bot.outages import Draft, check_text, check_until
from bot.store import outages
from bot.store.database import Database
from bot.subjects import Subjects
from handoff import views
from handoff.agents import Me

_KEPT = timedelta(days=7)


class Outages:
    """The notices as the console shows them. Raises BadInput, NotFound, OutageOver."""

    def __init__(self, database: Database, subjects: Subjects, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._subjects = subjects
        self._now = now

    async def known(self) -> views.Outages:
        """Those that are live or were within a week."""
        now = self._now()
        async with self._database.read() as tx:
            rows = await outages.known(tx, now - _KEPT)
        subjects = [
            views.OutageSubject(name=name, title=views.InBoth(**one.title))
            for name, one in self._subjects.by_name.items()
        ]
        return views.Outages(subjects=subjects, notices=[_view(row, now) for row in rows])

    async def pin(self, me: Me, given: views.NewOutage) -> views.Outage:
        """Pins a notice."""
        area = None if given.area is None else _stripped(given.area.model_dump())
        draft = Draft(given.subjects, _plain(given.text), given.until, area)
        draft.check(self._subjects, self._now())
        async with self._database.write() as tx:
            pinned = await outages.pin(
                tx,
                subjects=list(dict.fromkeys(draft.subjects)),
                area=draft.area,
                text=draft.text,
                until=draft.until,
                now=self._now(),
                by=me.id,
            )
        return await self._one(pinned)

    async def change(self, notice_id: int, given: views.OutageChange) -> views.Outage:
        """Changes text or end."""
        values: dict[str, Any] = {}
        if given.text is not None:
            values["text"] = _plain(given.text)
            check_text(values["text"])
        if given.until is not None:
            values["until"] = given.until
            check_until(given.until, self._now())
        if values:
            async with self._database.write() as tx:
                await outages.change(tx, notice_id, self._now(), **values)
        return await self._one(notice_id)

    async def end(self, me: Me, notice_id: int) -> views.Outage:
        """Takes it back."""
        async with self._database.write() as tx:
            await outages.end(tx, notice_id, self._now(), me.id)
        return await self._one(notice_id)

    async def _one(self, notice_id: int) -> views.Outage:
        now = self._now()
        async with self._database.read() as tx:
            rows = await outages.known(tx, now - _KEPT, notice_id)
        for row in rows:
            return _view(row, now)
        raise NotFound("There is no such notice.", remedy="Look at the list of notices.")


def _view(row: RowMapping, now: datetime) -> views.Outage:
    by, name = row["pinned_by"], row["pinned_by_name"]
    person = None if by is None else views.Person(id=by, name=name)
    return views.Outage(**{**row, "pinned_by": person, "live": row["over_at"] > now})


def _plain(text: views.InBoth) -> dict[str, str]:
    return {language: said.strip() for language, said in text.model_dump().items()}


def _stripped(area: dict[str, list[str]]) -> dict[str, list[str]]:
    return {language: [name.strip() for name in names if name.strip()] for language, names in area.items()}
