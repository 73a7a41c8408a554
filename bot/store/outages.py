"""For the command line, the console and the router: the rows of outage notices, and of who has heard them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, case, func, select, true, update

from bot.conversation import State
from bot.errors import NotFound, OutageOver
from bot.store.database import Tx
from bot.store.tables import UTCDateTime, agent, conversation, outage, outage_heard

TOPIC = "outage"

# When a notice was, or will be, over.
OVER_AT = func.coalesce(outage.c.ended_at, outage.c.until, type_=UTCDateTime)


async def pin(
    tx: Tx,
    *,
    subjects: Collection[str],
    area: Mapping[str, Collection[str]] | None,
    text: Mapping[str, str],
    until: datetime,
    now: datetime,
    by: int | None,
) -> int:
    """Adds a notice, which is live from now on, and gives its id."""
    tx.note(TOPIC)
    return await tx.insert(
        outage,
        subjects=list(subjects),
        area=None if area is None else {language: list(names) for language, names in area.items()},
        text=dict(text),
        until=until,
        pinned_by=by,
        pinned_at=now,
        changed_at=now,
    )


async def change(tx: Tx, notice_id: int, now: datetime, **values: Any) -> None:
    """Another text, another end: whoever has heard it may hear it once more. Raises NotFound, OutageOver."""
    await _while_live(tx, notice_id, now, changed_at=now, **values)


async def end(tx: Tx, notice_id: int, now: datetime, by: int | None) -> None:
    """Takes it back. Raises NotFound, OutageOver."""
    await _while_live(tx, notice_id, now, ended_at=now, ended_by=by)


async def _while_live(tx: Tx, notice_id: int, now: datetime, **values: Any) -> None:
    same = outage.c.id == notice_id
    if not await tx.run(update(outage).where(same, now < OVER_AT).values(**values)):
        if await tx.one(select(outage.c.id).where(same)) is None:
            raise NotFound("There is no such notice.", remedy="Look at the list of notices.")
        raise OutageOver
    tx.note(TOPIC)


async def live(tx: Tx, now: datetime) -> Sequence[RowMapping]:
    """The notices that may answer, the newest first."""
    return await tx.all(_live, {"now": now})


async def known(tx: Tx, since: datetime, notice_id: int | None = None) -> Sequence[RowMapping]:
    """The notices that are live or were after `since`, the live ones first, with what came of them."""
    statement = _known().where(since < OVER_AT)
    if notice_id is not None:
        statement = statement.where(outage.c.id == notice_id)
    return await tx.all(statement)


async def heard_by(tx: Tx, customer_id: int) -> Sequence[RowMapping]:
    """What this customer has heard of, the newest first, each with its notice's rows."""
    return await tx.all(_heard_by, {"customer": customer_id})


async def hear(tx: Tx, notice: RowMapping, customer_id: int, message_id: int, now: datetime) -> None:
    """The notice answers this message; perhaps once more, after it was changed."""
    same = outage_heard.c.outage_id == notice["id"], outage_heard.c.customer_id == customer_id
    values = {"message_id": message_id, "at": now}
    if not await tx.run(update(outage_heard).where(*same).values(**values, times=outage_heard.c.times + 1)):
        await tx.insert(
            outage_heard,
            outage_id=notice["id"],
            customer_id=customer_id,
            **values,
            times=1,
            not_meant=False,
            wants_news=False,
        )


async def mark(tx: Tx, heard_id: int, **values: Any) -> None:
    """Writes down what the customer made of it."""
    await tx.run(update(outage_heard).where(outage_heard.c.id == heard_id).values(**values))


async def untold(tx: Tx, now: datetime, since: datetime, heard_id: int | None = None) -> Sequence[RowMapping]:
    """Who wanted to be told, and has not been, that a notice is over, but for those who talk with a person;
    only of notices that were over after `since`. All of them, or one.
    """
    over = now >= OVER_AT, since < OVER_AT
    talks = select(conversation.c.id).where(
        conversation.c.customer_id == outage_heard.c.customer_id,
        conversation.c.closed_at.is_(None),
        conversation.c.state == State.ACTIVE.value,
    )
    waits = outage_heard.c.wants_news == true(), outage_heard.c.told_at.is_(None)
    waiting = (
        select(outage_heard.c.id, outage_heard.c.customer_id, outage.c.text, outage.c.ended_at)
        .join(outage, outage.c.id == outage_heard.c.outage_id)
        .where(*over, *waits, ~talks.exists())
        .order_by(outage_heard.c.id)
        .limit(500)
    )
    return await tx.all(waiting if heard_id is None else waiting.where(outage_heard.c.id == heard_id))


_live = (
    select(outage)
    .where(outage.c.ended_at.is_(None), outage.c.until > bindparam("now", type_=UTCDateTime))
    .order_by(outage.c.id.desc())
)
_heard_by = (
    select(
        outage_heard,
        outage.c.text,
        outage.c.changed_at,
        outage.c.ended_at,
        OVER_AT.label("over_at"),
    )
    .join(outage, outage.c.id == outage_heard.c.outage_id)
    .where(outage_heard.c.customer_id == bindparam("customer"))
    .order_by(outage_heard.c.at.desc(), outage_heard.c.id.desc())
    .limit(50)
)


def _known() -> Select[Any]:
    def count(what: Any) -> Any:
        return func.coalesce(func.sum(what), 0)

    def of(column: Any) -> Any:
        return count(case((column == true(), 1), else_=0))

    told = (
        select(
            outage_heard.c.outage_id,
            count(outage_heard.c.times).label("answered"),
            of(outage_heard.c.wants_news).label("want_news"),
            of(outage_heard.c.not_meant).label("not_meant"),
        )
        .group_by(outage_heard.c.outage_id)
        .subquery()
    )
    numbers = [func.coalesce(told.c[name], 0).label(name) for name in ("answered", "want_news", "not_meant")]
    return (
        select(outage, OVER_AT.label("over_at"), agent.c.name.label("pinned_by_name"), *numbers)
        .outerjoin(told, told.c.outage_id == outage.c.id)
        .outerjoin(agent, agent.c.id == outage.c.pinned_by)
        .order_by(OVER_AT.desc(), outage.c.id.desc())
    )
