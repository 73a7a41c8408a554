"""For the router and the desk: the states of a conversation and the only ways between them.

    BOT -> QUEUED -> OFFERED -> ACTIVE -> BOT | CLOSED          (also ABANDONED, LEFT_MESSAGE)

Every transition raises the epoch. Whoever speaks carries the epoch it saw, so the bot never talks over a
person. Pure: values in, values out, standard library only; the store writes what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """Who has the word."""

    BOT = "bot"
    QUEUED = "queued"
    OFFERED = "offered"
    ACTIVE = "active"
    CLOSED = "closed"
    ABANDONED = "abandoned"
    LEFT_MESSAGE = "left_message"


WAITING = frozenset({State.QUEUED, State.OFFERED})
OPEN = frozenset({State.BOT, State.QUEUED, State.OFFERED, State.ACTIVE})


class Reason(StrEnum):
    """Why the bot handed over: the agent's "why you got this" card starts with it."""

    ASKED = "asked"
    LOW_CONFIDENCE = "low_confidence"
    REPEATED = "repeated"
    ANGER = "anger"
    COMPLAINT = "complaint"
    SENSITIVE = "sensitive"
    UNREADABLE = "unreadable"
    BRAIN_DOWN = "brain_down"
    TIER = "tier"
    FORM_FAILED = "form_failed"
    LOOKUP_FAILED = "lookup_failed"


class EventType(StrEnum):
    """The names under which transitions are kept in the conversation's history."""

    HANDED_OFF = "handed_off"
    OFFERED = "offered"
    OFFER_EXPIRED = "offer_expired"
    ACCEPTED = "accepted"
    REQUEUED = "requeued"
    AGENT_GONE = "agent_gone"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    BRAIN_BACK = "brain_back"
    ABANDONED = "abandoned"
    LEFT_MESSAGE = "left_message"
    CLOSED = "closed"


class NotAllowed(Exception):
    """The conversation is in a state from which this transition does not start."""


class NotYours(NotAllowed):
    """The conversation is offered to, or held by, another agent."""


