"""For agents' screens and programs: `/api/v1` over HTTP, described at `/api/v1/openapi.json`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query, Request, Response, Security
from fastapi.security import APIKeyCookie
from sse_starlette import EventSourceResponse

from bot.errors import Forbidden, JieliError, NotAuthenticated
from bot.http import check_origin, install_error_handlers
from bot.streams import event_stream
from handoff import views
from handoff.accounts import LIFETIME, Accounts
from handoff.agents import Me
from handoff.desk import Desk
from handoff.events import Events
from handoff.lookups import Lookups
from handoff.outages import Outages
from handoff.queue import Queue
from handoff.team import Team

PREFIX = "/api/v1"
COOKIE = "jieli_session"
_SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Parts:
    """What the calls work with."""

    accounts: Accounts
    team: Team
    desk: Desk
    queue: Queue
    lookups: Lookups
    outages: Outages
    events: Events
    brain_state: Callable[[], str]
    refused: Callable[[str, str], None]
    version: str
    public_url: str | None


def make_api(parts: Parts) -> FastAPI:
    """The application to mount at PREFIX."""
    api = FastAPI(
        title="Jieli: agents' API",
        version=parts.version,
        docs_url=None,
        redoc_url=None,
        responses={code: {"model": views.Refusal} for code in (400, 401, 403, 404, 409, 413, 422, 429)},
    )
    api.state.parts = parts
    api.include_router(_router)
    install_error_handlers(api)
    return api


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


Here = Annotated[Parts, Depends(_parts)]


async def _same_site(request: Request, here: Here) -> None:
    """A call that changes something comes from our own pages, or from a program."""
    if request.method not in _SAFE:
        check_origin(request, here.public_url)


async def _signed_in(
    request: Request,
    here: Here,
    token: Annotated[str | None, Security(APIKeyCookie(name=COOKIE, auto_error=False))] = None,
    x_csrf_token: Annotated[str | None, Header(description="On calls that change something.")] = None,
) -> Me:
    try:
        me = await here.accounts.who(token or "")
        if request.method not in _SAFE and not _same(x_csrf_token or "", me.csrf):
            raise Forbidden("X-CSRF-Token is missing or wrong.", remedy="Read it with GET /api/v1/session.")
    except NotAuthenticated as error:
        here.refused("api", "csrf" if isinstance(error, Forbidden) else "session")
        raise
    await here.accounts.touch(me)
    return me


async def _admin(me: Annotated[Me, Depends(_signed_in)]) -> Me:
    if not me.is_admin:
        raise Forbidden("Only an administrator may do this.")
    return me


Signed = Annotated[Me, Depends(_signed_in)]
Admin = Annotated[Me, Depends(_admin)]
Given = views.Step | None
# beyond this no database numbers its rows
_Id = Path(alias="id", ge=1, lt=2**63)
ConversationId = Annotated[int, _Id]
AgentId = Annotated[int, _Id]
OutageId = Annotated[int, _Id]

_router = APIRouter(dependencies=[Depends(_same_site)])


@_router.post("/session")
async def sign_in(request: Request, response: Response, here: Here, given: views.SignIn) -> views.SignedIn:
    """Sign in: sets the session cookie. Every call that changes something carries csrf as X-CSRF-Token."""
    try:
        token = await here.accounts.sign_in(given.login, given.password, _address(request))
    except JieliError as error:
        here.refused("api", error.code)
        raise
    _set_cookie(response, token, here)
    return await _known(here, await here.accounts.who(token))


@_router.get("/session")
async def who_am_i(here: Here, me: Signed) -> views.SignedIn:
    """Who is signed in, and whether in another browser, too."""
    return await _known(here, me)


@_router.delete("/session", status_code=204)
async def sign_out(response: Response, here: Here, me: Signed, everywhere: bool = False) -> None:
    """Sign out, here or everywhere. After the last session the agent is away, and whom he or she had goes to
    somebody else.
    """
    await here.accounts.sign_out(me, everywhere=everywhere)
    await here.queue.take_back(me.id)
    response.delete_cookie(COOKIE)


@_router.put("/me/status")
async def set_status(here: Here, me: Signed, given: views.StatusChange) -> views.Agent:
    """Be ready for offers, or away."""
    await here.desk.set_status(me, given.status)
    return await here.lookups.agent(me.id)


@_router.put("/me/password")
async def change_password(
    request: Request, here: Here, me: Signed, given: views.PasswordChange
) -> views.Agent:
    """Take a new password. My other sessions end."""
    try:
        await here.accounts.change_password(me, given.current, given.new, _address(request))
    except JieliError as error:
        here.refused("api", error.code)
        raise
    return await here.lookups.agent(me.id)


@_router.get("/queue")
async def queue(here: Here, _: Signed) -> list[views.Row]:
    """Who waits or is offered, in the order in which they are served."""
    return await here.lookups.queue()


@_router.get("/conversations")
async def conversations(here: Here, me: Signed) -> list[views.Row]:
    """What is offered to me or active with me."""
    return await here.lookups.mine(me)


@_router.get("/conversations/{id}")
async def conversation(
    here: Here,
    me: Signed,
    which: ConversationId,
    before: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> views.Conversation:
    """A conversation whole, with its newest 500 messages; older ones come with `before` a seq."""
    return await here.lookups.conversation(me, which, before)


@_router.post("/conversations/{id}/accept")
async def accept(here: Here, me: Signed, which: ConversationId, given: Given = None) -> views.Row:
    """Take an offer made to me, or claim a waiting conversation."""
    await here.desk.accept(me, which, given.epoch if given else None)
    return await here.lookups.row(which)


@_router.post("/conversations/{id}/resolve")
async def resolve(here: Here, me: Signed, which: ConversationId, given: Given = None) -> views.Row:
    """Give the conversation back to the bot."""
    await here.desk.resolve(me, which, given.epoch if given else None)
    return await here.lookups.row(which)


@_router.post("/conversations/{id}/requeue")
async def requeue(here: Here, me: Signed, which: ConversationId, given: Given = None) -> views.Row:
    """Give an offer or a conversation of mine back to the front of the queue."""
    await here.desk.requeue(me, which, given.epoch if given else None)
    return await here.lookups.row(which)


@_router.post("/conversations/{id}/reply", status_code=201)
async def reply(here: Here, me: Signed, which: ConversationId, given: views.Reply) -> views.Message:
    """Say something to the customer. Sent again with the same `id`, it is the same message."""
    said = await here.desk.reply(me, which, given.text, client_id=given.id, epoch=given.epoch)
    return await here.lookups.message(said)


@_router.get("/agents")
async def agents(here: Here, _: Signed) -> list[views.Agent]:
    """Every agent, by name."""
    return await here.lookups.agents()


@_router.post("/agents", status_code=201)
async def add_agent(here: Here, _: Admin, given: views.NewAgent) -> views.Agent:
    """Add an agent, away at first. For administrators."""
    known = given.model_dump()
    return await here.lookups.agent(await here.accounts.create(**known))


@_router.patch("/agents/{id}")
async def change_agent(here: Here, me: Admin, which: AgentId, given: views.AgentChange) -> views.Agent:
    """Rename an agent, change roles or capacity, set a password, disable or enable. For administrators."""
    await here.team.change(me, which, **given.model_dump())
    return await here.lookups.agent(which)


@_router.get("/outages")
async def outages(here: Here, _: Signed) -> views.Outages:
    """The outage notices that are live or were within a week, and what one may be about."""
    return await here.outages.known()


@_router.post("/outages", status_code=201)
async def pin_outage(here: Here, me: Admin, given: views.NewOutage) -> views.Outage:
    """Pin an outage notice: the bot answers with it until it is over. For administrators."""
    return await here.outages.pin(me, given)


@_router.patch("/outages/{id}")
async def change_outage(here: Here, _: Admin, which: OutageId, given: views.OutageChange) -> views.Outage:
    """Give a live notice another text or end. Who has heard it hears it once more. For administrators."""
    return await here.outages.change(which, given)


@_router.post("/outages/{id}/end")
async def end_outage(here: Here, me: Admin, which: OutageId) -> views.Outage:
    """Take a notice back, and tell whoever asked to be told. For administrators."""
    return await here.outages.end(me, which)


@_router.get("/status")
async def status(here: Here, _: Signed) -> views.System:
    """How the installation is."""
    waiting = await here.lookups.waiting()
    return views.System.model_validate(
        {"brain": here.brain_state(), "waiting": waiting, "version": here.version}
    )


_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: hello, queue, conversation, agent, status, outage. "
        "Fetch everything after `hello`, and what an event names after that event.",
        "content": {"text/event-stream": {}},
    }
}


@_router.get("/events", response_class=EventSourceResponse, responses=_STREAM)
async def events(here: Here, me: Signed) -> EventSourceResponse:
    """What changes, as it happens. While it is open, the agent counts as here."""
    return event_stream(here.events.stream(me))


async def _known(here: Parts, me: Me) -> views.SignedIn:
    agent, elsewhere = await here.lookups.agent(me.id), await here.accounts.elsewhere(me)
    return views.SignedIn(csrf=me.csrf, agent=agent, elsewhere=elsewhere)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _set_cookie(response: Response, token: str, here: Parts) -> None:
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=bool(here.public_url and here.public_url.startswith("https:")),
    )


def _same(given: str, wanted: str) -> bool:
    return compare_digest(given.encode(), wanted.encode())
