"""For agents: proving who they are, from the password to the session of every call."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from pwdlib import PasswordHash
from sqlalchemy import ColumnElement, RowMapping, delete, select, update

from bot.errors import AlreadyExists, Disabled, NotAuthenticated, RateLimited, WrongPassword
from bot.store.database import Database, Tx
from bot.store.tables import agent, session, signin_failure
from handoff.agents import Me, Role, Status

ADMIN = "admin"
# A session ends 12 hours after its last call, and 7 days after the sign-in however busy it was.
IDLE = timedelta(hours=12)
LIFETIME = timedelta(days=7)
# Many agents sit behind one office address; one login is one person.
_WINDOW = timedelta(minutes=15)
_TRIES_PER_LOGIN = 10
_TRIES_PER_ADDRESS = 30
_COUNTING = 0x6A69656C6A


class Accounts:
    """Agents, their passwords and their sessions."""

    def __init__(
        self, database: Database, hasher: PasswordHash, *, gone_seconds: float, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._now = now
        self._touch_every = timedelta(seconds=min(5.0, gone_seconds / 4))
        self._gone = timedelta(seconds=gone_seconds)
        # who does not exist takes as long to refuse as who does
        self._nobody = hasher.hash(secrets.token_urlsafe())

    async def sign_in(self, login: str, password: str, address: str) -> str:
        """Gives the token of a new session. Raises NotAuthenticated or Disabled; RateLimited after too many
        failures.
        """
        login = login.strip().lower()
        known, better_hash = await self._proven(login, password, address)
        if known is None:
            raise NotAuthenticated("The login or the password is wrong.", remedy="Check both and try again.")
        if known["status"] == Status.DISABLED:
            raise Disabled
        async with self._database.write() as tx:
            await tx.run(delete(signin_failure).where(signin_failure.c.login == login))
            fresh = {"seen_at": self._now(), "status_reason": None, "ignored_offers": 0}
            await _keep_proven(tx, known, password=better_hash or known["password"], **fresh)
            return await self._open_session(tx, known["id"])

    async def change_password(self, me: Me, current: str, new: str, address: str) -> None:
        """Takes a new password from who knows the present one, and ends the other sessions.

        Raises WrongPassword; RateLimited after too many failures, which count as failed sign-ins.
        """
        known, _ = await self._proven(me.login, current, address)
        if known is None:
            raise WrongPassword
        hashed = await self.hash(new)
        async with self._database.write() as tx:
            await tx.run(delete(signin_failure).where(signin_failure.c.login == me.login))
            await _keep_proven(tx, known, password=hashed)
            await self.end_sessions(tx, me.id, but=me.session)

    async def who(self, token: str) -> Me:
        """The agent whose session this is. Raises NotAuthenticated when there is none, or it is over."""
        me = await self.of_session(_hash(token))
        if me is None:
            raise NotAuthenticated("You are not signed in.")
        return me

    async def of_session(self, hashed: str) -> Me | None:
        """The agent of the session kept under this hash; None when it is over."""
        async with self._database.read() as tx:
            row = await tx.one(
                select(agent, session.c.csrf)
                .join(session, session.c.agent_id == agent.c.id)
                .where(session.c.token_hash == hashed, session.c.expires_at > self._now())
                .where(agent.c.status != Status.DISABLED.value)
            )
        if row is None:
            return None
        roles = frozenset(row["roles"])
        return Me(row["id"], row["login"], row["name"], roles, hashed, row["csrf"], row["seen_at"])

    async def touch(self, me: Me, *, called: bool = True) -> None:
        """The agent is here; when it was a call, the session lasts longer. Writes only every few seconds."""
        now = self._now()
        if me.seen_at is not None and now - me.seen_at < self._touch_every:
            return
        async with self._database.write() as tx:
            if called:
                until = now + IDLE
                longer = session.c.token_hash == me.session, session.c.created_at > until - LIFETIME
                await tx.run(update(session).where(*longer).values(expires_at=until))
            await tx.run(update(agent).where(agent.c.id == me.id).values(seen_at=now))
            if me.seen_at is None or now - me.seen_at > self._gone:
                tx.note("agent", id=me.id)

    async def elsewhere(self, me: Me) -> bool:
        """Whether the agent is signed in in another browser, too."""
        mine = session.c.agent_id == me.id, session.c.expires_at > self._now()
        others = select(session.c.agent_id).where(*mine, session.c.token_hash != me.session)
        async with self._database.read() as tx:
            return await tx.value(others.limit(1)) is not None

    async def sign_out(self, me: Me, *, everywhere: bool = False) -> None:
        """Ends this session, or all; after the last one the agent is away."""
        ends = session.c.agent_id == me.id if everywhere else session.c.token_hash == me.session
        async with self._database.write() as tx:
            await tx.run(delete(session).where(ends))
            await self._away_without_session(tx, me.id)
            tx.note("agent", id=me.id)

    async def create(
        self, login: str, password: str, name: str, roles: Collection[str], capacity: int
    ) -> int:
        """Adds an agent, away, and gives the id. Raises AlreadyExists when the login is taken."""
        hashed = await self.hash(password)
        async with self._database.write() as tx:
            agent_id = await self._add(tx, login.lower(), hashed, name, roles, capacity)
            if agent_id is None:
                raise AlreadyExists(f"The login {login.lower()} is taken.")
            tx.note("agent", id=agent_id)
        return agent_id

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        return await asyncio.to_thread(self._hasher.hash, password)

    async def end_sessions(self, tx: Tx, agent_id: int, *, but: str | None = None) -> None:
        """Signs an agent out in every browser, but for the session kept under the hash `but`."""
        mine = session.c.agent_id == agent_id
        await tx.run(delete(session).where(mine, session.c.token_hash != (but or "")))
        await self._away_without_session(tx, agent_id)
        tx.note("agent", id=agent_id)

    async def ensure_admin(self, tx: Tx, password: str | None) -> str | None:
        """A new installation gets its first agent; gives the password when it was made up here.

        A given `password` holds from now on: when the admin had another one, his or her sessions end.
        """
        row = await tx.one(select(agent.c.id, agent.c.password).where(agent.c.login == ADMIN))
        if row is None:
            if await tx.value(select(agent.c.id).limit(1)) is not None:
                return None
            chosen = secrets.token_urlsafe(12) if password is None else password
            added = await self._add(tx, ADMIN, self._hasher.hash(chosen), "Admin", list(Role), capacity=5)
            return chosen if added is not None and password is None else None
        if password is not None and not self._hasher.verify(password, row["password"]):
            new_hash = self._hasher.hash(password)
            await tx.run(update(agent).where(agent.c.id == row["id"]).values(password=new_hash))
            await tx.run(delete(session).where(session.c.agent_id == row["id"]))
        return None

    async def _proven(self, login: str, password: str, address: str) -> tuple[RowMapping | None, str | None]:
        """The agent's row, when this is the password, and a better hash, when there is one."""
        await self._count_try(login, address[:64])
        async with self._database.read() as tx:
            row = await tx.one(
                select(agent.c.id, agent.c.password, agent.c.status).where(agent.c.login == login)
            )
        kept = row["password"] if row else self._nobody
        right, better_hash = await asyncio.to_thread(self._hasher.verify_and_update, password, kept)
        return (row, better_hash) if right else (None, None)

    async def _count_try(self, login: str, address: str) -> None:
        """Counts the try as failed before it is known to be, so that many at once are counted too."""
        now = self._now()
        async with self._database.write() as tx:
            await tx.alone(_COUNTING)  # transactions that began together would not see each other's
            await tx.run(delete(signin_failure).where(signin_failure.c.at <= now - _WINDOW))
            await _refuse_after(tx, signin_failure.c.login == login, _TRIES_PER_LOGIN, now)
            await _refuse_after(tx, signin_failure.c.address == address, _TRIES_PER_ADDRESS, now)
            await tx.insert(signin_failure, login=login, address=address, at=now)

    async def _open_session(self, tx: Tx, agent_id: int) -> str:
        now, token = self._now(), secrets.token_urlsafe(32)
        await tx.run(delete(session).where(session.c.expires_at <= now))
        # who left by closing the browser yesterday does not start today as ready
        await self._away_without_session(tx, agent_id)
        await tx.run(
            session.insert().values(
                token_hash=_hash(token),
                agent_id=agent_id,
                csrf=secrets.token_urlsafe(32),
                created_at=now,
                expires_at=now + IDLE,
            )
        )
        tx.note("agent", id=agent_id)
        return token

    async def _away_without_session(self, tx: Tx, agent_id: int) -> None:
        now = self._now()
        live = select(session.c.agent_id).where(session.c.agent_id == agent_id, session.c.expires_at > now)
        gone = agent.c.id == agent_id, agent.c.status == Status.READY.value, ~live.exists()
        await tx.run(update(agent).where(*gone).values(status=Status.AWAY.value, status_since=now))

    async def _add(
        self, tx: Tx, login: str, hashed: str, name: str, roles: Collection[str], capacity: int
    ) -> int | None:
        now = self._now()
        return await tx.insert_new(
            agent,
            login=login,
            name=name,
            password=hashed,
            roles=sorted(set(roles)),
            capacity=capacity,
            status=Status.AWAY.value,
            status_since=now,
            created_at=now,
        )


async def _keep_proven(tx: Tx, known: RowMapping, **values: Any) -> None:
    """Changes the agent, unless password or account have changed while the hash was being computed."""
    same = agent.c.id == known["id"], agent.c.password == known["password"]
    still = *same, agent.c.status != Status.DISABLED.value
    if not await tx.run(update(agent).where(*still).values(**values)):
        raise NotAuthenticated("The account has just changed.")


async def _refuse_after(tx: Tx, which: ColumnElement[bool], tries: int, now: datetime) -> None:
    """When there are `tries` failures in the window, the oldest of them has to grow old first."""
    recent = select(signin_failure.c.at).where(which).order_by(signin_failure.c.at.desc())
    oldest = await tx.value(recent.offset(tries - 1).limit(1))
    if oldest is not None:
        wait = math.ceil((oldest + _WINDOW - now).total_seconds())
        raise RateLimited("Too many failed sign-ins.", retry_after=max(wait, 1))


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
