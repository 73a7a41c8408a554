"""How customers who wait come to an agent, and back when the agent does not serve them."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from bot.conversation import State
from bot.store import conversations
from bot.store.database import Database
from bot.store.staff import anybody_online
from bot.store.tables import assignment, conversation
from handoff.queue import GAVE_BACK
from tests.handoff.office import GONE, OFFER, Agent, Clock, Office


async def test_first_come_first_served(office: Office) -> None:
    """Who waits longest is offered first, to an agent who is ready."""
    first, second = await office.waiting(), await office.waiting()
    ann = await office.agent("ann", capacity=1)
    await office.settle()
    assert (await office.state(first.chat)).agent == ann.id
    assert (await office.state(second.chat)).state is State.QUEUED
    assert [row["position"] for row in await ann.reads("/queue")] == [1, 2]


async def test_nobody_away_or_gone_is_asked(office: Office) -> None:
    """Neither who is away, nor who has not been seen for a minute, is asked; a call is enough to be back."""
    await office.agent("ann", status="away")
    bo = await office.agent("bo")
    waiting = await office.waiting()
    await office.later(GONE + 1)
    assert (await office.state(waiting.chat)).state is State.QUEUED
    await bo.reads("/queue")
    await office.settle()
    assert (await office.state(waiting.chat)).agent == bo.id


async def test_least_loaded_then_longest_idle(office: Office) -> None:
    """Four customers come to three agents: round, then again to who got one first."""
    agents = [await office.agent(login) for login in ("ann", "bo", "cai")]
    asked = []
    for _ in range(4):
        waiting = await office.waiting()
        await office.settle()
        asked.append((await office.state(waiting.chat)).agent)
        office.clock.advance(1)
    assert asked == [agents[0].id, agents[1].id, agents[2].id, agents[0].id]


async def test_offer_runs_out_and_another_is_asked(office: Office) -> None:
    """After 45 seconds it is somebody else's turn, though busier; the customer hears nothing of it."""
    served = await office.waiting()
    bo = await office.agent("bo")
    await bo.does("accept", served.chat)
    waiting = await office.waiting()
    ann = await office.agent("ann")
    await office.settle()
    await office.later(OFFER - 1)
    assert (await office.state(waiting.chat)).agent == ann.id
    await ann.reads("/queue")
    await bo.reads("/queue")
    await office.later(1)
    assert (await office.state(waiting.chat)).agent == bo.id
    assert await waiting.heard() == []


async def test_offer_that_ran_out_keeps_its_place(office: Office) -> None:
    """Nobody is left to ask: the customer is still before those who came later."""
    first, second = await office.waiting(), await office.waiting()
    await office.agent("ann", capacity=1)
    await office.settle()
    await office.later(GONE + 1)
    assert await office.queue() == [first.chat, second.chat]
    assert (await office.state(first.chat)).priority == 0


async def test_who_declined_is_left_in_peace(office: Office) -> None:
    """Alone and unwilling, the agent gets others meanwhile, and is asked for this one again a while later."""
    unwanted = await office.waiting()
    ann = await office.agent("ann", capacity=1)
    await office.settle()
    await ann.does("requeue", unwanted.chat)
    another = await office.waiting()
    await office.settle()
    assert (await office.state(unwanted.chat)).state is State.QUEUED
    assert (await office.state(another.chat)).agent == ann.id
    assert await office.queue() == [unwanted.chat, another.chat]
    await ann.does("accept", another.chat)
    await ann.does("resolve", another.chat)
    await office.settle()
    assert (await office.state(unwanted.chat)).state is State.QUEUED
    await office.later(OFFER + 10)
    assert (await office.state(unwanted.chat)).agent == ann.id


