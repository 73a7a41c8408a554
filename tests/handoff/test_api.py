"""The doors of the agents' API: who may come in, and how it says no."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.handoff.office import PASSWORD, Agent, Clock, Office

UNSAFE = [
    ("DELETE", "/session"),
    ("PUT", "/me/status"),
    ("POST", "/conversations/1/accept"),
    ("POST", "/conversations/1/reply"),
    ("POST", "/conversations/1/resolve"),
    ("POST", "/conversations/1/requeue"),
    ("POST", "/agents"),
    ("PATCH", "/agents/1"),
    ("PUT", "/me/password"),
    ("POST", "/outages"),
    ("PATCH", "/outages/1"),
    ("POST", "/outages/1/end"),
]
SAFE = [
    "/session",
    "/queue",
    "/conversations",
    "/conversations/1",
    "/agents",
    "/status",
    "/outages",
    "/events",
]
BODY = {
    "status": "ready",
    "text": "hello",
    "login": "eve",
    "password": "long enough",
    "name": "Eve",
    "current": PASSWORD,
    "new": "long enough",
}
AS_JSON = {"Content-Type": "application/json"}
WRONG: dict[str, list[Any]] = {
    "login": ["a", "no spaces", "-dash", "x" * 65],
    "password": ["123456789"],
    "name": [" ", "x" * 121, "\0"],
    "roles": [[], ["king"]],
    "capacity": [0, 21, "many"],
}


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """The error of a refused call, in the one form that all have."""
    assert response.status_code == status, response.text
    error: dict[str, Any] = response.json()["error"]
    assert set(error) == {"code", "message", "remedy", "holder"}
    assert error["message"]
    return error


async def test_cookie_and_csrf(office: Office) -> None:
    """Signing in sets a cookie that scripts cannot read, and gives the token that calls carry."""
    await office.agent("ann", status="away")
    stranger = Agent(office)
    response = await stranger.http.post("/session", json={"login": "ann", "password": PASSWORD})
    cookie = response.headers["set-cookie"].lower()
    assert cookie.startswith("jieli_session=")
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "secure" not in cookie
    assert response.json()["agent"] == {
        "id": response.json()["agent"]["id"],
        "login": "ann",
        "name": "Ann",
        "roles": ["agent"],
        "capacity": 3,
        "status": "away",
        "load": 0,
        "status_reason": None,
    }
    assert (await stranger.reads("/session"))["csrf"] == response.json()["csrf"]


async def test_cookie_is_secure_behind_https(office: Office, clock: Clock) -> None:
    """A public https address: the cookie never travels in the clear."""
    await office.agent("ann", status="away")
    public = Office(office.database, clock, JIELI_PUBLIC_URL="https://desk.example")
    response = await Agent(public).http.post("/session", json={"login": "ann", "password": PASSWORD})
    assert "; Secure" in response.headers["set-cookie"]


async def test_nobody_comes_in_without_a_session(office: Office) -> None:
    """No cookie, or one that was made up: 401, counted."""
    stranger = Agent(office)
    calls = [*UNSAFE, *(("GET", path) for path in SAFE)]
    for cookie in ("", "made-up"):
        stranger.http.cookies.set("jieli_session", cookie)
        for method, path in calls:
            body = None if method == "GET" else BODY
            answer = await stranger.http.request(method, path, json=body, headers={"X-CSRF-Token": "x"})
            assert problem(answer, 401)["code"] == "not_authenticated"
    assert office.refusals == [("api", "session")] * 2 * len(calls)


async def test_what_changes_something_needs_the_csrf_token(office: Office) -> None:
    """Missing, wrong, or another session's: 403, counted, and nothing happens."""
    ann = await office.agent("ann", roles=["admin", "agent"])
    tokens = [b"", b"wrong", "é".encode(), (await office.signs_in("ann")).csrf.encode()]
    del ann.http.headers["X-CSRF-Token"]
    for method, path in UNSAFE:
        assert problem(await ann.http.request(method, path, json=BODY), 403)["code"] == "forbidden"
        for token in tokens:
            headers = [(b"X-CSRF-Token", token)]
            problem(await ann.http.request(method, path, json=BODY, headers=headers), 403)
    assert office.refusals == [("api", "csrf")] * 5 * len(UNSAFE)
    assert (await ann.reads("/session"))["agent"]["status"] == "ready"
    assert len(await ann.reads("/agents")) == 1


