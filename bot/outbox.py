"""For the router, the desk and the agents' screens: messages on their way out, delivered or known not to be.

queued -> sending -> sent | unknown | failed | cancelled. A send whose outcome nobody knows is shown as such
and never repeated in silence; a message waits for the one before it in the same lane.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import RowMapping, bindparam, select, update

from bot.channels.base import Channel
from bot.errors import CustomerGone, DeliveryError, OutcomeUnknown, Rejected, TryAgain
from bot.lanes import Lanes, free_lane, take_lease
from bot.messages import Address, Author, Choice, Language, Outgoing, Said
from bot.store.database import Database, Tx
from bot.store.tables import agent, customer, inbox, is_open, message, outbox

log = structlog.get_logger()

Row = RowMapping | Mapping[str, Any]

TOPIC = "outbox"
_LEASE = "out:"
_LEASE_SECONDS = 15.0
_BACK_OFF_SECONDS = (1.0, 3.0, 10.0, 30.0, 120.0, 600.0)


class Outbox:
    """Sends what is queued, each lane in order."""

    def __init__(self, database: Database, owner: str, channels: Mapping[str, Channel]) -> None:
        self._database = database
        self._owner = owner
        self._channels = channels
        self._lanes = Lanes(database, owner, TOPIC, self._step, self._waiting)

    async def start(self) -> None:
        """Begins with what was left over."""
        await self._lanes.start()

    async def stop(self) -> None:
        """Ends the sends at work; the rest stays queued."""
        await self._lanes.stop()

    async def _step(self, lane: str) -> bool:
        async with self._database.write() as tx:
            holder = await take_lease(tx, _LEASE + lane, self._owner, _LEASE_SECONDS)
            if holder != self._owner:
                tx.note(TOPIC, lane=lane, owner=holder)
                return False
            rows = await tx.all(_first_two, {"lane": lane})
            if not rows or not await self._claim(tx, rows[0]):
                return False
        if rows[0]["state"] == "queued":
            await self._send({**rows[0], "attempts": rows[0]["attempts"] + 1})
        # what is queued from now on is told by a note
        return len(rows) > 1

    async def _claim(self, tx: Tx, row: Row) -> bool:
        """Whether the lane goes on: the message may be sent, or was being sent by a gateway that died."""
        if row["state"] == "sending":
            await stamp(tx, row, None, OutcomeUnknown("the gateway stopped while it was sending"))
            return True
        if row["due_at"] > datetime.now(UTC):
            return False
        return await tx.run(_take, {"row": row["id"], "state": "sending"}) == 1

    async def _send(self, row: Row) -> None:
        provider_id, error = None, None
        try:
            provider_id = await self._channels[row["channel"]].send(_outgoing(row))
        except DeliveryError as caught:
            error = caught
        except Exception as caught:  # a fault of ours in a channel: nobody knows what the platform got
            log.exception("outbox.send_failed", row=row["id"])
            error = OutcomeUnknown(repr(caught))
        # without its stamp, a power cut leaves the message `sending`, which is found to be unknown
        async with self._database.write(durable=False) as tx:
            await stamp(tx, row, provider_id, error)

    async def _waiting(self) -> list[str]:
        async with self._database.read() as tx:
            rows = await tx.all(
                select(outbox.c.lane)
                .where(
                    is_open,
                    outbox.c.due_at <= datetime.now(UTC),
                    free_lane(outbox.c.lane, _LEASE, self._owner),
                )
                .group_by(outbox.c.lane)
                .limit(500)
            )
        return [row["lane"] for row in rows]


async def queue(
    tx: Tx, message_id: int, address: Address, *, inbox_id: int | None = None, window: float = 0.0
) -> None:
    """Puts a message on its way, in the transaction that wrote it.

    For `window` seconds after the update `inbox_id` was received, the platform's own reply may carry it.
    """
    due_at = datetime.now(UTC)
    if inbox_id is not None and window:
        received: datetime = await tx.value(select(inbox.c.received_at).where(inbox.c.id == inbox_id))
        due_at = max(due_at, received + timedelta(seconds=window))
    await tx.insert(
        outbox,
        message_id=message_id,
        inbox_id=inbox_id,
        lane=address.lane,
        state="queued",
        attempts=0,
        parts_sent=0,
        due_at=due_at,
    )
    tx.note(TOPIC, lane=address.lane)


async def stamp(tx: Tx, row: Row, provider_id: str | None, error: DeliveryError | None) -> None:
    """Writes what became of a send; the agents' screens hear of it."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {"error": str(error) if error else None, "done_at": now}
    match error:
        case None:
            values |= {"state": "sent", "provider_id": provider_id}
        case TryAgain() if row["attempts"] < len(_BACK_OFF_SECONDS):
            later = {"due_at": now + _pause(error, row["attempts"]), "parts_sent": error.parts_sent}
            values |= {"state": "queued", "done_at": None, **later}
        case OutcomeUnknown():
            values |= {"state": "unknown"}
        case _:
            values |= {"state": "failed"}
    await tx.run(_this, {"row": row["id"], **values})
    if isinstance(error, CustomerGone):
        await cancel(tx, row["lane"], str(error))
    if isinstance(error, Rejected | OutcomeUnknown):
        log.warning("outbox.not_sent", row=row["id"], state=values["state"], error=str(error))
    tx.note("delivery", conversation=row["conversation_id"], message=row["message_id"], state=values["state"])


async def cancel(tx: Tx, lane: str, why: str) -> None:
    """Takes back what is queued for a customer who is gone."""
    queued = update(outbox).where(outbox.c.lane == lane, outbox.c.state == "queued")
    await tx.run(queued.values(state="cancelled", error=why, done_at=datetime.now(UTC)))


_this = update(outbox).where(outbox.c.id == bindparam("row"))
_take = _this.where(outbox.c.state == "queued").values(attempts=outbox.c.attempts + 1)
_first_two = (
    select(
        outbox.c.id,
        outbox.c.state,
        outbox.c.message_id,
        outbox.c.lane,
        outbox.c.attempts,
        outbox.c.parts_sent,
        outbox.c.due_at,
        message.c.conversation_id,
        message.c.author,
        message.c.text,
        message.c.choices,
        message.c.image,
        customer.c.channel,
        customer.c.account,
        customer.c.user,
        customer.c.language,
        agent.c.name.label("agent_name"),
    )
    .join(message, message.c.id == outbox.c.message_id)
    .join(customer, customer.c.id == message.c.customer_id)
    .outerjoin(agent, agent.c.id == message.c.agent_id)
    .where(outbox.c.lane == bindparam("lane"), is_open)
    .order_by(outbox.c.id)
    .limit(2)
)


def _outgoing(row: Row) -> Outgoing:
    return Outgoing(
        id=row["message_id"],
        address=Address(row["channel"], row["account"], row["user"]),
        author=Author(row["author"]),
        said=Said(row["text"], tuple(Choice(**one) for one in row["choices"]), row["image"]),
        language=Language(row["language"]),
        name=row["agent_name"],
        parts_sent=row["parts_sent"],
    )


def _pause(error: TryAgain, attempts: int) -> timedelta:
    asked = error.after if error.after is not None else 0.0
    backed_off = _BACK_OFF_SECONDS[attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
    return timedelta(seconds=max(asked, backed_off) if asked == 0.0 else asked + random.uniform(0, 0.5))  # noqa: S311
