"""For the Telegram channel: calls to the Bot API, at a third of what python-telegram-bot's own way costs."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    TCPConnector,
)
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

# The request did not leave us: it may be repeated.
NEVER_SENT = (ClientConnectorError, ConnectionTimeoutError)


class Requests(BaseRequest):
    """Calls with plain parameters, over connections that stay open. We upload no files.

    A connection is waited for as long as one may take to open; an answer `read_timeout` seconds.
    """

    _CONNECT_SECONDS: ClassVar[float] = 4.0

    def __init__(self, api_url: str, connections: int, read_timeout: float) -> None:
        self._proxy = _proxy(api_url)
        self._connections = connections
        self._read_timeout = read_timeout
        self._session: ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        return self._read_timeout

    async def initialize(self) -> None:
        """The first request opens what it needs."""

    async def shutdown(self) -> None:
        if self._session:
            await self._session.close()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        """Raises TimedOut and NetworkError, each from its cause. No call of ours has a timeout of its own."""
        parameters = request_data.json_parameters if request_data else None
        session = self._session = self._session or self._open()
        try:
            async with session.request(method, url, data=parameters) as response:
                return response.status, await response.read()
        except TimeoutError as error:
            raise TimedOut from error
        except ClientError as error:
            raise NetworkError(f"{type(error).__name__}: {error}") from error

    def _open(self) -> ClientSession:
        seconds = self._CONNECT_SECONDS
        return ClientSession(
            connector=TCPConnector(limit=self._connections),
            timeout=ClientTimeout(
                total=None, connect=seconds, sock_connect=seconds, sock_read=self._read_timeout
            ),
            headers={"User-Agent": self.USER_AGENT},
            proxy=self._proxy,
        )


def _proxy(url: str) -> str | None:
    """The machine's proxy for this address, if it has one: in places Telegram is reached in no other way."""
    parts = urlsplit(url)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