async def test_other_sites_are_refused(office: Office) -> None:
    """A page from elsewhere can neither act nor sign in, even with cookie and token."""
    ann = await office.agent("ann")
    for origin in (
        "http://evil.example",
        "http://desk.example",
        "null",
        "http://desk.example:80",
        "desk.example:8080",
    ):
        headers = {"Origin": origin}
        problem(await ann.http.put("/me/status", json={"status": "away"}, headers=headers), 403)
        signing_in = {"login": "ann", "password": PASSWORD}
        problem(await ann.http.post("/session", json=signing_in, headers=headers), 403)
    assert (await ann.reads("/session"))["agent"]["status"] == "ready"


async def test_own_page_and_public_address_may_act(office: Office, clock: Clock) -> None:
    """The request's own host with its port, or the public address in front of a proxy."""
    public = Office(office.database, clock, JIELI_PUBLIC_URL="http://help.example")
    ann = await public.agent("ann")
    for origin in ("http://desk.example:8080", "http://help.example"):
        response = await ann.http.put("/me/status", json={"status": "away"}, headers={"Origin": origin})
        assert response.status_code == 200, origin


async def test_wrong_password_and_too_many(office: Office) -> None:
    """The same words whether the login exists or not; then 429 with the time to wait."""
    await office.agent("ann", status="away")
    stranger = Agent(office)
    said = set()
    for login in ["ann", "nobody"] * 5 + ["ann"] * 5:
        answer = await stranger.http.post("/session", json={"login": login, "password": "wrong password"})
        said.add(problem(answer, 401)["message"])
    assert len(said) == 1
    limited = await stranger.http.post("/session", json={"login": "ann", "password": PASSWORD})
    assert problem(limited, 429)["code"] == "rate_limited"
    assert limited.headers["retry-after"] == "900"
    assert office.refusals == [("api", "not_authenticated")] * 15 + [("api", "rate_limited")]


async def test_signing_out_ends_it(office: Office) -> None:
    """The cookie is worth nothing afterwards, and an open offer goes to somebody else."""
    waiting = await office.waiting()
    ann = await office.agent("ann")
    await office.settle()
    cookie = ann.http.cookies["jieli_session"]
    assert (await ann.http.delete("/session")).status_code == 204
    assert "jieli_session" not in ann.http.cookies
    ann.http.cookies.set("jieli_session", cookie)
    problem(await ann.http.get("/session"), 401)
    assert (await office.state(waiting.chat)).agent is None


async def test_unknown_things_are_not_found(office: Office) -> None:
    """Conversations that do not exist: 404 for every act; ids that are none: 422."""
    ann = await office.agent("ann")
    problem(await ann.http.get("/conversations/999"), 404)
    for act in ("accept", "reply", "resolve", "requeue"):
        problem(await ann.tries(act, 999, text="hello"), 404)
    for nonsense in ("0", "-1", "abc", str(2**63)):
        problem(await ann.http.get(f"/conversations/{nonsense}"), 422)
    problem(await ann.http.get("/nothing"), 404)
    problem(await ann.http.patch("/queue"), 405)


async def test_replies_that_cannot_be_sent(office: Office) -> None:
    """Nothing empty, endless or unstorable goes to a customer: 422 that names the field."""
    waiting = await office.waiting()
    ann = await office.agent("ann", status="away")
    await ann.does("accept", waiting.chat)
    texts: list[Any] = ["", "  \n ", "x" * 4001, "nul\x00", "\ud800", 5, None]
    bodies = [{"text": text} for text in texts]
    bodies += [{"text": "ok", "id": ""}, {"text": "ok", "id": "x" * 121}, {"text": "ok", "epoch": "soon"}, {}]
    for body in bodies:
        content = json.dumps(body)
        answer = await ann.http.post(f"/conversations/{waiting.chat}/reply", content=content, headers=AS_JSON)
        assert problem(answer, 422)["message"].split(":")[0] in {"text", "id", "epoch"}, content
    assert len(await waiting.heard()) == 1