@dataclass(frozen=True, slots=True)
class Event:
    """A transition as history keeps it. `actor` is `bot`, `customer`, `system` or `agent:ID`."""

    type: EventType
    actor: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The part of a conversation that decides who has the word."""

    id: int
    state: State = State.BOT
    epoch: int = 0
    reason: Reason | None = None
    agent: int | None = None
    offered_until: datetime | None = None
    excluded: int | None = None
    enqueued_at: datetime | None = None
    priority: int = 0

    def hand_off(self, reason: Reason, now: datetime, actor: str = "bot") -> Moved:
        """BOT -> QUEUED: a person is wanted or needed."""
        return self._move(
            {State.BOT},
            Event(EventType.HANDED_OFF, actor, {"reason": reason.value}),
            state=State.QUEUED,
            reason=reason,
            enqueued_at=now,
            priority=0,
            excluded=None,
        )

    def offer(self, agent: int, now: datetime, seconds: float) -> Moved:
        """QUEUED -> OFFERED: one agent has until `offered_until` to accept."""
        return self._move(
            {State.QUEUED},
            Event(EventType.OFFERED, "system", {"agent": agent}),
            state=State.OFFERED,
            agent=agent,
            offered_until=now + timedelta(seconds=seconds),
        )

    def accept(self, agent: int) -> Moved:
        """OFFERED to me, or QUEUED and claimed by me -> ACTIVE."""
        if self.state is State.OFFERED and self.agent != agent:
            raise NotYours
        return self._move(
            set(WAITING),
            Event(EventType.ACCEPTED, f"agent:{agent}"),
            state=State.ACTIVE,
            agent=agent,
            excluded=None,
        )

    def expire_offer(self, now: datetime) -> Moved:
        """OFFERED -> QUEUED when the deadline passed: the place is kept, that agent comes last next time."""
        if self.state is State.OFFERED and self.offered_until is not None and now < self.offered_until:
            raise NotAllowed
        return self._move(
            {State.OFFERED},
            Event(EventType.OFFER_EXPIRED, "system", {"agent": self.agent}),
            state=State.QUEUED,
            excluded=self.agent,
        )

    def requeue(self, agent: int) -> Moved:
        """OFFERED to me or ACTIVE with me -> QUEUED, at the front, offered to somebody else first."""
        return self._back_to_front(agent, Event(EventType.REQUEUED, f"agent:{agent}"))

    def lose_agent(self) -> Moved:
        """OFFERED or ACTIVE -> QUEUED, at the front, because the agent is gone."""
        gone = self.agent if self.agent is not None else 0
        return self._back_to_front(gone, Event(EventType.AGENT_GONE, "system", {"agent": gone}))

    def resolve(self, agent: int) -> Moved:
        """ACTIVE with me -> BOT, at once: wrap-up is a state of the agent."""
        self._held_by(agent)
        return self._back_to_bot({State.ACTIVE}, Event(EventType.RESOLVED, f"agent:{agent}"))

    def withdraw(self) -> Moved:
        """Waiting -> BOT: the customer would rather go on with the bot; an open offer ends."""
        return self._back_to_bot(set(WAITING), Event(EventType.WITHDRAWN, "customer"))

    def brain_is_back(self) -> Moved:
        """QUEUED for want of a brain -> BOT: it is back, and has the answer."""
        self._waits_for_the_brain()
        return self._back_to_bot({State.QUEUED}, Event(EventType.BRAIN_BACK, "bot"))

    def needs_a_person(self, reason: Reason) -> Moved:
        """QUEUED for want of a brain -> QUEUED: it is back and hands over all the same; the place is kept."""
        self._waits_for_the_brain()
        event = Event(EventType.HANDED_OFF, "bot", {"reason": reason.value})
        return self._move({State.QUEUED}, event, state=State.QUEUED, reason=reason)

    def leave_message(self) -> Moved:
        """QUEUED -> LEFT_MESSAGE: the customer would rather be answered later."""
        return self._move({State.QUEUED}, Event(EventType.LEFT_MESSAGE, "customer"), state=State.LEFT_MESSAGE)

    def abandon(self) -> Moved:
        """Waiting -> ABANDONED; with bot or agent -> CLOSED: the customer is gone (blocked us,
        unsubscribed).
        """
        if self.state in WAITING:
            return self._move(set(WAITING), Event(EventType.ABANDONED, "customer"), state=State.ABANDONED)
        return self.close("customer_gone", "customer")

    def close(self, why: str, actor: str = "system") -> Moved:
        """BOT or ACTIVE -> CLOSED, for `why`."""
        return self._move(
            {State.BOT, State.ACTIVE}, Event(EventType.CLOSED, actor, {"why": why}), state=State.CLOSED
        )

    def _back_to_bot(self, allowed: set[State], event: Event) -> Moved:
        return self._move(
            allowed, event, state=State.BOT, reason=None, enqueued_at=None, priority=0, excluded=None
        )

    def _back_to_front(self, agent: int, event: Event) -> Moved:
        self._held_by(agent)
        return self._move(
            {State.OFFERED, State.ACTIVE}, event, state=State.QUEUED, priority=1, excluded=agent
        )

    def _waits_for_the_brain(self) -> None:
        if self.reason is not Reason.BRAIN_DOWN:
            raise NotAllowed

    def _held_by(self, agent: int) -> None:
        if self.state in {State.OFFERED, State.ACTIVE} and self.agent != agent:
            raise NotYours

    def _move(self, allowed: set[State], event: Event, **changes: Any) -> Moved:
        if self.state not in allowed:
            raise NotAllowed
        if changes["state"] not in {State.OFFERED, State.ACTIVE}:
            changes.setdefault("agent", None)
        if changes["state"] is not State.OFFERED:
            changes["offered_until"] = None
        return Moved(self, replace(self, epoch=self.epoch + 1, **changes), event)


@dataclass(frozen=True, slots=True)
class Moved:
    """What a transition gives back: the conversation before and after, and what history keeps of it."""

    before: Conversation
    after: Conversation
    event: Event
