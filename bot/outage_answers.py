"""For the router: answers with an outage notice where one fits, and sees to what the customer makes of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import RowMapping, func, select

from bot.conversation import State
from bot.dialogue import in_form
from bot.messages import Answer, Author, Choice, Incoming, Kind, Language, Said
from bot.notices import NOT_THIS, TELL_ME, Notices
from bot.outages import Fitting, fitting
from bot.store import outages, predictions
from bot.store.database import Tx
from bot.store.predictions import Outcome
from bot.store.tables import message
from bot.subjects import Subjects

if TYPE_CHECKING:
    from bot.router import Reply

# That there is none is believed for as long, unless a note says that something has changed.
_NONE_SECONDS = 1.0


class OutageAnswers:
    """Looks for notices only where there are any: without one, a message costs nothing more."""

    def __init__(self, subjects: Subjects, notices: Notices) -> None:
        self._subjects = subjects
        self._notices = notices
        self._none_until = 0.0

    def forget(self) -> None:
        """A notice was pinned, changed or taken back."""
        self._none_until = 0.0

    async def answer(self, reply: Reply, incoming: Incoming, answer: Answer | None) -> bool:
        """Whether a notice answers in place of the brain, whose dialogue then has not moved."""
        live = await self._live(reply.tx)
        if not live or in_form(reply.conversation["dialogue"]):
            return False
        heard = await outages.heard_by(reply.tx, reply.customer["id"])
        if any(one["message_id"] == reply.message_id for one in heard):
            return False  # the customer said that it is something else
        known = {one["outage_id"] for one in heard if one["not_meant"] or one["at"] >= one["changed_at"]}
        news = [one for one in live if one["id"] not in known]
        found = fitting(self._subjects, news, incoming.text, answer)
        if found is None:
            return False
        await self._say(reply, found)
        if answer is not None:
            await predictions.keep(
                reply.tx, reply.conversation["id"], reply.message_id, answer, Outcome.OUTAGE_NOTICE
            )
        return True

    async def wants_news(self, reply: Reply, incoming: Incoming) -> bool:
        """Whether the customer asks to be told when it is over; then he or she will be."""
        heard = await self._taken_up(TELL_ME, reply, incoming)
        if heard is None:
            return False
        now = datetime.now(UTC)
        over = heard["over_at"] <= now
        await outages.mark(reply.tx, heard["id"], wants_news=True, **({"told_at": now} if over else {}))
        # who talks with a person is not talked to by the bot; the news will come all the same
        if reply.conversation["state"] != State.ACTIVE:
            language = Language(reply.customer["language"])
            name = over_text(heard) if over else "will_tell_you"
            await reply.notice(name, notice=heard["text"][language])
        return True

    async def asked_before(self, reply: Reply, incoming: Incoming) -> tuple[Incoming, Reply]:
        """What is to be answered: the message, or the question before it when it says that the notice was not
        what was meant.
        """
        heard = await self._taken_up(NOT_THIS, reply, incoming)
        if heard is None:
            return incoming, reply
        await outages.mark(reply.tx, heard["id"], not_meant=True)
        if in_form(reply.conversation["dialogue"]):
            return incoming, reply  # an old button: what was asked then is no answer to what the form asks
        asked = await reply.tx.value(select(message.c.text).where(message.c.id == heard["message_id"]))
        question = replace(incoming, kind=Kind.TEXT, text=asked, choice=None)
        return question, replace(reply, message_id=heard["message_id"])

    async def _live(self, tx: Tx) -> Sequence[RowMapping]:
        if time.monotonic() < self._none_until:
            return ()
        live = await outages.live(tx, datetime.now(UTC))
        if not live:
            self._none_until = time.monotonic() + _NONE_SECONDS
        return live

    async def _say(self, reply: Reply, found: Fitting) -> None:
        notice, language = found.notice, Language(reply.customer["language"])
        area = notice["area"][language][0] if found.asks else ""
        asks = self._notices.text("outage_area" if found.asks else "outage_other", language, area=area)
        choices = tuple(
            Choice(f"{one}:{notice['id']}", self._notices.title(one, language)) for one in (TELL_ME, NOT_THIS)
        )
        await outages.hear(reply.tx, notice, reply.customer["id"], reply.message_id, datetime.now(UTC))
        await reply.note(queue_offer=None)
        await reply.say(Author.BOT, Said(f"{notice['text'][language]}\n{asks}", choices))

    async def _taken_up(self, what: str, reply: Reply, incoming: Incoming) -> RowMapping | None:
        """The notice whose choice `what` the customer took: tapped, or typed (WeChat's taps bring titles)."""
        which, _, number = (incoming.choice or "").rpartition(":")
        tapped = which == what
        if not tapped and not self._notices.is_choice(what, incoming):
            return None
        heard = await outages.heard_by(reply.tx, reply.customer["id"])
        if tapped:
            return next((one for one in heard if str(one["outage_id"]) == number), None)
        if not heard or heard[0]["over_at"] <= datetime.now(UTC):
            return None
        # other words than the title mean this only when the notice was said last
        said_last = self._notices.is_title(what, incoming) or await _was_last(reply, heard[0]["message_id"])
        return heard[0] if said_last else None


async def _was_last(reply: Reply, message_id: int) -> bool:
    """Whether the customer has written nothing between that message and this one."""
    mine = message.c.customer_id == reply.customer["id"], message.c.author == Author.CUSTOMER.value
    before = select(func.max(message.c.id)).where(*mine, message.c.id < reply.message_id)
    return bool(await reply.tx.value(before) == message_id)


def over_text(heard: RowMapping) -> str:
    """The name of the text that says that a notice is over: taken back, or its time has come."""
    return "outage_over" if heard["ended_at"] else "outage_time_up"
