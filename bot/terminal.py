"""For newcomers and trainers: talks to the bot in the terminal, as a visitor of the web channel."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import socket
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from bot.errors import BrainDown, JieliError
from bot.settings import Settings

_START_SECONDS = 120
_ANSWER_SECONDS = 5
# an answer's further messages are committed with the first
_MORE_SECONDS = 0.3
_NAMES = {"bot": "Xiaoqing 小晴", "system": "--"}


async def talk(url: str | None, language: str) -> None:
    """Reads lines until the end of the input. Without `url`: with a gateway of its own."""
    async with contextlib.AsyncExitStack() as stack:
        if url is None:
            url = await stack.enter_async_context(_own_gateway())
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(10, read=None))
        )
        try:
            begun = await client.post("/channels/web/sessions", json={"language": language})
            begun.raise_for_status()
        except httpx.HTTPError as error:
            raise JieliError(f"{url} does not answer as a gateway: {error}") from error
        client.headers["Authorization"] = f"Bearer {begun.json()['token']}"
        _show(
            "--",
            "Jieli 接力. Write, or type a choice's number; Ctrl-D ends.  直接输入即可，Ctrl-D 结束。",
        )
        await _converse(client)


async def _converse(client: httpx.AsyncClient) -> None:
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    # not one of the loop's own threads: Ctrl-C would wait for the next line
    threading.Thread(target=_read_lines, args=(asyncio.get_running_loop(), lines), daemon=True).start()
    screen = _Screen()
    heard = asyncio.create_task(screen.listen(client))
    heard.add_done_callback(lambda _: lines.put_nowait(None))
    while (line := await lines.get()) is not None:
        screen.unanswered += await _said(client, line)
    if heard.done():
        raise JieliError("The gateway has ended.", remedy="Start it and this again.") from heard.exception()
    # when the input ends at once (a pipe), what was asked is still answered before the end
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(screen.all_answered(), _ANSWER_SECONDS)
        await asyncio.sleep(_MORE_SECONDS)
    heard.cancel()


async def _said(client: httpx.AsyncClient, line: str) -> bool:
    """Whether the gateway took it; if not, it says why."""
    try:
        posted = await client.post("/channels/web/messages", json={"id": secrets.token_hex(8), "text": line})
    except httpx.HTTPError as error:
        raise JieliError(f"The gateway does not answer: {error!r}") from error
    if posted.is_error:
        refused = posted.json()["error"]
        _show("--", f"{refused['message']} {refused['remedy']}  这条没有发出去。")
    return posted.is_success


class _Screen:
    """Shows what is said to the customer, and knows what has not been answered yet."""

    def __init__(self) -> None:
        self.unanswered = 0
        self._open = 0
        self._shown = asyncio.Event()

    async def listen(self, client: httpx.AsyncClient) -> None:
        async with client.stream("GET", "/channels/web/events") as stream:
            name = ""
            async for line in stream.aiter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data" and name == "message":
                    self._show_message(json.loads(value))

    async def all_answered(self) -> None:
        while self.unanswered > 0:
            self._shown.clear()
            await self._shown.wait()

    def _show_message(self, message: dict[str, Any]) -> None:
        if message["author"] == "customer":
            self._open += 1
            return
        _show(message["name"] or _NAMES[message["author"]], message["text"])
        for number, choice in enumerate(message["choices"], start=1):
            _show("", f"  {number}. {choice['title']}")
        self.unanswered -= self._open
        self._open = 0
        self._shown.set()


def _show(who: str, text: str) -> None:
    print(f"{who}: {text}" if who else text, flush=True)  # noqa: T201 - this is the screen


def _read_lines(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str | None]) -> None:
    # sys.stdin itself must be free when Python ends while this still waits for a line
    with open(sys.stdin.fileno(), encoding=sys.stdin.encoding, errors="replace", closefd=False) as typed:
        for line in typed:
            if line.strip():
                loop.call_soon_threadsafe(lines.put_nowait, line.strip())
    loop.call_soon_threadsafe(lines.put_nowait, None)


async def running(settings: Settings) -> str | None:
    """The gateway that the settings name, if it would answer."""
    base = settings.own_url
    try:
        async with httpx.AsyncClient(timeout=1) as client:
            return base if (await client.get(f"{base}/readyz")).status_code == 200 else None
    except httpx.HTTPError:
        return None


@contextlib.asynccontextmanager
async def _own_gateway() -> AsyncIterator[str]:
    """A gateway for this talk alone: its data goes with it, the model stays."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/jieli.sqlite"
        environment = {
            **os.environ,
            "JIELI_PORT": str(port),
            "JIELI_HOST": "127.0.0.1",
            "DATABASE_URL": database,
        }
        for channel in (
            "TELEGRAM_TOKEN",
            "TELEGRAM_SECRET",
            "WECHAT_APP_ID",
            "WECHAT_TOKEN",
            "JIELI_PUBLIC_URL",
        ):
            environment.pop(channel, None)
        log = Path(folder) / "gateway.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run"),
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            with waiting("Starting a bot ...", "正在启动机器人……") as tick:
                await _until_ready(f"http://127.0.0.1:{port}", process, log, tick)
            yield f"http://127.0.0.1:{port}"
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _until_ready(
    base: str, process: asyncio.subprocess.Process, log: Path, tick: Callable[[], None]
) -> None:
    async with httpx.AsyncClient(timeout=2) as client:
        for _ in range(_START_SECONDS * 5):
            if process.returncode is not None:
                said = await asyncio.to_thread(log.read_text, errors="replace")
                raise JieliError(f"The gateway ended:\n{said.strip()}")
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(f"{base}/readyz")).status_code == 200:
                    return
            tick()
            await asyncio.sleep(0.2)
    raise BrainDown(f"no bot within {_START_SECONDS} s")


@contextlib.contextmanager
def waiting(english: str, chinese: str) -> Iterator[Callable[[], None]]:
    """Says what one waits for at the first tick; a terminal shows the seconds at each."""
    begun, told = time.monotonic(), False

    def tick() -> None:
        nonlocal told
        if not told:
            print(f"-- {english}  {chinese}", file=sys.stderr)  # noqa: T201 - this is the screen
        told = True
        # what is printed next begins in the same place
        _on_a_terminal(f"   … {time.monotonic() - begun:.0f} s\r")

    yield tick
    _on_a_terminal("\033[K")


def _on_a_terminal(text: str) -> None:
    if sys.stderr.isatty():
        print(text, end="", file=sys.stderr, flush=True)  # noqa: T201 - this is the screen
