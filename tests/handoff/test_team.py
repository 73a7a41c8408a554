"""How administrators keep the team, and how agents change their own password."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.errors import LastAdmin
from handoff.agents import Status
from handoff.team import Team
from tests.handoff.office import PASSWORD, Agent, Office
from tests.handoff.test_api import WRONG, problem

NEW = "another long password"
BOTH = ["admin", "agent"]


async def changes(boss: Agent, who: Agent, **change: Any) -> dict[str, Any]:
    """A change that must be carried out; gives the agent as changed."""
    response = await boss.http.patch(f"/agents/{who.id}", json=change)
    assert response.status_code == 200, response.text
    changed: dict[str, Any] = response.json()
    return changed


async def sign_in(office: Office, login: str, password: str) -> int:
    stranger = Agent(office)
    return (await stranger.http.post("/session", json={"login": login, "password": password})).status_code


async def test_an_agent_is_renamed_and_given_other_limits(office: Office) -> None:
    """What is left out stays; the agent goes on working, under the new name."""
    boss, ann = await office.agent("boss", roles=BOTH, status="away"), await office.agent("ann")
    waiting = await office.waiting()
    await ann.does("accept", waiting.chat)
    changed = await changes(boss, ann, name=" 林小舟 ", capacity=1)
    assert (changed["name"], changed["capacity"], changed["roles"]) == ("林小舟", 1, ["agent"])
    assert (changed["status"], changed["load"]) == ("ready", 1)
    assert await changes(boss, ann) == changed
    assert (await ann.does("reply", waiting.chat, text="您好"))["name"] == "林小舟"


async def test_a_disabled_agent_is_out_at_once_and_gives_everything_back(office: Office) -> None:
    """The customer goes to the front of the queue and is told; the one offered goes to somebody else."""
    boss, ann = await office.agent("boss", roles=BOTH, status="away"), await office.agent("ann")
    served, offered = await office.waiting(), await office.waiting()
    await ann.does("accept", served.chat)
    await office.settle()
    assert (await office.state(offered.chat)).agent == ann.id
    stream = office.handoff.events.stream(await ann.me())
    await office.handoff.events.start()
    assert (await anext(stream)).event == "hello"

    assert (await changes(boss, ann, disabled=True))["status"] == "disabled"
    problem(await ann.http.get("/session"), 401)
    async with asyncio.timeout(60):
        assert {told.event async for told in stream} <= {"agent", "conversation", "queue"}
    await office.handoff.events.stop()
    assert sorted(await office.queue()) == sorted([served.chat, offered.chat])
    for chat in (served.chat, offered.chat):
        assert (await office.state(chat)).agent is None
    assert "没有别的同事在岗" in (await served.heard())[-1]

    bob = await office.agent("bob")
    await office.settle()
    assert {(await office.state(chat)).agent for chat in (served.chat, offered.chat)} == {bob.id}


async def test_a_disabled_agent_cannot_come_back_until_enabled(office: Office) -> None:
    """Who has the right password reads why; who has not learns nothing. Enabled again, the agent is away."""
    boss, ann = await office.agent("boss", roles=BOTH, status="away"), await office.agent("ann")
    await changes(boss, ann, disabled=True)
    stranger = Agent(office)
    refused = await stranger.http.post("/session", json={"login": "ann", "password": PASSWORD})
    assert problem(refused, 403)["code"] == "disabled"
    refused = await stranger.http.post("/session", json={"login": "ann", "password": "wrong password"})
    assert problem(refused, 401)["code"] == "not_authenticated"
    assert (await changes(boss, ann, name="Anna"))["status"] == "disabled"

    assert (await changes(boss, ann, disabled=False))["status"] == "away"
    again = await office.signs_in("ann")
    await again.is_("ready")
    assert (await changes(boss, ann, disabled=False))["status"] == "ready"


@pytest.mark.parametrize("change", [{"disabled": True}, {"password": NEW}], ids=["disabled", "password"])
async def test_changed_while_signing_in(
    office: Office, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    """A sign-in that was under way with the old password comes too late."""
    boss, ann = await office.agent("boss", roles=BOTH, status="away"), await office.agent("ann")
    checked = office.handoff.accounts._proven

    async def changed_meanwhile(*given: str) -> Any:
        known = await checked(*given)
        await changes(boss, ann, **change)
        return known

    monkeypatch.setattr(office.handoff.accounts, "_proven", changed_meanwhile)
    assert await sign_in(office, "ann", PASSWORD) == 401


async def test_disabled_while_getting_ready(office: Office) -> None:
    """A call that was under way does not bring a disabled agent back."""
    boss, ann = await office.agent("boss", roles=BOTH, status="away"), await office.agent("ann")
    me = await ann.me()
    await changes(boss, ann, disabled=True)
    await office.handoff.desk.set_status(me, Status.READY)
    assert (await office.handoff.lookups.agent(ann.id)).status == "disabled"


async def test_the_last_admin_stays(office: Office) -> None:
    """Neither disabled nor made an agent only; with a second one, either may go, but not both at once."""
    boss = await office.agent("boss", roles=BOTH, status="away")
    for change in ({"disabled": True}, {"roles": ["agent"]}):
        answer = await boss.http.patch(f"/agents/{boss.id}", json=change)
        assert problem(answer, 409)["code"] == "last_admin"
    ann = await office.agent("ann")
    await changes(boss, ann, roles=BOTH)

    team = Team(office.database, office.handoff.accounts, office.handoff.queue, now=office.clock)
    both = [team.change(await me.me(), other.id, disabled=True) for me, other in ((boss, ann), (ann, boss))]
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {LastAdmin, type(None)}


async def test_who_is_admin_only_is_offered_nobody(office: Office) -> None:
    """An agent who no longer serves customers is away."""
    boss, ann = await office.agent("boss", roles=BOTH, status="away"), await office.agent("ann")
    assert (await changes(boss, ann, roles=["admin"]))["status"] == "away"


async def test_an_admin_sets_a_new_password(office: Office) -> None:
    """It replaces a forgotten or a stolen one: its sessions end, and so does what they held."""
    boss, ann = await office.agent("boss", roles=BOTH, status="away"), await office.agent("ann")
    offered = await office.waiting()
    await office.settle()
    await changes(boss, ann, password=NEW)
    problem(await ann.http.get("/session"), 401)
    assert (await office.state(offered.chat)).agent is None
    assert await sign_in(office, "ann", PASSWORD) == 401
    assert await sign_in(office, "ann", NEW) == 200

    await changes(boss, boss, password=NEW)
    assert (await boss.reads("/session"))["agent"]["login"] == "boss"
    assert await sign_in(office, "boss", NEW) == 200


async def test_only_admins_change_agents(office: Office) -> None:
    """Not even one's own name; nobody is changed who does not exist; nothing senseless is taken."""
    boss, ann = await office.agent("boss", roles=BOTH, status="away"), await office.agent("ann")
    problem(await ann.http.patch(f"/agents/{ann.id}", json={"roles": BOTH}), 403)
    problem(await boss.http.patch("/agents/999", json={"name": "Eve"}), 404)
    for field in ("password", "name", "roles", "capacity"):
        for value in WRONG[field]:
            answer = await boss.http.patch(f"/agents/{ann.id}", json={field: value})
            assert problem(answer, 422)["message"].startswith(field)
    assert (await ann.reads("/session"))["agent"]["name"] == "Ann"


