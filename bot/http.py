"""For every HTTP door of the gateway: how large, from where, and how errors and pages leave it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import BadInput, Conflict, Forbidden, JieliError, RateLimited

MAX_BODY_BYTES = 1024 * 1024

_refused = Counter(
    "jieli_refused", "Calls that proved the wrong secret, signature, password or origin", ["where", "why"]
)

_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
}
_CSP = (
    "default-src 'self'; img-src 'self' https: data:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'; frame-ancestors {ancestors}"
)


def refused(where: str, why: str) -> None:
    """Counts a call that was turned away; `/metrics` shows it."""
    _refused.labels(where, why).inc()


def check_origin(request: HTTPConnection, public_url: str | None) -> None:
    """A browser's Origin must be this host's or JIELI_PUBLIC_URL's; no Origin means no browser.
    Raises Forbidden.
    """
    origin = request.headers.get("origin")
    if origin is None:
        return
    allowed = {request.headers.get("host", "").lower()}
    if public_url:
        allowed.add(urlsplit(public_url).netloc.lower())
    if _host(origin) not in allowed - {""}:
        refused(request.url.path.split("/")[1], "origin")
        raise Forbidden("The call came from another site.", remedy="Open the page from its own address.")


class Guard:
    """ASGI middleware: refuses bodies over 1 MiB and adds the security headers.

    A body is counted as it comes in, since a Content-Length may lie or be missing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            await _refuse_body(send)
            return
        body, whole = await _read(receive) if b"transfer-encoding" in headers else (None, True)
        if not whole:
            await _refuse_body(send)
            return
        await self._app(
            scope, receive if body is None else _replay(body, receive), _with_headers(scope, send)
        )


def install_error_handlers(app: FastAPI) -> None:
    """Every error leaves as `{"error": {code, message, remedy, holder}}`."""

    @app.exception_handler(JieliError)
    async def ours(request: Request, error: JieliError) -> JSONResponse:
        return error_response(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            return error_response(BadInput("The body is not JSON."))
        where = ".".join(str(part) for part in first["loc"][1:])
        return _body(422, "invalid", f"{where}: {first['msg']}", BadInput.remedy)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        return _body(error.status_code, "http", str(error.detail), "")

    @app.exception_handler(DBAPIError)
    async def database(request: Request, error: DBAPIError) -> JSONResponse:
        return _body(
            503, "database", "The database does not answer.", "Nothing was changed. Try again in a moment."
        )


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def error_response(error: JieliError) -> JSONResponse:
    """The JSON of an error of ours, with its status."""
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, RateLimited) else None
    holder = error.holder if isinstance(error, Conflict) else None
    return _body(error.status, error.code, str(error), error.remedy, holder, headers)


def _body(
    status: int,
    code: str,
    message: str,
    remedy: str,
    holder: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    error = {"code": code, "message": message, "remedy": remedy, "holder": holder}
    return JSONResponse({"error": error}, status, headers)


async def _read(receive: Receive) -> tuple[bytes | None, bool]:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            return None, False
        if not message.get("more_body", False):
            return body, True


def _replay(body: bytes, receive: Receive) -> Receive:
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _with_headers(scope: Scope, send: Send) -> Send:
    # the chat is made to be embedded in other sites' pages; the console must never be
    ancestors = "*" if scope["path"].startswith("/chat") else "'none'"
    added = {**_HEADERS, "content-security-policy": _CSP.format(ancestors=ancestors)}
    if scope["path"] == "/chat/widget.js":
        added["cross-origin-resource-policy"] = "cross-origin"
    added |= _caching(scope["path"])

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] += [(name.encode(), value.encode()) for name, value in added.items()]
        await send(message)

    return wrapped


def _caching(path: str) -> dict[str, str]:
    """Built files have their content's hash in their name; the pages that name them are asked for anew."""
    if not path.startswith(("/chat", "/console")):
        return {}
    hashed = "/assets/" in path
    return {"cache-control": "public, max-age=31536000, immutable" if hashed else "no-cache"}


async def _refuse_body(send: Send) -> None:
    content = {
        "code": "too_large",
        "message": "The request is larger than 1 MiB.",
        "remedy": "Send less.",
        "holder": None,
    }
    start = {
        "type": "http.response.start",
        "status": 413,
        "headers": [(b"content-type", b"application/json")],
    }
    await send(start)
    await send({"type": "http.response.body", "body": json.dumps({"error": content}).encode()})
