"""The states of a conversation, tried in every order: one owner, nobody lost, no bot over a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.conversation import (
    OPEN,
    WAITING,
    Conversation,
    EventType,
    Moved,
    NotAllowed,
    NotYours,
    Reason,
    State,
)

AGENTS = st.sampled_from([1, 2, 3])
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
OFFER_SECONDS = 45.0


class Life(RuleBasedStateMachine):
    """One customer's conversations, with three agents, a bot that may be slow, and time that passes.

    What must hold is kept beside the machine: who was told that the conversation is theirs, and since when.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.current = Conversation(id=1)
        self.history: list[Moved] = []
        self.owner: int | None = None
        # the epoch under which the bot began to think of its answer
        self.thinking: int | None = None
        self.spoken: list[State] = []

    @rule(seconds=st.sampled_from([1, 44, 45, 60]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def customer_writes(self) -> None:
        if self.current.state not in OPEN:
            self.current = Conversation(id=self.current.id + 1)
            self.owner = self.thinking = None
        if self.current.state is State.BOT:
            self.thinking = self.current.epoch

    @rule()
    def bot_answers(self) -> None:
        """The router's rule: the answer is committed only under the epoch that it was asked under."""
        if self.thinking == self.current.epoch:
            self.spoken.append(self.current.state)
        self.thinking = None

    @rule(reason=st.sampled_from(Reason))
    def bot_hands_over(self, reason: Reason) -> None:
        if self.tried(lambda one: one.hand_off(reason, self.now)):
            assert self.current.reason is reason
            assert self.current.enqueued_at == self.now

    @rule(agent=AGENTS)
    def is_offered(self, agent: int) -> None:
        self.tried(lambda one: one.offer(agent, self.now, OFFER_SECONDS))

    @rule(agent=AGENTS)
    def agent_accepts(self, agent: int) -> None:
        before = self.current
        if self.tried(lambda one: one.accept(agent)):
            assert self.owner is None
            assert before.state is State.QUEUED or before.agent == agent
            self.owner = agent

    @rule()
    def offer_runs_out(self) -> None:
        before = self.current
        if self.tried(lambda one: one.expire_offer(self.now)):
            assert before.offered_until is not None
            assert before.offered_until <= self.now
            # the place in the queue is kept
            assert (self.current.enqueued_at, self.current.priority) == (before.enqueued_at, before.priority)
            assert self.current.excluded == before.agent

    @rule(agent=AGENTS)
    def agent_sends_back(self, agent: int) -> None:
        before = self.current
        if self.tried(lambda one: one.requeue(agent)):
            assert before.agent == agent
            self.is_at_the_front(before)

    @rule()
    def agent_is_gone(self) -> None:
        before = self.current
        if self.tried(Conversation.lose_agent):
            self.is_at_the_front(before)

    @rule(agent=AGENTS)
    def agent_resolves(self, agent: int) -> None:
        owner = self.owner
        if self.tried(lambda one: one.resolve(agent)):
            assert owner == agent
            assert self.current.state is State.BOT
            self.owner = None

    @rule(step=st.sampled_from([Conversation.withdraw, Conversation.leave_message, Conversation.abandon]))
    def customer_goes(self, step: Callable[[Conversation], Moved]) -> None:
        if self.tried(step):
            self.owner = None

    @rule()
    def brain_is_back(self) -> None:
        before = self.current
        if self.tried(Conversation.brain_is_back):
            assert (before.state, before.reason) == (State.QUEUED, Reason.BRAIN_DOWN)
            assert (self.current.state, self.current.reason) == (State.BOT, None)

    @rule(reason=st.sampled_from(Reason))
    def brain_is_back_and_hands_over(self, reason: Reason) -> None:
        before = self.current
        if self.tried(lambda one: one.needs_a_person(reason)):
            assert (before.state, before.reason) == (State.QUEUED, Reason.BRAIN_DOWN)
            assert (self.current.state, self.current.reason) == (State.QUEUED, reason)
            assert (self.current.enqueued_at, self.current.priority) == (before.enqueued_at, before.priority)

    @rule()
    def is_closed(self) -> None:
        if self.tried(lambda one: one.close("done")):
            self.owner = None

    @invariant()
    def one_owner_at_most(self) -> None:
        assert self.owner == (self.current.agent if self.current.state is State.ACTIVE else None)

    @invariant()
    def nobody_is_lost(self) -> None:
        """Who waits is in the queue, or offered to exactly one until a moment that will come."""
        if self.current.state is State.QUEUED:
            assert self.current.agent is None
        if self.current.state is State.OFFERED:
            assert self.current.agent is not None
            assert self.current.offered_until is not None
        else:
            assert self.current.offered_until is None
        if self.current.state in WAITING:
            assert self.current.enqueued_at is not None
            assert self.current.reason is not None

    @invariant()
    def epoch_rises_with_every_step(self) -> None:
        for moved in self.history[-1:]:
            assert moved.after.epoch == moved.before.epoch + 1
            assert moved.after.id == moved.before.id
            assert moved.after is not moved.before

    @invariant()
    def bot_speaks_only_when_it_has_the_word(self) -> None:
        assert set(self.spoken) <= {State.BOT}

    def tried(self, step: Callable[[Conversation], Moved]) -> bool:
        """Takes a step if the machine allows it; a refusal changes nothing."""
        before = self.current
        try:
            moved = step(before)
        except NotAllowed:
            assert self.current == before
            return False
        assert moved.before == before
        self.history.append(moved)
        self.current = moved.after
        if moved.before.state is State.ACTIVE and moved.after.state is State.QUEUED:
            self.owner = None
        return True

    def is_at_the_front(self, before: Conversation) -> None:
        assert self.current.state is State.QUEUED
        assert self.current.priority == 1
        assert self.current.enqueued_at == before.enqueued_at
        assert self.current.excluded == before.agent


TestLife = Life.TestCase


def waiting() -> Conversation:
    return Conversation(id=1).hand_off(Reason.ASKED, START).after


def offered(agent: int = 1) -> Conversation:
    return waiting().offer(agent, START, OFFER_SECONDS).after


def served(agent: int = 1) -> Conversation:
    return offered(agent).accept(agent).after


def test_the_way_of_a_handoff() -> None:
    """Queued, offered, active, and the bot again, with nothing left of it."""
    after = served().resolve(1).after
    assert after == Conversation(id=1, epoch=4)


@pytest.mark.parametrize("start", [offered(), served()])
@pytest.mark.parametrize("step", [lambda one: one.requeue(2), lambda one: one.resolve(2)])
def test_what_is_anothers_is_not_mine(start: Conversation, step: Callable[[Conversation], Moved]) -> None:
    """Neither an offer nor a conversation can be given away by somebody else."""
    with pytest.raises(NotYours):
        step(start)


def test_a_customer_withdraws_an_offer_but_not_an_agent() -> None:
    """Whoever waits may go back to the bot, offered or not; whoever is served may not."""
    after = offered().withdraw().after
    assert (after.state, after.agent, after.reason, after.offered_until) == (State.BOT, None, None, None)
    with pytest.raises(NotAllowed):
        served().withdraw()


@pytest.mark.parametrize("step", [Conversation.brain_is_back, lambda one: one.needs_a_person(Reason.ANGER)])
def test_the_brain_takes_back_only_what_waits_for_it(step: Callable[[Conversation], Moved]) -> None:
    """Neither a customer who asked for a person, nor one whom an agent has been asked to serve."""
    for_the_brain = Conversation(id=1).hand_off(Reason.BRAIN_DOWN, START).after
    assert step(for_the_brain).after.epoch == 2
    for other in (waiting(), for_the_brain.offer(1, START, OFFER_SECONDS).after, served()):
        with pytest.raises(NotAllowed):
            step(other)


def test_an_offer_does_not_run_out_early() -> None:
    """Not a moment before its time, and then at once."""
    until = START + timedelta(seconds=OFFER_SECONDS)
    with pytest.raises(NotAllowed):
        offered().expire_offer(until - timedelta(microseconds=1))
    assert offered().expire_offer(until).after.state is State.QUEUED


def test_a_new_handoff_starts_fresh() -> None:
    """Who was excluded, and the front place, belong to the handoff before."""
    again = served().requeue(1).after.withdraw().after.hand_off(Reason.ANGER, START).after
    assert (again.excluded, again.priority, again.reason) == (None, 0, Reason.ANGER)


@pytest.mark.parametrize(
    ("start", "end", "event"),
    [
        (Conversation(id=1), State.CLOSED, EventType.CLOSED),
        (waiting(), State.ABANDONED, EventType.ABANDONED),
        (offered(), State.ABANDONED, EventType.ABANDONED),
        (served(), State.CLOSED, EventType.CLOSED),
    ],
)
def test_a_customer_may_be_gone_at_any_time(start: Conversation, end: State, event: EventType) -> None:
    """Wherever the conversation stands, it ends, and no agent keeps it."""
    moved = start.abandon()
    assert (moved.after.state, moved.after.agent, moved.event.type) == (end, None, event)