async def test_an_offer_nobody_wants_goes_round_once(office: Office) -> None:
    """Each is asked once, then it waits; whoever changes his or her mind claims it from the queue."""
    unwanted = await office.waiting()
    agents = {agent.id: agent for agent in [await office.agent("ann"), await office.agent("bo")]}
    asked = []
    for _ in agents:
        await office.settle()
        asked.append((await office.state(unwanted.chat)).agent or 0)
        await agents[asked[-1]].does("requeue", unwanted.chat)
    assert sorted(asked) == sorted(agents)
    await office.settle()
    assert (await office.state(unwanted.chat)).state is State.QUEUED
    await agents[asked[0]].does("accept", unwanted.chat)


async def test_who_gave_a_customer_back_gets_others_for_a_while(office: Office) -> None:
    """The only one here is not asked again at once, and the customer is told that nobody else is at work;
    who thinks better of it claims the conversation.
    """
    served = await office.waiting(language="en")
    ann = await office.agent("ann", capacity=2)
    await office.settle()
    await ann.does("accept", served.chat)
    await ann.does("requeue", served.chat)
    assert "nobody else is at work" in (await served.heard())[-1]
    another = await office.waiting()
    await office.later(OFFER + 1)
    assert (await office.state(served.chat)).state is State.QUEUED
    assert (await office.state(another.chat)).agent == ann.id
    await ann.does("accept", served.chat)
    await ann.does("requeue", served.chat)
    await ann.does("accept", another.chat)
    for _ in range(GAVE_BACK.seconds // 30 + 1):
        await ann.reads("/queue")
        await office.later(30)
    assert (await office.state(served.chat)).agent == ann.id


async def test_who_is_given_back_while_others_are_at_work_is_told_the_place(office: Office) -> None:
    """A busy colleague is at work, too: the customer waits for that one."""
    ann, bo = await office.agent("ann", status="away"), await office.agent("bo", capacity=1)
    busy, served = await office.waiting(), await office.waiting(language="en")
    await bo.does("accept", busy.chat)
    await ann.does("accept", served.chat)
    await ann.does("requeue", served.chat)
    assert "You're number 1 in the queue" in (await served.heard())[-1]


async def test_who_let_it_pass_comes_last_but_comes(office: Office) -> None:
    """Alone, the same agent is asked again: better than to let the customer wait for nobody."""
    waiting = await office.waiting()
    ann = await office.agent("ann")
    await office.settle()
    office.clock.advance(OFFER)
    await ann.reads("/queue")
    await office.settle()
    again = await office.state(waiting.chat)
    assert (again.agent, again.state, again.epoch) == (ann.id, State.OFFERED, 4)


async def test_two_ignored_offers_set_an_agent_away(office: Office) -> None:
    """Nobody at the desk, the screen open: after the second offer the customer waits for somebody else."""
    first, second = await office.waiting(), await office.waiting()
    ann = await office.agent("ann", capacity=1)
    await office.settle()
    for expected in (("ready", None), ("away", "ignored_offers")):
        office.clock.advance(OFFER)
        me = (await ann.reads("/session"))["agent"]
        assert (me["status"], me["status_reason"]) == ("ready", None)
        await office.settle()
        me = (await ann.reads("/session"))["agent"]
        assert (me["status"], me["status_reason"]) == expected
    assert await office.queue() == [first.chat, second.chat]
    assert (await office.state(first.chat)).state is State.QUEUED
    assert await first.heard() == []
    await ann.is_("ready")
    assert (await ann.reads("/session"))["agent"]["status_reason"] is None
    await office.settle()
    assert (await office.state(first.chat)).agent == ann.id


@pytest.mark.parametrize("act", ["accept", "requeue", "ready"])
async def test_an_answer_between_two_ignored_offers_counts(office: Office, act: str) -> None:
    """Whoever takes or declines an offer, or says to be ready, is at the desk."""
    await office.waiting()
    ann = await office.agent("ann", capacity=1)
    await _ignores(office, ann)
    offered = (await ann.reads("/conversations"))[0]["id"]
    if act == "ready":
        await ann.is_("ready")
    else:
        await ann.does(act, offered)
    if act == "accept":
        await ann.does("resolve", offered)
    await office.waiting()
    await _ignores(office, ann)
    assert (await ann.reads("/session"))["agent"]["status"] == "ready"


async def test_offers_ignored_at_once_all_go_on(office: Office) -> None:
    """Three offered at different moments: with the second that runs out, the third goes elsewhere, too."""
    ann = await office.agent("ann", capacity=3)
    chats = []
    for _ in range(3):
        chats.append((await office.waiting()).chat)
        await office.later(1)
    bo = await office.agent("bo", capacity=3)
    await office.later(OFFER - 3)
    await ann.reads("/queue")
    await office.later(1)
    await office.later(1)
    assert {(await office.state(chat)).agent for chat in chats} == {bo.id}


async def test_signing_in_anew_forgets_what_was_ignored(office: Office) -> None:
    """The reason is for who comes back to the same screen, not for tomorrow."""
    await office.waiting()
    ann = await office.agent("ann", capacity=1)
    await _ignores(office, ann)
    await _ignores(office, ann)
    assert (await ann.reads("/session"))["agent"]["status_reason"] == "ignored_offers"
    back = await office.signs_in("ann")
    me = (await back.reads("/session"))["agent"]
    assert (me["status"], me["status_reason"]) == ("away", None)


async def test_who_is_online(office: Office) -> None:
    """At a screen, ready or not; not who is gone, has signed out, ignores offers or serves nobody."""
    await office.agent("chief", roles=["admin"], status="away")
    assert not await _anybody_online(office)
    ann = await office.agent("ann", status="away")
    assert await _anybody_online(office)
    office.clock.advance(GONE + 1)
    assert not await _anybody_online(office)
    await ann.reads("/queue")
    assert await _anybody_online(office)
    await ann.is_("ready")
    waiting = await office.waiting()
    await _ignores(office, ann)
    await _ignores(office, ann)
    assert (await office.state(waiting.chat)).state is State.QUEUED
    assert not await _anybody_online(office)
    await ann.is_("away")
    assert await _anybody_online(office)
    await ann.http.delete("/session")
    assert not await _anybody_online(office)


async def test_away_gives_offers_back_and_keeps_customers(office: Office) -> None:
    """Going away: the open offer returns at once, who is being served stays."""
    served = await office.waiting()
    ann = await office.agent("ann")
    await office.settle()
    await ann.does("accept", served.chat)
    offered = await office.waiting()
    await office.settle()
    await ann.is_("away")
    assert (await office.state(offered.chat)).state is State.QUEUED
    assert (await office.state(served.chat)).agent == ann.id
    await office.settle()
    assert (await office.state(offered.chat)).state is State.QUEUED


async def test_gone_agent_keeps_nobody(office: Office) -> None:
    """An agent whose screen went dark: customers return to the front, hear it, and go to a colleague."""
    served = await office.waiting(language="en")
    ann = await office.agent("ann")
    await office.settle()
    await ann.does("accept", served.chat)
    office.clock.advance(GONE - 5)
    behind = await office.waiting()
    bo = await office.agent("bo", capacity=1, status="away")
    await office.settle()
    assert (await office.state(served.chat)).agent == ann.id
    await office.later(6)
    assert await office.queue() == [served.chat, behind.chat]
    assert "nobody else is at work" in (await served.heard())[-1]
    await bo.is_("ready")
    await office.settle()
    assert (await office.state(served.chat)).agent == bo.id


async def test_signing_out_strands_nobody(office: Office) -> None:
    """A program that signs out: whom it served and what it was offered go to a colleague at once."""
    served = await office.waiting(language="en")
    ann = await office.agent("ann")
    await office.settle()
    await ann.does("accept", served.chat)
    offered = await office.waiting()
    await office.settle()
    assert (await ann.http.delete("/session")).status_code == 204
    assert await office.queue() == [served.chat, offered.chat]
    assert {(await office.state(one.chat)).state for one in (served, offered)} == {State.QUEUED}
    assert "nobody else is at work" in (await served.heard())[-1]
    bo = await office.agent("bo")
    await office.settle()
    assert (await office.state(served.chat)).agent == bo.id


async def test_a_sign_out_that_was_cut_off_is_finished_by_the_queue(office: Office) -> None:
    """The session is over and the gateway died before it gave the customer back: the next round does it."""
    served = await office.waiting()
    ann = await office.agent("ann")
    await office.settle()
    await ann.does("accept", served.chat)
    await office.handoff.accounts.sign_out(await ann.me())
    await office.settle()
    assert (await office.state(served.chat)).state is State.QUEUED


async def test_signed_out_here_and_still_in_there_keeps_customers(office: Office) -> None:
    """Two browsers: the customer stays with the agent until the last one is left."""
    served = await office.waiting()
    ann = await office.agent("ann")
    other = await office.signs_in("ann")
    await office.settle()
    await ann.does("accept", served.chat)
    await other.http.delete("/session")
    await office.settle()
    assert (await office.state(served.chat)).agent == ann.id


async def test_who_is_signed_in_twice_may_leave_everywhere(office: Office) -> None:
    """The screen knows of the other browser; leaving everywhere gives the customers back at once."""
    served = await office.waiting()
    ann = await office.agent("ann")
    assert (await ann.reads("/session"))["elsewhere"] is False
    other = await office.signs_in("ann")
    assert (await ann.reads("/session"))["elsewhere"] is True
    await office.settle()
    await ann.does("accept", served.chat)
    assert (await ann.http.delete("/session", params={"everywhere": True})).status_code == 204
    assert (await office.state(served.chat)).state is State.QUEUED
    assert (await other.http.get("/session")).status_code == 401


async def test_everybody_names_the_same_place(office: Office) -> None:
    """Three came back at once, the youngest first: notice, chat header and queue give the same numbers."""
    customers = [await office.waiting(language="en") for _ in range(4)]
    ann = await office.agent("ann")
    await office.settle()
    for served in customers[:3]:
        await ann.does("accept", served.chat)
    await office.agent("bo", capacity=1, status="ready")
    await ann.is_("away")
    for served in reversed(customers[:3]):
        await ann.does("requeue", served.chat)
        place = (await office.queue()).index(served.chat) + 1
        assert f"number {place} in the queue" in (await served.heard())[-1]
    rows = await ann.reads("/queue")
    assert [row["id"] for row in rows] == [one.chat for one in customers]
    for row in rows:
        async with office.database.read() as tx:
            place = await conversations.position(tx, await office.state(row["id"]))
        assert place == row["position"]


async def test_who_is_offered_may_still_withdraw(office: Office) -> None:
    """The offer ends with it, and the agent who was just about to accept is told that it is gone."""
    waiting, another = await office.waiting(), await office.waiting()
    ann = await office.agent("ann", capacity=1)
    await office.settle()
    assert (await office.state(waiting.chat)).agent == ann.id
    await waiting.withdraws()
    assert (await ann.tries("accept", waiting.chat)).status_code == 409
    await office.settle()
    assert (await office.state(another.chat)).agent == ann.id


async def test_restart_gives_agents_time(office: Office, database: Database, clock: Clock) -> None:
    """The gateway was down for ten minutes, the agents were not gone: nobody loses a customer for it."""
    served = await office.waiting()
    ann = await office.agent("ann")
    await office.settle()
    await ann.does("accept", served.chat)
    clock.advance(600)
    restarted = Office(database, clock)
    await restarted.settle()
    assert (await restarted.state(served.chat)).agent == ann.id
    clock.advance(GONE + 1)
    await restarted.settle()
    assert (await restarted.state(served.chat)).state is State.QUEUED


async def test_offer_outlives_a_restart(office: Office, database: Database, clock: Clock) -> None:
    """Deadlines are rows: another gateway lets an offer run out."""
    waiting = await office.waiting()
    ann = await office.agent("ann")
    await office.settle()
    await ann.is_("ready")
    restarted = Office(database, clock)
    clock.advance(OFFER)
    await restarted.handoff.queue.take_back()
    assert (await restarted.state(waiting.chat)).excluded == ann.id


async def test_ready_agent_gets_the_next_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The running worker offers as soon as somebody is ready or asks; no sweep is needed."""
    monkeypatch.setattr("bot.store.watch._SWEEP_SECONDS", 600)
    waiting = await office.waiting()
    ann = await office.agent("ann", status="away")
    await office.handoff.start()
    try:
        with office.database.bus.subscribe("conversation") as notes:
            await ann.is_("ready")
            note = await asyncio.wait_for(notes.get(), 10)
        assert note["state"] == State.OFFERED
        assert (await office.state(waiting.chat)).agent == ann.id
        with office.database.bus.subscribe("conversation") as notes:
            another = await office.waiting()
            for expected in (State.QUEUED, State.OFFERED):
                note = await asyncio.wait_for(notes.get(), 10)
                assert (note["id"], note["state"]) == (another.chat, expected)
    finally:
        await office.handoff.stop()


async def test_fifty_customers_five_agents_many_allocators(
    office: Office, database: Database, clock: Clock
) -> None:
    """However many gateways offer at once: nobody has more than the capacity, and every place is filled."""
    agents = [await office.agent(f"agent{number}", capacity=number) for number in range(1, 6)]
    customers = [await office.waiting() for _ in range(50)]
    others = [await _another_gateway(database, clock) for _ in range(3)]
    queues = [office.handoff.queue, *(other.handoff.queue for other in others)]
    try:
        await asyncio.gather(*(queue.settle() for queue in queues * 2))
    finally:
        for other in others:
            if other.database is not database:
                await other.database.close()
    async with database.read() as tx:
        held = select(conversation.c.agent_id, func.count().label("load")).where(
            conversation.c.state == "offered"
        )
        loads = {row["agent_id"]: row["load"] for row in await tx.all(held.group_by(conversation.c.agent_id))}
        live = await tx.value(
            select(func.count()).select_from(assignment).where(assignment.c.ended_at.is_(None))
        )
    assert loads == {agent.id: number for number, agent in enumerate(agents, 1)}
    assert live == 15
    assert len(await office.queue()) == len(customers)
    first_served = {(await office.state(customer.chat)).state for customer in customers[:15]}
    assert first_served == {State.OFFERED}


async def test_claims_and_offers_at_once_never_exceed_capacity(
    office: Office, database: Database, clock: Clock
) -> None:
    """Agents claim from the list while two gateways offer: one owner each, never more than the capacity."""
    agents = [await office.agent(f"agent{number}", capacity=2) for number in range(4)]
    chats = [(await office.waiting()).chat for _ in range(12)]
    other = await _another_gateway(database, clock)
    try:
        claims = [agent.tries("accept", chat) for chat in chats for agent in agents]
        offers = [office.settle(), other.settle(), office.settle(), other.settle()]
        await asyncio.gather(*claims, *offers)
        async with database.read() as tx:
            held = select(func.count().label("load")).where(conversation.c.agent_id.is_not(None))
            loads = [row["load"] for row in await tx.all(held.group_by(conversation.c.agent_id))]
        assert max(loads) <= 2
        assert sum(loads) == 8
    finally:
        if other.database is not database:
            await other.database.close()


async def _anybody_online(office: Office) -> bool:
    async with office.database.read() as tx:
        return await anybody_online(tx, office.clock(), GONE)


async def _ignores(office: Office, agent: Agent) -> None:
    """An offer comes, and the agent, whose screen is open, does nothing about it."""
    await office.settle()
    office.clock.advance(OFFER)
    await agent.reads("/queue")
    await office.settle()


async def _another_gateway(database: Database, clock: Clock) -> Office:
    """On PostgreSQL with connections of its own; SQLite has one gateway, where a second worker does."""
    if not database.is_postgresql:
        return Office(database, clock)
    return Office(Database(database.url.render_as_string(hide_password=False)), clock)
