"""`python -m bot outage`, typed by an operator on the gateway's machine."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.errors import JieliError
from bot.outage_cli import app

ROOT = Path(__file__).parents[2]


def in_days(days: int) -> str:
    """A moment by this machine's clock, as an operator types it."""
    moment = datetime.now(UTC).astimezone() + timedelta(days=days)
    return moment.replace(tzinfo=None).isoformat(timespec="minutes")


TEXTS = ("--zh", "东区通话掉线", "--en", "Calls drop in the east district")
TOMORROW = in_days(1)
MOBILE = ("add", "--subject", "mobile", *TEXTS)


class Operator:
    """Whoever types; `does` wants a command to work, `fails` wants it refused, and gives the reason."""

    async def does(self, *words: str) -> str:
        done = await asyncio.to_thread(CliRunner().invoke, app, words)
        assert done.exit_code == 0, done.output
        return done.output

    async def fails(self, *words: str) -> str:
        refused = (await asyncio.to_thread(CliRunner().invoke, app, words)).exception
        assert isinstance(refused, JieliError)
        return f"{refused} {refused.remedy}"


@pytest.fixture
def operator(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("JIELI_DATA", str(tmp_path))
    return Operator()


async def test_a_notice_is_pinned_listed_changed_and_taken_back(operator: Operator) -> None:
    assert "no notices" in await operator.does("list")
    area = ("--area-zh", "东区，城东", "--area-en", "the east district, east side")
    assert "Notice 1 answers until" in await operator.does(*MOBILE, "--until", TOMORROW, *area)
    listed = await operator.does("list")
    assert "1  live" in listed
    assert "东区, 城东, the east district, east side" in listed
    assert "answered 0" in listed
    later = in_days(2)
    await operator.does("change", "1", "--until", later)
    assert later.replace("T", " ") in await operator.does("list")
    assert "is over" in await operator.does("end", "1")
    assert "1  over" in await operator.does("list")
    assert "This notice is over. Pin a new one." in await operator.fails("end", "1")
    assert "There is no such notice" in await operator.fails("end", "7")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((*MOBILE, "--until", "2020-01-01T10:00"), "That time is past"),
        ((*MOBILE, "--until", "00:00"), "That time is past"),
        ((*MOBILE, "--until", "soon"), "'soon' is no time"),
        ((*MOBILE, "--until", "0001-01-01T00:00"), "0001"),
        ((*MOBILE, "--until", "2999-01-01T00:00"), "too far ahead"),
        ((*MOBILE, "--until", TOMORROW, "--area-zh", "东区"), "no name in en"),
        (("add", "--subject", "tea", *TEXTS, "--until", TOMORROW), "no subject 'tea'"),
        (("add", "--subject", "mobile", "--zh", "掉线", "--en", " ", "--until", TOMORROW), "for en is empty"),
        (("change", "7"), "Nothing is to be changed"),
        (("change", "7", "--zh", "只有中文"), "for en is empty"),
        (("change", "7", "--until", "2020-01-01T10:00"), "That time is past"),
    ],
)
async def test_what_makes_no_sense_is_refused(words: tuple[str, ...], told: str) -> None:
    assert told in await Operator().fails(*words)


async def test_a_database_that_is_not_there_is_made_or_asked_for(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIELI_DATA", str(tmp_path / "new"))
    monkeypatch.setenv("DATABASE_URL", "")
    assert "no notices" in await Operator().does("list")
    monkeypatch.setenv("DATABASE_URL", postgres)
    assert "python -m bot migrate" in await Operator().fails("list")


async def test_a_refusal_is_one_sentence(tmp_path: Path) -> None:
    """The whole command, as it is typed."""
    typed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "outage", "end", "7"),
        cwd=ROOT, env={**os.environ, "JIELI_DATA": str(tmp_path)}, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await typed.communicate()
    assert typed.returncode == 1
    assert said.decode() == "There is no such notice. Look at the list of notices.\n"
