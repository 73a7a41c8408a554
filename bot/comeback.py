"""For customers who wait only because the brain was down: when it is back, it answers what they asked.

An agent who has been asked, or has spoken, keeps the conversation: that is a matter of its state, and of the
epoch under which the answer was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import RowMapping, func, select

from bot.channels.base import Channel
from bot.conversation import Reason, State
from bot.dialogue import Dialogue, at_rest
from bot.errors import BrainDown, BrainFailed
from bot.lanes import take_lease
from bot.messages import READABLE, Answer, Author, Incoming, Kind, Language
from bot.notices import NOT_THIS, Notices
from bot.router import reason_of
from bot.store import conversations, predictions, threads
from bot.store.database import Database, Tx
from bot.store.predictions import Outcome
from bot.store.tables import assignment, conversation, customer, inbox, message
from bot.store.threads import Speaker
from bot.store.watch import Watch

log = structlog.get_logger()

# Longer than the brain's budget: two gateways do not ask the same at once.
_LEASE_SECONDS = 10.0


class Comeback:
    """Watches this gateway's brain, `brain_state` tells how it is; the rows say who waits for it."""

    def __init__(
        self,
        database: Database,
        owner: str,
        dialogue: Dialogue,
        speaker: Speaker,
        notices: Notices,
        channels: Mapping[str, Channel],
        brain_state: Callable[[], str],
    ) -> None:
        self._database = database
        self._owner = owner
        self._dialogue = dialogue
        self._speaker = speaker
        self._notices = notices
        self._channels = channels
        self._brain_state = brain_state
        # what the brain fails at although it is well is for a person
        self._failed: set[tuple[int, int]] = set()
        self._watch = Watch("comeback", database.bus, ("brain",), self._look)

    async def answer_all(self) -> None:
        """Answers whoever waits for the brain, in the order of the queue."""
        for waiting in await self._waiting():
            mark = waiting["id"], waiting["epoch"]
            if mark in self._failed:
                continue
            try:
                await self._answer(waiting["id"])
            except BrainDown:
                return  # the next round comes when it is back
            except BrainFailed as error:
                log.error("comeback.brain_failed", conversation=waiting["id"], error=str(error))
                self._failed.add(mark)

    async def start(self) -> None:
        """Begins to watch."""
        self._watch.start()

    async def stop(self) -> None:
        """Ends the watch; who waits is found again."""
        await self._watch.stop()

    async def _look(self) -> None:
        if self._brain_state() == "ready":
            await self.answer_all()

    async def _waiting(self) -> list[RowMapping]:
        spoken = select(assignment.c.id).where(
            assignment.c.conversation_id == conversation.c.id,
            assignment.c.accepted_at >= conversation.c.enqueued_at,
        )
        waits = (
            select(conversation.c.id, conversation.c.epoch)
            .where(conversation.c.state == State.QUEUED.value, conversation.c.closed_at.is_(None))
            .where(conversation.c.reason == Reason.BRAIN_DOWN.value, ~spoken.exists())
            .order_by(*conversations.IN_ORDER)
        )
        async with self._database.read() as tx:
            return list(await tx.all(waits))

    async def _answer(self, conversation_id: int) -> None:
        async with self._database.write() as tx:
            lease = f"comeback:{conversation_id}"
            if await take_lease(tx, lease, self._owner, _LEASE_SECONDS) != self._owner:
                return
            unanswered = await self._unanswered(tx, conversation_id)
        if unanswered is None:
            return
        answers = await self._ask(unanswered)
        async with self._database.write() as tx:
            await self._commit(tx, unanswered, answers)

    async def _unanswered(self, tx: Tx, conversation_id: int) -> Unanswered | None:
        """What the customer has written since the brain fell silent, as the channel understood it."""
        row = await tx.one(select(conversation).where(conversation.c.id == conversation_id))
        first = None if row is None else (row["why"] or {}).get("message")
        if row is None or first is None:
            return None
        who = await tx.one(select(customer).where(customer.c.id == row["customer_id"]))
        written = (
            select(message.c.id, inbox.c.channel, inbox.c.raw)
            .join(inbox, inbox.c.message_id == message.c.id)
            .where(message.c.conversation_id == conversation_id, message.c.id >= first)
            .where(message.c.author == Author.CUSTOMER.value)
            .order_by(message.c.id)
        )
        read = [(one["id"], self._channels[one["channel"]].read(one["raw"])) for one in await tx.all(written)]
        questions = [
            Question(number, incoming, self._puts_aside(incoming))
            for number, incoming in read
            if incoming is not None
        ]
        return Unanswered(who, row, questions) if who is not None and questions else None

    def _puts_aside(self, incoming: Incoming) -> bool:
        tapped = (incoming.choice or "").startswith(f"{NOT_THIS}:")
        return tapped or self._notices.is_title(NOT_THIS, incoming)

    async def _ask(self, unanswered: Unanswered) -> list[Answer]:
        """The answers in order, up to the first that hands over."""
        answers: list[Answer] = []
        state = unanswered.conversation["dialogue"]
        for question in unanswered.readable:
            incoming = question.incoming
            answer = await self._dialogue.ask(
                unanswered.conversation["id"],
                question.message_id,
                incoming.text,
                state,
                channel=incoming.address.channel,
                language=unanswered.customer["language"],
                choice=incoming.choice,
                kind=incoming.kind.value,
            )
            answers.append(answer)
            if answer.handoff:
                break
            state = answer.state
        return answers

    async def _commit(self, tx: Tx, unanswered: Unanswered, answers: list[Answer]) -> None:
        await threads.lock(tx, unanswered.customer["id"])
        now = await conversations.locked(tx, unanswered.conversation["id"])
        if now is None or now["epoch"] != unanswered.conversation["epoch"]:
            return  # an agent was asked, the customer went back, or another gateway was first
        if await _last_written(tx, now["id"]) != unanswered.questions[-1].message_id:
            return  # the customer has just added something: the next round asks that, too
        reason = unanswered.for_a_person or (reason_of(answers[-1].handoff) if answers[-1].handoff else None)
        if reason is not None:
            await self._leave_to_a_person(tx, now, reason, unanswered, answers)
        else:
            await self._say(tx, now, unanswered, answers)

    async def _say(self, tx: Tx, now: RowMapping, unanswered: Unanswered, answers: list[Answer]) -> None:
        moved = conversations.as_value(now).brain_is_back()
        version = now["dialogue_version"] + 1
        await conversations.apply(tx, moved, dialogue=answers[-1].state, dialogue_version=version)
        language = Language(unanswered.customer["language"])
        hello = self._notices.said("brain_back", language)
        await self._speaker.say(tx, unanswered.customer, now["id"], Author.SYSTEM, hello)
        for question, answer in zip(unanswered.readable, answers, strict=True):
            outcome = predictions.outcome_of(answer)
            await predictions.keep(tx, now["id"], question.message_id, answer, outcome)
            for said in answer.messages:
                await self._speaker.say(tx, unanswered.customer, now["id"], Author.BOT, said)

    async def _leave_to_a_person(
        self, tx: Tx, now: RowMapping, reason: Reason, unanswered: Unanswered, answers: list[Answer]
    ) -> None:
        """The customer keeps the place; the agent sees the true reason, and what the bot would have said."""
        moved, why = conversations.as_value(now).needs_a_person(reason), dict(now["why"])
        for question, answer in zip(unanswered.readable, answers, strict=False):
            await predictions.keep(tx, now["id"], question.message_id, answer, Outcome.DROPPED)
            why |= await predictions.why(tx, now["id"], question.incoming.text, answer)
        await conversations.apply(tx, moved, why=why, dialogue=at_rest(now["dialogue"]))


@dataclass(frozen=True, slots=True)
class Question:
    """One message of the customer. `aside`: it puts an outage notice aside, and asks what came before it."""

    message_id: int
    incoming: Incoming
    aside: bool


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A conversation as it was when its questions were asked again."""

    customer: RowMapping
    conversation: RowMapping
    questions: list[Question]

    @property
    def readable(self) -> list[Question]:
        """What the brain can answer; nothing when a person is needed anyhow."""
        if self.for_a_person:
            return []
        return [one for one in self.questions if one.incoming.kind in READABLE and not one.aside]

    @property
    def for_a_person(self) -> Reason | None:
        """Whoever sent a picture while waiting has sent it to a person."""
        passable = READABLE | {Kind.START}
        return None if all(one.incoming.kind in passable for one in self.questions) else Reason.UNREADABLE


async def _last_written(tx: Tx, conversation_id: int) -> Any:
    same = message.c.conversation_id == conversation_id, message.c.author == Author.CUSTOMER.value
    return await tx.value(select(func.max(message.c.id)).where(*same))
