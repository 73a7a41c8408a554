"""Customers and agents who do anything in any order, on a real database: nobody served twice, nobody lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import RowMapping, select

from bot.conversation import WAITING, Reason, State
from bot.errors import Conflict
from bot.store.database import Database
from bot.store.tables import agent, assignment, conversation, event, metadata
from handoff.agents import Me, Status
from handoff.team import Team
from tests.handoff.office import GONE, OFFER, PASSWORD, Clock, Customer, Office

CAPACITIES = [1, 1, 2]
SOMEBODY = st.integers(0, len(CAPACITIES) - 1)
LIVE = {State.OFFERED, State.ACTIVE}


class Day(RuleBasedStateMachine):
    """A day at the office: steps go through desk and queue, what must hold is read from the tables."""

    run: Callable[[Awaitable[Any]], Any]
    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.office = Office(self.database, Clock())
        # the gateway has been up long enough to know who is gone
        self.office.clock.advance(GONE)
        self.customers: list[Customer] = []
        handoff = self.office.handoff
        self.team = Team(self.database, handoff.accounts, handoff.queue, now=self.office.clock)
        self.tokens: list[str] = self.run(self._hire())

    @precondition(lambda self: len(self.customers) < 7)
    @rule()
    def customer_asks_for_a_person(self) -> None:
        self.customers.append(self.run(self.office.waiting()))

    @precondition(lambda self: len(self.customers) < 7)
    @rule()
    def brain_falls_silent(self) -> None:
        customer = self.run(self.office.customer())
        self.customers.append(customer)
        self.run(customer.asks_for_a_person(Reason.BRAIN_DOWN))

    @rule()
    def brain_is_back(self) -> None:
        for customer in self.customers:
            state = self.run(self.office.state(customer.chat))
            if (state.state, state.reason) == (State.QUEUED, Reason.BRAIN_DOWN):
                self.run(customer.is_answered_by_the_brain())
                assert self._state(customer) is State.BOT

    @rule(number=st.integers(0, 6))
    def customer_asks_again(self, number: int) -> None:
        customer = self._customer(number)
        if customer and self._state(customer) is State.BOT:
            self.run(customer.asks_for_a_person())

    @rule(number=st.integers(0, 6))
    def customer_withdraws(self, number: int) -> None:
        customer = self._customer(number)
        if customer and self._state(customer) in WAITING:
            self.run(customer.withdraws())

    @rule(who=SOMEBODY, status=st.sampled_from([Status.READY, Status.AWAY]))
    def agent_sets_status(self, who: int, status: Status) -> None:
        me = self._me(who)
        self.run(self.office.handoff.desk.set_status(me, status))
        if status is Status.AWAY:
            held = self.run(self._rows(select(conversation).where(conversation.c.agent_id == me.id)))
            assert {row["state"] for row in held} <= {State.ACTIVE}

    @rule(who=SOMEBODY, number=st.integers(0, 6))
    def agent_accepts(self, who: int, number: int) -> None:
        self._acts(self.office.handoff.desk.accept, who, number, State.ACTIVE)

    @rule(who=SOMEBODY, number=st.integers(0, 6))
    def agent_sends_back(self, who: int, number: int) -> None:
        self._acts(self.office.handoff.desk.requeue, who, number, State.QUEUED)

    @rule(who=SOMEBODY, number=st.integers(0, 6))
    def agent_resolves(self, who: int, number: int) -> None:
        self._acts(self.office.handoff.desk.resolve, who, number, State.BOT)

    @rule(who=SOMEBODY)
    def agent_signs_out_and_in_again(self, who: int) -> None:
        """In between, nobody is with an agent who is not there; afterwards the agent is away."""
        me, handoff = self._me(who), self.office.handoff
        self.run(handoff.accounts.sign_out(me))
        self.run(handoff.queue.take_back(me.id))
        assert not self.run(self._rows(select(conversation).where(conversation.c.agent_id == me.id)))
        self.tokens[who] = self.run(handoff.accounts.sign_in(me.login, PASSWORD, ""))

    @rule(who=SOMEBODY)
    def agent_is_disabled_and_enabled_again(self, who: int) -> None:
        """In between, nobody is with an agent who may not sign in; afterwards the agent is away."""
        me, handoff = self._me(who), self.office.handoff
        self.run(self.team.change(me, me.id, disabled=True))
        assert not self.run(self._rows(select(conversation).where(conversation.c.agent_id == me.id)))
        self.run(self.team.change(me, me.id, disabled=False))
        self.tokens[who] = self.run(handoff.accounts.sign_in(me.login, PASSWORD, ""))

    @rule(seconds=st.sampled_from([1, 20, OFFER, GONE + 1]))
    def time_passes(self, seconds: float) -> None:
        self.office.clock.advance(seconds)

    @rule()
    def the_queue_settles(self) -> None:
        """After a round nobody waits whom somebody could serve, and nobody is with an agent who is gone."""
        self.run(self.office.settle())
        agents = {one.id: one for one in self.run(self.office.handoff.lookups.agents())}
        rows = self.run(self._rows(select(conversation)))
        free = {one.id for one in agents.values() if one.status is Status.READY and one.load < one.capacity}
        shares = self.run(self._rows(select(assignment).where(assignment.c.outcome == "requeued")))
        declined = {(share["conversation_id"], share["agent_id"]) for share in shares}
        for row in rows:
            if row["state"] == State.QUEUED:
                assert all((row["id"], agent_id) in declined for agent_id in free)
        ignoring = self.run(self._rows(select(agent).where(agent.c.ignored_offers >= 2)))
        assert {one["status"] for one in ignoring} <= {Status.AWAY}
        for row in rows:
            if row["state"] == State.OFFERED:
                assert row["offered_until"] > self.office.clock()
                assert agents[row["agent_id"]].status is Status.READY
            if row["state"] == State.ACTIVE:
                seen = self._me_by_id(row["agent_id"]).seen_at
                assert seen is not None
                assert (self.office.clock() - seen).total_seconds() <= GONE

    @invariant()
    def one_share_for_each_that_is_held(self) -> None:
        rows = self.run(self._rows(select(conversation)))
        shares = self.run(self._rows(select(assignment).where(assignment.c.ended_at.is_(None))))
        held = {row["id"]: row["agent_id"] for row in rows if row["state"] in LIVE}
        assert {share["conversation_id"]: share["agent_id"] for share in shares} == held
        assert len(shares) == len(held)
        assert all(row["agent_id"] is None for row in rows if row["state"] not in LIVE)

    @invariant()
    def nobody_has_more_than_fits(self) -> None:
        for one in self.run(self.office.handoff.lookups.agents()):
            assert 0 <= one.load <= one.capacity

    @invariant()
    def history_has_no_gap(self) -> None:
        events = self.run(self._rows(select(event).order_by(event.c.conversation_id, event.c.epoch)))
        for row in self.run(self._rows(select(conversation))):
            epochs = [one["epoch"] for one in events if one["conversation_id"] == row["id"]]
            assert epochs == list(range(1, row["epoch"] + 1))

    @invariant()
    def everybody_who_waits_is_in_the_queue(self) -> None:
        waiting = {one.chat for one in self.customers if self._state(one) in {State.QUEUED, State.OFFERED}}
        queue = self.run(self.office.queue())
        assert len(queue) == len(set(queue))
        assert set(queue) == waiting

    def teardown(self) -> None:
        self.run(self._clear())

    def _acts(self, step: Callable[[Me, int], Awaitable[None]], who: int, number: int, end: State) -> None:
        """A step either ends where it should, or says who holds the conversation and changes nothing."""
        customer = self._customer(number)
        if customer is None:
            return
        before = self.run(self.office.state(customer.chat))
        try:
            self.run(step(self._me(who), customer.chat))
        except Conflict as refused:
            after = self.run(self.office.state(customer.chat))
            assert after == before
            assert refused.holder is not None  # noqa: PT017 - the refusal is one of two good ends
            assert refused.holder["epoch"] == before.epoch  # noqa: PT017
        else:
            assert self._state(customer) is end

    def _customer(self, number: int) -> Customer | None:
        return self.customers[number] if number < len(self.customers) else None

    def _state(self, customer: Customer) -> State:
        state: State = self.run(self.office.state(customer.chat)).state
        return state

    def _me(self, who: int) -> Me:
        """The agent, here just now."""
        accounts = self.office.handoff.accounts
        self.run(accounts.touch(self.run(accounts.who(self.tokens[who]))))
        return self._who(self.tokens[who])

    def _me_by_id(self, agent_id: int) -> Me:
        return next(me for me in map(self._who, self.tokens) if me.id == agent_id)

    def _who(self, token: str) -> Me:
        me: Me = self.run(self.office.handoff.accounts.who(token))
        return me

    async def _hire(self) -> list[str]:
        accounts = self.office.handoff.accounts
        await accounts.create("boss", PASSWORD, "Boss", ["admin"], 1)
        for number, capacity in enumerate(CAPACITIES):
            await accounts.create(f"agent{number}", PASSWORD, f"Agent {number}", ["agent"], capacity)
        return [await accounts.sign_in(f"agent{number}", PASSWORD, "") for number in range(len(CAPACITIES))]

    async def _rows(self, statement: Any) -> list[RowMapping]:
        async with self.database.read() as tx:
            return list(await tx.all(statement))

    async def _clear(self) -> None:
        async with self.database.write() as tx:
            for table in reversed(metadata.sorted_tables):
                await tx.run(table.delete())


@pytest.fixture
def machine(database_url: str) -> Iterator[type[Day]]:
    """The machine on a database and a loop of its own, since Hypothesis does not wait for coroutines."""
    with asyncio.Runner() as runner:
        opened = Database(database_url)

        class Here(Day):
            database = opened

            def run(self, awaitable: Awaitable[Any]) -> Any:
                async def wait() -> Any:
                    return await awaitable

                return runner.run(wait())

        yield Here
        runner.run(opened.close())


def test_any_day(machine: type[Day]) -> None:
    """Twelve days of thirty steps."""
    bounds = settings(
        max_examples=12,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(machine, settings=bounds)
