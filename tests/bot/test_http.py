"""From where a browser may call."""

from __future__ import annotations

import pytest
from starlette.requests import HTTPConnection

from bot.errors import Forbidden
from bot.http import check_origin


def call(**headers: str) -> HTTPConnection:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection(
        {"type": "http", "path": "/channels/web/sessions", "headers": raw, "query_string": b""}
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "bot.example:8080"},
        {"host": "bot.example:8080", "origin": "http://bot.example:8080"},
        {"host": "inside:8080", "origin": "https://chat.example"},
        {"host": "Bot.Example", "origin": "https://bot.example"},
    ],
)
def test_own_pages_and_programs_may_call(headers: dict[str, str]) -> None:
    check_origin(call(**headers), "https://chat.example")


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "bot.example", "origin": "https://elsewhere.example"},
        {"host": "bot.example:8080", "origin": "http://bot.example:9090"},
        {"host": "bot.example", "origin": "null"},
        {"origin": "null"},
        {"host": "bot.example", "origin": "http://["},
        {"host": "bot.example", "origin": ""},
    ],
)
def test_other_sites_may_not(headers: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        check_origin(call(**headers), None)
