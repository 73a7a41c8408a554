"""`python -m bot outage`, typed by an operator on the gateway's machine."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = ("--zh", "东区通话掉线", "--en", "Calls drop in the east district")
TOMORROW = (datetime.now() + timedelta(days=1)).isoformat(timespec="minutes")
MOBILE = ("add", "--subject", "mobile", *TEXTS)


class Operator:
    """Whoever types; `does` wants a command to work, `fails` wants it refused in one sentence."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = {**os.environ, **environment}

    async def does(self, *words: str) -> str:
        code, out, err = await self._types(*words)
        assert (code, err) == (0, "")
        return out

    async def fails(self, *words: str) -> str:
        code, out, err = await self._types(*words)
        assert code != 0
        assert out == ""
        assert "Traceback" not in err
        return err

    async def _types(self, *words: str) -> tuple[int | None, str, str]:
        typed = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "outage", *words),
            cwd=ROOT, env=self._environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await typed.communicate()
        return typed.returncode, out.decode(), err.decode()


@pytest.fixture
def operator(database_url: str, tmp_path: Path) -> Operator:
    return Operator({"DATABASE_URL": database_url, "JIELI_DATA": str(tmp_path)})


async def test_a_notice_is_pinned_listed_changed_and_taken_back(operator: Operator) -> None:
    assert "no notices" in await operator.does("list")
    area = ("--area-zh", "东区，城东", "--area-en", "the east district, east side")
    assert "Notice 1 answers until" in await operator.does(*MOBILE, "--until", TOMORROW, *area)
    listed = await operator.does("list")
    assert "1  live" in listed
    assert "东区, 城东, the east district, east side" in listed
    assert "answered 0" in listed
    later = (datetime.now() + timedelta(days=2)).isoformat(timespec="minutes")
    await operator.does("change", "1", "--until", later)
    assert later.replace("T", " ") in await operator.does("list")
    assert "is over" in await operator.does("end", "1")
    assert "1  over" in await operator.does("list")
    assert "This notice is over. Pin a new one." in await operator.fails("end", "1")


async def test_what_makes_no_sense_is_refused(operator: Operator) -> None:
    assert "That time is past" in await operator.fails(*MOBILE, "--until", "2020-01-01T10:00")
    assert "'soon' is no time. Write 18:00" in await operator.fails(*MOBILE, "--until", "soon")
    assert "Choose among mobile, broadband" in await operator.fails(
        "add", "--subject", "tea", *TEXTS, "--until", TOMORROW
    )
    assert "text for en is empty" in await operator.fails(
        "add", "--subject", "mobile", "--zh", "掉线", "--en", " ", "--until", TOMORROW
    )
    assert "no name in en" in await operator.fails(*MOBILE, "--until", TOMORROW, "--area-zh", "东区")
    assert "There is no such notice" in await operator.fails("end", "7")
    assert "Nothing is to be changed" in await operator.fails("change", "7")
    assert "no notices" in await operator.does("list")


async def test_a_database_that_is_not_there_is_made_or_asked_for(tmp_path: Path, postgres: str) -> None:
    new = Operator({"DATABASE_URL": "", "JIELI_DATA": str(tmp_path / "new")})
    assert "no notices" in await new.does("list")
    empty = Operator({"DATABASE_URL": postgres, "JIELI_DATA": str(tmp_path)})
    assert "python -m bot migrate" in await empty.fails("list")