async def test_the_roles_of_an_open_stream_are_todays(office: Office) -> None:
    """Who is made an agent only hears no more of other people's conversations."""
    boss, ann = await office.agent("boss", roles=BOTH, status="away"), await office.agent("ann", roles=BOTH)
    quiet = await office.customer()
    stream = office.handoff.events.stream(await ann.me())
    await office.handoff.events.start()
    await anext(stream)
    await changes(boss, ann, roles=["agent"])
    assert (await asyncio.wait_for(anext(stream), 10)).event == "agent"
    async with office.database.write() as tx:
        tx.note("thread", conversation=quiet.chat)
    async with office.database.write() as tx:
        tx.note("brain")
    assert (await asyncio.wait_for(anext(stream), 10)).event == "status"
    await office.handoff.events.stop()


async def test_ones_own_password(office: Office) -> None:
    """The present one has to be known; other browsers are signed out, this one stays."""
    ann = await office.agent("ann")
    elsewhere = await office.signs_in("ann")
    wrong = await ann.http.put("/me/password", json={"current": "wrong password", "new": NEW})
    assert problem(wrong, 400)["code"] == "wrong_password"
    short = await ann.http.put("/me/password", json={"current": PASSWORD, "new": "123456789"})
    assert problem(short, 422)["message"].startswith("new")
    assert await sign_in(office, "ann", PASSWORD) == 200

    right = await ann.http.put("/me/password", json={"current": PASSWORD, "new": NEW})
    assert (right.status_code, right.json()["status"]) == (200, "ready")
    problem(await elsewhere.http.get("/session"), 401)
    assert (await ann.reads("/session"))["agent"]["login"] == "ann"
    assert await sign_in(office, "ann", PASSWORD) == 401
    assert await sign_in(office, "ann", NEW) == 200


async def test_a_found_screen_is_no_way_to_guess_the_password(office: Office) -> None:
    """Wrong guesses count as failed sign-ins do."""
    ann = await office.agent("ann")
    for _ in range(10):
        wrong = await ann.http.put("/me/password", json={"current": "wrong password", "new": NEW})
        problem(wrong, 400)
    limited = await ann.http.put("/me/password", json={"current": PASSWORD, "new": NEW})
    assert problem(limited, 429)["code"] == "rate_limited"
    assert await sign_in(office, "ann", PASSWORD) == 429