async def test_longest_reply(office: Office) -> None:
    """4000 characters of any script arrive whole."""
    waiting = await office.waiting()
    ann = await office.agent("ann", status="away")
    await ann.does("accept", waiting.chat)
    await ann.does("reply", waiting.chat, text="长😀" * 2000)
    assert (await waiting.heard())[-1] == "长😀" * 2000


async def test_malformed_and_oversized_bodies(office: Office) -> None:
    """No JSON: 400; more than 1 MiB: 413."""
    ann = await office.agent("ann")
    broken = await ann.http.put("/me/status", content=b'{"status": ', headers=AS_JSON)
    assert problem(broken, 400)["code"] == "bad_input"
    large = await ann.http.put("/me/status", content=b" " * (1024 * 1024 + 1), headers=AS_JSON)
    assert problem(large, 413)["code"] == "too_large"


async def test_admin_adds_an_agent(office: Office) -> None:
    """The new agent is away, and signs in at once; an agent may not add others."""
    boss = await office.agent("boss", status="away", roles=["admin"])
    new = {
        "login": "Eve@shop",
        "password": "0123456789",
        "name": " 伊芙 ",
        "roles": ["agent"],
        "capacity": 20,
    }
    created = await boss.http.post("/agents", json=new)
    assert created.status_code == 201
    assert created.json() == {
        "id": created.json()["id"],
        "login": "eve@shop",
        "name": "伊芙",
        "roles": ["agent"],
        "capacity": 20,
        "status": "away",
        "load": 0,
        "status_reason": None,
    }
    eve = await office.signs_in("EVE@shop", "0123456789")
    assert problem(await eve.http.post("/agents", json=new), 403)["code"] == "forbidden"
    assert problem(await boss.http.post("/agents", json=new), 409)["code"] == "already_exists"
    assert [one["login"] for one in await eve.reads("/agents")] == ["boss", "eve@shop"]


async def test_agents_that_make_no_sense(office: Office) -> None:
    """422 that names the field, and nobody is added."""
    boss = await office.agent("boss", status="away", roles=["admin"])
    new = {"login": "eve", "password": "0123456789", "name": "Eve", "roles": ["agent"], "capacity": 3}
    for field, values in WRONG.items():
        for value in values:
            answer = await boss.http.post("/agents", json=new | {field: value})
            assert problem(answer, 422)["message"].startswith(field)
    assert len(await boss.reads("/agents")) == 1


async def test_status(office: Office) -> None:
    """Brain, waiting customers, version."""
    await office.waiting()
    ann = await office.agent("ann")
    office.brain = "down"
    assert await ann.reads("/status") == {"brain": "down", "waiting": 1, "version": "0.1.0"}
    await office.settle()
    assert (await ann.reads("/status"))["waiting"] == 1


async def test_described_by_openapi(office: Office) -> None:
    """Every call has a typed answer and the one form of refusal."""
    described = (await Agent(office).http.get("/openapi.json")).json()
    assert described["servers"] == [{"url": "/api/v1"}]
    assert {"/session", "/me/status", "/queue", "/conversations/{id}/reply", "/events"} <= set(
        described["paths"]
    )
    for path, methods in described["paths"].items():
        for method, call in methods.items():
            assert call["responses"]["409"]["content"]["application/json"]["schema"]["$ref"].endswith(
                "/Refusal"
            )
            good = next(answer for code, answer in call["responses"].items() if code.startswith("2"))
            content = good.get("content", {})
            assert path == "/events" or method == "delete" or content["application/json"]["schema"]
