"""For customers: who answers this message: the brain, an agent, or nobody yet.

Two transactions and a question between them: the message is stored; the brain is asked with no transaction
open; the answer, the dialogue's new state and what goes out are committed together, unless an agent has
taken over meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from sqlalchemy import RowMapping, bindparam, func, select, update

from bot import inbox, outbox
from bot.channels.base import Channel
from bot.conversation import Reason, State
from bot.dialogue import Dialogue, at_rest
from bot.errors import BrainError
from bot.inbox import Rest
from bot.language import language_of_text
from bot.messages import READABLE, Answer, Author, Incoming, Kind, Language, Said
from bot.notices import BACK_TO_BOT, GO_ON, HUMAN, WAIT, Notices
from bot.outage_answers import OutageAnswers
from bot.store import conversations, predictions, staff, tables, threads
from bot.store.database import Database, Tx
from bot.store.predictions import Outcome
from bot.store.threads import Speaker

log = structlog.get_logger()

# Nobody has asked for a person: with no agent online the customer is asked before he or she waits.
_MISUNDERSTOOD = {Reason.LOW_CONFIDENCE, Reason.REPEATED, Reason.UNREADABLE, Reason.FORM_FAILED}
# Seconds for which no customer wonders whether somebody is writing.
_MOMENT = 0.3

_belongs = update(tables.inbox).where(tables.inbox.c.id == bindparam("row"))
_move_on = update(tables.conversation).where(tables.conversation.c.id == bindparam("conversation"))


class Router:
    """Takes each customer's messages one after the other, as the inbox gives them."""

    def __init__(
        self,
        database: Database,
        dialogue: Dialogue,
        speaker: Speaker,
        notices: Notices,
        outages: OutageAnswers,
        channels: Mapping[str, Channel],
        *,
        gone_seconds: float,
    ) -> None:
        self._database = database
        self._dialogue = dialogue
        self._speaker = speaker
        self._notices = notices
        self._outages = outages
        self._channels = channels
        self._gone_seconds = gone_seconds

    async def receive(self, tx: Tx, incoming: Incoming, inbox_id: int) -> Rest:
        """Stores the message, and gives back what sees to its answer. Killed at any point and called again,
        it goes on from there.
        """
        reply = await self._store(tx, incoming, inbox_id)
        done = await self._outages.wants_news(reply, incoming)
        done = done or await self._answer_without_brain(reply, incoming)
        if done:
            await inbox.finish(tx, inbox_id)
            return partial(self._go_on, incoming, None)
        return partial(self._go_on, incoming, await self._outages.asked_before(reply, incoming))

    async def _go_on(self, incoming: Incoming, open_question: tuple[Incoming, Reply] | None) -> None:
        channel = self._channels[incoming.address.channel]
        told = asyncio.create_task(_courtesy(channel.stored, incoming))
        if open_question is not None:
            await self._answer(*open_question, channel)
        await told

    async def _answer(self, incoming: Incoming, stored: Reply, channel: Channel) -> None:
        thinking = asyncio.create_task(_courtesy(channel.thinking, incoming, _MOMENT))
        answer: Answer | None = None
        try:
            answer = await self._dialogue.ask(
                stored.conversation["id"],
                stored.message_id,
                incoming.text,
                stored.conversation["dialogue"],
                channel=incoming.address.channel,
                language=stored.customer["language"],
                choice=incoming.choice,
                kind=incoming.kind.value,
            )
        except BrainError as error:
            log.error("router.brain", message=stored.message_id, error=str(error), remedy=error.remedy)
        finally:
            thinking.cancel()
        # a power cut may take it back, and the message is answered anew; the outbox sends what is safe
        async with self._database.write(durable=False) as tx:
            await self._commit(tx, incoming, stored, answer)

    async def _commit(self, tx: Tx, incoming: Incoming, stored: Reply, answer: Answer | None) -> None:
        # always the customer before the conversation, or two transactions wait for each other
        await threads.lock(tx, stored.customer["id"])
        now = await conversations.locked(tx, stored.conversation["id"])
        if now is None or not await inbox.finish(tx, stored.inbox_id):
            return  # another gateway answered it while this one was thought dead
        if any(now[part] != stored.conversation[part] for part in ("epoch", "dialogue_version")):
            # an agent has taken over while the brain was thinking: the answer becomes a suggestion
            if answer is not None:
                await predictions.keep(tx, now["id"], stored.message_id, answer, Outcome.DROPPED)
            return
        reply = self._reply(tx, stored.customer, now, stored.inbox_id, stored.message_id)
        if await self._outages.answer(reply, incoming, answer):
            return
        if answer is None:
            await reply.hand_off(Reason.BRAIN_DOWN, "brain_down", {"text": incoming.text})
        else:
            await self._deliver(reply, incoming, answer)

    async def _deliver(self, reply: Reply, incoming: Incoming, answer: Answer) -> None:
        tx, conversation = reply.tx, reply.conversation
        await predictions.keep(
            tx, conversation["id"], reply.message_id, answer, predictions.outcome_of(answer)
        )
        for said in answer.messages:
            await reply.say(Author.BOT, said)
        if answer.handoff:
            why = await predictions.why(tx, conversation["id"], incoming.text, answer)
            await reply.hand_off(reason_of(answer.handoff), "queued", why, answer.state or {})
            return
        moved_on = {
            "dialogue": answer.state,
            "dialogue_version": conversation["dialogue_version"] + 1,
            "queue_offer": None,
        }
        await tx.run(_move_on, {"conversation": conversation["id"], **moved_on})

    async def _store(self, tx: Tx, incoming: Incoming, inbox_id: int) -> Reply:
        told = language_of_text(incoming.text) if incoming.kind in READABLE else None
        customer = await threads.customer_of(tx, incoming, told)
        conversation = await conversations.open_for(tx, customer["id"])
        message_id = await threads.add_incoming(tx, incoming, customer, conversation["id"])
        await tx.run(_belongs, {"row": inbox_id, "message_id": message_id})
        return self._reply(tx, customer, conversation, inbox_id, message_id)

    async def _answer_without_brain(self, reply: Reply, incoming: Incoming) -> bool:
        """Deals with what needs no brain; False when the brain is to be asked."""
        if incoming.kind is Kind.LEFT:
            await _customer_left(reply, incoming)
        elif reply.conversation["state"] != State.BOT:
            await self._to_the_agent(reply, incoming)
        elif self._notices.is_choice(HUMAN, incoming):
            await reply.hand_off(Reason.ASKED, "queued", {"text": incoming.text})
        elif await self._says_whether_to_wait(reply, incoming):
            return True
        elif self._notices.is_choice(BACK_TO_BOT, incoming):
            await reply.notice("withdrawn")
        elif incoming.kind is Kind.START:
            await reply.notice("welcome", HUMAN)
        elif incoming.kind not in READABLE:
            await reply.unreadable(incoming)
        else:
            return False
        return True

    async def _says_whether_to_wait(self, reply: Reply, incoming: Incoming) -> bool:
        """Whoever was asked may also say something else: then the question is over, and the brain answers."""
        offer = reply.conversation["queue_offer"]
        if self._notices.is_choice(WAIT, incoming) or (offer and self._notices.will_wait(incoming)):
            offer = offer or {"reason": Reason.ASKED, "why": {"text": incoming.text}}
            await reply.queue(Reason(offer["reason"]), "queued", offer["why"])
        elif self._notices.is_choice(GO_ON, incoming) or (offer and self._notices.gives_up(incoming)):
            await reply.note(queue_offer=None)
            await reply.notice("gone_on")
        else:
            return False
        return True

    async def _to_the_agent(self, reply: Reply, incoming: Incoming) -> None:
        """The message is in the thread, which is where agents read; a waiting customer may go
        back to the bot.
        """
        if reply.conversation["state"] == State.ACTIVE:
            return
        if self._notices.gives_up(incoming):
            await conversations.apply(reply.tx, conversations.as_value(reply.conversation).withdraw())
            await reply.notice("withdrawn")
        elif await _first_while_waiting(reply):
            await reply.notice("still_waiting")

    def _reply(
        self, tx: Tx, customer: RowMapping, conversation: RowMapping, inbox_id: int, message_id: int
    ) -> Reply:
        return Reply(
            self._speaker,
            self._notices,
            tx,
            customer,
            conversation,
            inbox_id,
            message_id,
            self._gone_seconds,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said and done in one transaction in answer to one message of a customer."""

    speaker: Speaker
    notices: Notices
    tx: Tx
    customer: RowMapping
    conversation: RowMapping
    inbox_id: int
    message_id: int
    gone_seconds: float

    async def say(self, author: Author, said: Said) -> None:
        await self.speaker.say(
            self.tx, self.customer, self.conversation["id"], author, said, inbox_id=self.inbox_id
        )

    async def notice(self, name: str, *choices: str, **values: Any) -> None:
        language = Language(self.customer["language"])
        await self.say(Author.SYSTEM, self.notices.said(name, language, *choices, **values))

    async def unreadable(self, incoming: Incoming) -> None:
        named = self.notices.text(f"kind_{incoming.kind.value}", Language(self.customer["language"]))
        if await _just_told_so(self):
            await self.notice("unreadable_again", kind=named)
            await self.hand_off(Reason.UNREADABLE, "queued", {"text": incoming.text})
        else:
            await self.notice("unreadable", HUMAN, kind=named)

    async def note(self, **columns: Any) -> None:
        """Writes down what is not a transition."""
        same = tables.conversation.c.id == self.conversation["id"]
        await self.tx.run(update(tables.conversation).where(same).values(**columns))

    async def hand_off(
        self, reason: Reason, notice: str, why: dict[str, Any], state: dict[str, Any] | None = None
    ) -> None:
        """Puts the conversation into the queue, or asks the customer about it when nobody would come."""
        now = datetime.now(UTC)
        if reason in _MISUNDERSTOOD and not await staff.anybody_online(self.tx, now, self.gone_seconds):
            await self._offer_queue(reason, why, state)
        else:
            await self.queue(reason, notice, why, state)

    async def queue(
        self, reason: Reason, notice: str, why: dict[str, Any], state: dict[str, Any] | None = None
    ) -> None:
        """Puts the conversation into the queue, tells the customer, and ends what the dialogue had open."""
        now = datetime.now(UTC)
        moved = conversations.as_value(self.conversation).hand_off(reason, now)
        columns = self._at_rest(state)
        known: dict[str, Any] = {
            "ranking": [],
            "threshold": None,
            "slots": _known(self.conversation["dialogue"]),
            "failed": [],
        }
        about = known | {"message": self.message_id} | why
        await conversations.apply(self.tx, moved, why=about, queue_offer=None, **columns)
        if not await staff.anybody_ready(self.tx, now, self.gone_seconds):
            notice = f"{notice}_offline"
        await self.notice(notice, BACK_TO_BOT, position=await conversations.position(self.tx, moved.after))

    async def _offer_queue(self, reason: Reason, why: dict[str, Any], state: dict[str, Any] | None) -> None:
        await self.note(queue_offer={"reason": reason.value, "why": why}, **self._at_rest(state))
        await predictions.mark(self.tx, self.message_id, Outcome.QUEUE_OFFERED)
        await self.notice("offer_queue", WAIT, GO_ON)

    def _at_rest(self, state: dict[str, Any] | None) -> dict[str, Any]:
        resting = at_rest(self.conversation["dialogue"] if state is None else state)
        return {"dialogue": resting, "dialogue_version": self.conversation["dialogue_version"] + 1}


def _known(dialogue: dict[str, Any] | None) -> dict[str, Any]:
    """What an agent may know: also whose phone it is, which the bot forgets from here on."""
    parts = dialogue or {}
    return {**parts.get("slots", {}), **parts.get("proof", {})}


async def _courtesy(
    courtesy: Callable[[Incoming], Awaitable[None]], incoming: Incoming, after: float = 0.0
) -> None:
    try:
        await asyncio.sleep(after)
        await courtesy(incoming)
    except Exception as error:  # noqa: BLE001 - the message itself goes on
        log.warning("router.channel", channel=incoming.address.channel, error=repr(error))


async def _customer_left(reply: Reply, incoming: Incoming) -> None:
    await conversations.apply(reply.tx, conversations.as_value(reply.conversation).abandon())
    same = tables.customer.c.id == reply.customer["id"]
    await reply.tx.run(update(tables.customer).where(same).values(gone=True))
    await outbox.cancel(reply.tx, incoming.address.lane, "the customer left")


async def _just_told_so(reply: Reply) -> bool:
    """Whether the two messages before this one are something unreadable, and the notice that it is."""
    message = tables.message.c
    earlier = (
        select(message.author, message.kind)
        .where(message.conversation_id == reply.conversation["id"], message.id < reply.message_id)
        .order_by(message.seq.desc())
        .limit(2)
    )
    match await reply.tx.all(earlier):
        case [notice, before]:
            told = notice["author"] == Author.SYSTEM.value and before["author"] == Author.CUSTOMER.value
            return told and Kind(before["kind"]) not in {*READABLE, Kind.START}
    return False


async def _first_while_waiting(reply: Reply) -> bool:
    """Say once that it was received; a notice after each line would be noise, and on WeChat costs quota."""
    said = select(func.count()).select_from(tables.message)
    waiting = said.where(
        tables.message.c.conversation_id == reply.conversation["id"],
        tables.message.c.author == Author.CUSTOMER.value,
        tables.message.c.at >= reply.conversation["enqueued_at"],
    )
    return int(await reply.tx.value(waiting)) == 1


def reason_of(name: str) -> Reason:
    """The reason that a rule of the trainers names."""
    try:
        return Reason(name)
    except ValueError:
        log.error(
            "router.unknown_reason", reason=name, remedy="use a reason of bot/conversation.py in the rule"
        )
        return Reason.ASKED
