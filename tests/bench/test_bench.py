"""The bench itself: what it keeps, what it chooses, and that a wrong answer is no measurement."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.bench.__main__ import PARTS, chosen
from tests.bench.content import CONVERSATION, WrongAnswer, texts
from tests.bench.models import trained_model
from tests.bench.rows import Row, merge, read, table
from tests.bench.talk import converse
from tests.bench.wire import Client, read_message, serving


def test_a_word_chooses_parts_by_their_own_name_and_by_their_rows() -> None:
    assert [part.name for part in chosen(PARTS, "")] == ["brain", "reply", "throughput", "understanding"]
    assert [part.name for part in chosen(PARTS, "same_model")] == ["reply"]
    assert [part.name for part in chosen(PARTS, "over_stock")] == ["reply", "throughput"]
    assert chosen(PARTS, "nothing_like_it") == []


def test_a_part_replaces_its_own_rows_and_keeps_the_others(tmp_path: Path) -> None:
    file = tmp_path / "var" / "bench.json"
    merge(file, [_row("b", 1.0), _row("c", 1.0)], ["b", "c"])

    merge(file, [_row("a", 2.0), _row("b", 2.0)], ["a", "b"])
    assert [(row.name, row.value) for row in read(file)] == [("a", 2.0), ("b", 2.0), ("c", 1.0)]

    merge(file, [], ["a", "b"])  # a part that failed has nothing to show
    assert [row.name for row in read(file)] == ["c"]


def test_the_table_has_straight_columns_in_chinese_too() -> None:
    lines = table([_row("short", 1.0), _row("中文名字", 12.5)]).splitlines()
    assert lines[0] == "name      value  unit   reference"
    assert lines[1] == "short     1.0    ratio  theirs"
    assert lines[3] == "中文名字  12.5   ratio  theirs"


async def test_a_customer_who_hears_something_wrong_stops_the_measurement() -> None:
    class Parrot:
        async def ask(self, customer: int, text: str) -> tuple[float, str]:
            return 0.01, text

    with pytest.raises(WrongAnswer, match="utter_greet"):
        await converse(Parrot())


async def test_a_customer_who_hears_the_right_things_counts_each_of_them() -> None:
    class Knowing:
        async def ask(self, customer: int, text: str) -> tuple[float, str]:
            return 0.01, next(iter(texts()[dict(CONVERSATION)[text]]))

    assert await converse(Knowing()) == [0.01] * 10


def test_the_path_of_a_model_is_found_behind_a_change_of_colour() -> None:
    assert trained_model("Training\n\x1b[0m/models/abc.tar.gz\n") == Path("/models/abc.tar.gz")


async def test_the_load_client_keeps_its_connection_and_tells_what_came_back() -> None:
    async with serving(lambda path, body: path.encode() + b" " + body) as url:
        client = Client(url)
        assert await client.post("/one", b"1", {}) == b"/one 1"
        assert await client.post("/two", "二".encode(), {"X-Any": "thing"}) == "/two 二".encode()
        assert len(client._idle) == 1
        client.close()


async def test_the_load_client_does_not_write_into_a_connection_that_was_closed() -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_message(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        writer.close()

    server = await asyncio.start_server(once, "127.0.0.1", 0)
    client = Client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    for _ in range(2):
        assert await client.post("/", b"", {}) == b"ok"
        await client._idle[0][0].read()  # the end of the connection has come
    client.close()
    server.close()


def _row(name: str, value: float) -> Row:
    return Row(name, value, "ratio", "theirs", "a note")
