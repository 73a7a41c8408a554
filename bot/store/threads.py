"""For everybody who speaks: what is said to and by a customer, in the order it was said, and on its way
out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, RowMapping, String, bindparam, func, select, update

from bot import outbox
from bot.messages import Address, Author, Incoming, Kind, Language, Said
from bot.store.database import Tx, upsert
from bot.store.tables import customer, message


async def customer_of(tx: Tx, incoming: Incoming, told: Language | None) -> RowMapping:
    """The customer who wrote, made on the first message; name and language follow what is known now.

    `told` is the language that the words themselves tell; without it the last one stays.
    """
    address = incoming.address
    values = {
        "channel": address.channel,
        "account": address.account,
        "user": address.user,
        "name": incoming.name[:255] if incoming.name else None,
        "language": (told or incoming.language or Language.ZH).value,
        "told": told.value if told else None,
        "last_seq": 0,
        "gone": False,
        "created_at": datetime.now(UTC),
    }
    row = await tx.one(_know(tx.is_postgresql), values)
    assert row is not None
    return row


@cache
def _know(is_postgresql: bool) -> Executable:
    new = upsert(customer, is_postgresql=is_postgresql)
    now_known = {
        "language": func.coalesce(bindparam("told", type_=String), customer.c.language),
        "name": func.coalesce(new.excluded.name, customer.c.name),
        "gone": False,
    }
    known = new.on_conflict_do_update(index_elements=["channel", "account", "user"], set_=now_known)
    returning: Executable = known.returning(*customer.c)
    return returning


async def lock(tx: Tx, customer_id: int) -> None:
    """Keeps everybody else from speaking to this customer until the transaction ends."""
    await tx.one(_locked, {"customer": customer_id})


_locked = select(customer.c.id).where(customer.c.id == bindparam("customer")).with_for_update()


async def add_incoming(tx: Tx, incoming: Incoming, who: RowMapping, conversation_id: int) -> int:
    """Adds a customer's message to the thread and gives its id, also when a gateway that died had
    added it.
    """
    client_id = incoming.key[:160]
    known = await _said_before(tx, who["id"], Author.CUSTOMER, client_id)
    return known or await _add(
        tx,
        who["id"],
        conversation_id,
        author=Author.CUSTOMER,
        client_id=client_id,
        kind=incoming.kind,
        said=Said(incoming.text),
        about=incoming.about,
    )


class Speaker:
    """Says things to customers: into the thread and, where the channel pushes, into the outbox."""

    def __init__(self, pushes: Mapping[str, bool], windows: Mapping[str, float]) -> None:
        self._pushes = pushes
        self._windows = windows

    async def say(
        self,
        tx: Tx,
        who: RowMapping,
        conversation_id: int,
        author: Author,
        said: Said,
        *,
        agent_id: int | None = None,
        client_id: str | None = None,
        inbox_id: int | None = None,
    ) -> int | None:
        """Adds a message for the customer `who` and gives its id; None when `client_id` said it before.

        `inbox_id`: it answers this update, so the channel's own reply window may carry it.
        """
        if client_id is not None and await _said_before(tx, who["id"], author, client_id):
            return None
        message_id = await _add(
            tx,
            who["id"],
            conversation_id,
            author=author,
            kind=Kind.TEXT,
            said=said,
            agent_id=agent_id,
            client_id=client_id,
        )
        if self._pushes.get(who["channel"], True):
            address = Address(who["channel"], who["account"], who["user"])
            window = self._windows.get(who["channel"], 0.0)
            await outbox.queue(tx, message_id, address, inbox_id=inbox_id, window=window)
        return message_id


async def _add(
    tx: Tx,
    customer_id: int,
    conversation_id: int,
    *,
    author: Author,
    kind: Kind,
    said: Said,
    agent_id: int | None = None,
    client_id: str | None = None,
    about: dict[str, Any] | None = None,
) -> int:
    # the customer's row stays locked until the commit: numbers become visible in their order
    seq = int(await tx.value(_count, {"customer": customer_id}))
    message_id = await tx.insert(
        message,
        customer_id=customer_id,
        conversation_id=conversation_id,
        seq=seq,
        author=author.value,
        agent_id=agent_id,
        client_id=client_id,
        kind=kind.value,
        text=said.text,
        choices=[asdict(choice) for choice in said.choices],
        image=said.image,
        about=about or {},
        at=datetime.now(UTC),
    )
    tx.note("thread", customer=customer_id, conversation=conversation_id, seq=seq)
    return message_id


async def _said_before(tx: Tx, customer_id: int, author: Author, client_id: str) -> int | None:
    said = {"customer": customer_id, "author": author.value, "client": client_id}
    found: int | None = await tx.value(_said, said)
    return found


_count = (
    update(customer)
    .where(customer.c.id == bindparam("customer"))
    .values(last_seq=customer.c.last_seq + 1)
    .returning(customer.c.last_seq)
)
_said = select(message.c.id).where(
    message.c.customer_id == bindparam("customer"),
    message.c.author == bindparam("author"),
    message.c.client_id == bindparam("client"),
)
