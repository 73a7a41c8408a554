"""How agents prove who they are, and how others do not."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest
from pwdlib import PasswordHash
from sqlalchemy import func, select

from bot.errors import AlreadyExists, NotAuthenticated, RateLimited
from bot.store.database import Database
from bot.store.tables import agent, session
from handoff.accounts import IDLE, LIFETIME, Accounts
from tests.handoff.office import GONE, PASSWORD, Clock, Office

HOME = "192.0.2.1"


@pytest.fixture
def accounts(database: Database, clock: Clock) -> Accounts:
    """Accounts with the hash of a real installation."""
    return Accounts(database, PasswordHash.recommended(), gone_seconds=GONE, now=clock)


async def test_new_installation_has_one_admin_away(accounts: Accounts, database: Database) -> None:
    """The first start makes a password up and tells it; the second does not."""
    async with database.write() as tx:
        password = await accounts.ensure_admin(tx, None)
    async with database.write() as tx:
        assert await accounts.ensure_admin(tx, None) is None
    assert password is not None
    assert len(password) >= 16
    me = await accounts.who(await accounts.sign_in("Admin ", password, HOME))
    assert (me.login, me.name, me.roles) == ("admin", "Admin", frozenset({"admin", "agent"}))
    async with database.read() as tx:
        row = await tx.one(select(agent))
    assert row is not None
    assert row["status"] == "away"
    assert row["password"].startswith("$argon2id$")


async def test_first_start_shows_the_password_once(office: Office, database: Database, clock: Clock) -> None:
    """The password that the first start gives works; a later start has none to show."""
    await office.handoff.start()
    await office.handoff.stop()
    again = Office(database, clock)
    await again.handoff.start()
    await again.handoff.stop()
    assert again.handoff.first_password is None
    admin = await again.signs_in("admin", office.handoff.first_password or "")
    assert (await admin.reads("/session"))["agent"]["roles"] == ["admin", "agent"]


async def test_given_password_holds_from_now_on(accounts: Accounts, database: Database) -> None:
    """A password set by the operator replaces the one before, and ends the sessions made with that."""
    async with database.write() as tx:
        assert await accounts.ensure_admin(tx, "the first password") is None
    token = await accounts.sign_in("admin", "the first password", HOME)
    async with database.write() as tx:
        await accounts.ensure_admin(tx, "the first password")
    assert (await accounts.who(token)).login == "admin"
    async with database.write() as tx:
        await accounts.ensure_admin(tx, "another password")
    with pytest.raises(NotAuthenticated):
        await accounts.who(token)
    with pytest.raises(NotAuthenticated):
        await accounts.sign_in("admin", "the first password", HOME)
    await accounts.sign_in("admin", "another password", HOME)


async def test_unknown_login_takes_as_long_as_a_wrong_password(accounts: Accounts) -> None:
    """Whether somebody exists cannot be told from the time: both compute one hash."""
    await accounts.create("ann", PASSWORD, "Ann", ["agent"], 3)

    async def seconds(login: str) -> float:
        begun = time.process_time()
        with pytest.raises(NotAuthenticated):
            await accounts.sign_in(login, "wrong password", HOME)
        return time.process_time() - begun

    known = [await seconds("ann") for _ in range(4)]
    unknown = [await seconds("nobody") for _ in range(4)]
    # without the hash it would be a hundredth
    assert min(unknown) > min(known) / 3


async def test_ten_failures_close_a_login_for_a_while(office: Office) -> None:
    """The eleventh try is refused unseen, right or wrong, until the first failure is 15 minutes old."""
    accounts = office.handoff.accounts
    await accounts.create("ann", PASSWORD, "Ann", ["agent"], 3)
    for number in range(10):
        with pytest.raises(NotAuthenticated):
            await accounts.sign_in("ann", "wrong password", f"192.0.2.{number}")
        office.clock.advance(10)
    with pytest.raises(RateLimited) as refused:
        await accounts.sign_in("ANN", PASSWORD, HOME)
    assert refused.value.retry_after == 800
    office.clock.advance(799)
    with pytest.raises(RateLimited):
        await accounts.sign_in("ann", PASSWORD, HOME)
    office.clock.advance(1)
    await accounts.sign_in("ann", PASSWORD, HOME)
    for _ in range(10):
        with pytest.raises(NotAuthenticated):
            await accounts.sign_in("ann", "wrong password", HOME)


async def test_many_logins_from_one_address_are_refused(office: Office) -> None:
    """Who tries one password on everybody is stopped by the address; other addresses are not."""
    accounts = office.handoff.accounts
    await accounts.create("ann", PASSWORD, "Ann", ["agent"], 3)
    for number in range(30):
        with pytest.raises(NotAuthenticated):
            await accounts.sign_in(f"agent{number}", "password123", HOME)
    with pytest.raises(RateLimited):
        await accounts.sign_in("ann", PASSWORD, HOME)
    await accounts.sign_in("ann", PASSWORD, "192.0.2.2")


async def test_guesses_at_once_are_counted(office: Office) -> None:
    """Forty guesses sent together are not forty tries."""
    accounts = office.handoff.accounts
    await accounts.create("ann", PASSWORD, "Ann", ["agent"], 3)
    tries = [accounts.sign_in("ann", f"guess {number}", f"192.0.2.{number}") for number in range(40)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    seen = sum(type(outcome) is NotAuthenticated for outcome in outcomes)
    assert seen == 10
    assert sum(isinstance(outcome, RateLimited) for outcome in outcomes) == 40 - seen


async def test_session_ends_after_half_a_day_without_a_call(office: Office) -> None:
    """Every call makes it last 12 hours more, for 7 days at most."""
    accounts = office.handoff.accounts
    await accounts.create("ann", PASSWORD, "Ann", ["agent"], 3)
    token = await accounts.sign_in("ann", PASSWORD, HOME)
    begun = office.clock()
    while office.clock() - begun < LIFETIME - IDLE:
        office.clock.advance(IDLE.total_seconds() - 1)
        await accounts.touch(await accounts.who(token))
    assert office.clock() - begun < LIFETIME
    office.clock.time = begun + LIFETIME
    with pytest.raises(NotAuthenticated):
        await accounts.who(token)

    idle = await accounts.sign_in("ann", PASSWORD, HOME)
    office.clock.time += IDLE
    with pytest.raises(NotAuthenticated):
        await accounts.who(idle)


async def test_tokens_are_kept_hashed(office: Office) -> None:
    """Whoever reads the database cannot call with what stands there; old sessions are cleared away."""
    accounts = office.handoff.accounts
    await accounts.create("ann", PASSWORD, "Ann", ["agent"], 3)
    token = await accounts.sign_in("ann", PASSWORD, HOME)
    async with office.database.read() as tx:
        row = await tx.one(select(session))
    assert row is not None
    assert token not in row.values()
    with pytest.raises(NotAuthenticated):
        await accounts.who(row["token_hash"])
    office.clock.advance(IDLE.total_seconds())
    await accounts.sign_in("ann", PASSWORD, HOME)
    async with office.database.read() as tx:
        assert await tx.value(select(func.count()).select_from(session)) == 1


async def test_away_after_the_last_session(office: Office) -> None:
    """Signed out in one browser and still in another: ready. In none: away, though never signed out."""
    ann = await office.agent("ann")
    again = await office.signs_in("ann")
    assert (await again.http.delete("/session")).status_code == 204
    assert (await ann.reads("/session"))["agent"]["status"] == "ready"
    await ann.http.delete("/session")
    back = await office.signs_in("ann")
    assert (await back.reads("/session"))["agent"]["status"] == "away"
    await back.is_("ready")
    office.clock.advance(IDLE.total_seconds())
    tomorrow = await office.signs_in("ann")
    assert (await tomorrow.reads("/session"))["agent"]["status"] == "away"


async def test_presence_is_written_only_now_and_then(office: Office) -> None:
    """A screen that calls ten times a second costs one write in five seconds."""
    ann = await office.agent("ann")
    seen = (await ann.me()).seen_at
    office.clock.advance(4.9)
    await ann.reads("/queue")
    assert (await ann.me()).seen_at == seen
    office.clock.advance(0.1)
    await ann.reads("/queue")
    assert (await ann.me()).seen_at == office.clock() == (seen or office.clock()) + timedelta(seconds=5)


async def test_a_login_is_taken_once(office: Office) -> None:
    """However it is written."""
    accounts = office.handoff.accounts
    await accounts.create("ann", PASSWORD, "Ann", ["agent"], 3)
    with pytest.raises(AlreadyExists):
        await accounts.create("Ann", PASSWORD, "Another", ["agent"], 3)
