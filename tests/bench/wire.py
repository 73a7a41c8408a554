"""For the load client: HTTP that costs next to nothing, since it shares the cores with what it measures."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class Client:
    """Posts JSON to one server over connections that stay open: as many as there are calls at once."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), parts.port or 80
        self._idle: list[tuple[StreamReader, StreamWriter]] = []

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The body of the answer. Raises OSError when it is none with status 200."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        start = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nContent-Type: application/json\r\n"
        )
        reader, writer = await self._connection()
        writer.write(f"{start}Content-Length: {len(body)}\r\n{lines}\r\n".encode() + body)
        first, answer = await read_message(reader)
        self._idle.append((reader, writer))
        if b" 200 " not in first:
            raise OSError(f"{path}: {first.decode().strip()} {answer[:300].decode(errors='replace')}")
        return answer

    async def _connection(self) -> tuple[StreamReader, StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():  # servers close what was idle for some seconds
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._host, self._port)

    def close(self) -> None:
        """Ends the connections."""
        for _, writer in self._idle:
            writer.close()


@asynccontextmanager
async def serving(answer: Callable[[str, bytes], bytes]) -> AsyncIterator[str]:
    """A server on a free port, whose URL is given; `answer` turns path and body of a call into JSON."""
    open_writers: set[StreamWriter] = set()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        open_writers.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                first, body = await read_message(reader)
                content = answer(first.split(b" ", 2)[1].decode(), body)
                head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                writer.write(head % len(content) + content)
        open_writers.discard(writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in open_writers:
            writer.close()


async def read_message(reader: StreamReader) -> tuple[bytes, bytes]:
    """First line and body of a request or an answer that tells its length, as everybody's here does."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, _, rest = head.partition(b"\r\n")
    length = 0
    for line in rest.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return first, await reader.readexactly(length) if length else b""
