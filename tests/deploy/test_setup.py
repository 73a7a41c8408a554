"""The set-up makes nothing twice, ends together, and explains what went wrong."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import pytest

from deploy.setup.stamps import fingerprint, is_made, mark_made
from deploy.setup.steps import StepFailed, Steps, explain

LOCKS = Path(__file__).parents[2] / "deploy" / "locks"


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    return Steps(tmp_path, tmp_path / "log")


def test_a_changed_file_is_noticed_and_a_touched_one_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "intents"
    folder.mkdir()
    (folder / "greet.yml").write_text("你好")
    before = fingerprint(folder)
    (folder / "greet.yml").touch()
    assert fingerprint(folder) == before
    (folder / "greet.yml").write_text("您好")
    assert fingerprint(folder) != before


def test_a_renamed_file_is_noticed_and_what_tools_leave_behind_is_not(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("same")
    before = fingerprint(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "one.pyc").write_text("anything")
    assert fingerprint(tmp_path) == before
    (tmp_path / "one").rename(tmp_path / "two")
    assert fingerprint(tmp_path) != before


def test_what_holds_more_serves_who_needs_less(tmp_path: Path) -> None:
    """`make run` after `make test` finds the gateway's packages among the development ones."""
    stamp = tmp_path / "made-from"
    assert not is_made(stamp, "gateway")
    mark_made(stamp, "gateway", "development")
    assert is_made(stamp, "gateway")
    assert is_made(stamp, "gateway", "development")
    mark_made(stamp, "gateway")
    assert not is_made(stamp, "gateway", "development")


def test_a_step_says_what_it_did_and_hands_over_what_it_printed(
    steps: Steps, capsys: pytest.CaptureFixture[str]
) -> None:
    assert steps.run("hello", "Greeting", [sys.executable, "-c", "print('你好')"]) == "你好\n"
    assert re.fullmatch(r"  ✓ +\d+\.\d s  Greeting\n", capsys.readouterr().out)


def test_one_failure_ends_the_other_branches_and_all_they_started(steps: Steps, tmp_path: Path) -> None:
    started = tmp_path / "started"
    wait = f"touch {started}; sleep 60 & wait"

    def fail_once_the_other_runs() -> None:
        steps.run("bad", "Bad", ["sh", "-c", f"until [ -e {started} ]; do sleep 0.01; done; exit 3"])

    begin = time.monotonic()
    with pytest.raises(StepFailed) as failed:
        steps.side_by_side(lambda: _run(steps, wait), fail_once_the_other_runs)
    assert failed.value.code == 3
    assert time.monotonic() - begin < 30


def _run(steps: Steps, script: str) -> None:
    steps.run("long", "Long", ["sh", "-c", script])


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("error: No interpreter found for Python 3.11", "install Python 3.11"),
        ("OSError: [Errno 28] No space left on device", "free about 4 GB"),
        ("error: Failed to fetch: dns error", "UV_DEFAULT_INDEX"),
        ("error: Hash mismatch for `some-package`", "mirror"),
        ("SyntaxError: invalid syntax", "read the lines above"),
    ],
)
def test_a_failure_shows_its_log_and_says_what_to_do(
    steps: Steps, said: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.setup.language._LOCALE", "en")
    with pytest.raises(StepFailed) as failed:
        steps.run("bad", "Bad", [sys.executable, "-c", f"print({said!r}); raise SystemExit(2)"])
    text = explain(failed.value)
    assert said in text
    assert remedy in text


def test_a_trainer_sees_every_line_to_mend_and_what_to_do(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.setup.language._LOCALE", "en")
    told = "To mend before training: 40\\n" + "\\n".join(f"intents/en/a.yml:{line}: x" for line in range(40))
    with pytest.raises(StepFailed) as failed:
        steps.run("model", "The model", [sys.executable, "-c", f"raise SystemExit('{told}')"])
    text = explain(failed.value)
    assert all(f"intents/en/a.yml:{line}: x" in text for line in range(40))
    assert "mend the lines named above" in text


def test_a_chinese_terminal_is_answered_in_chinese(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.setup.language._LOCALE", "zh_CN.UTF-8")
    with pytest.raises(StepFailed) as failed:
        steps.run("bad", "Bad", [sys.executable, "-c", "raise SystemExit('No space left on device')"])
    assert "磁盘已满" in explain(failed.value)


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_lock_names_versions_and_hashes_and_no_host(lock: Path) -> None:
    text = lock.read_text()
    requirements = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert requirements
    assert [one.split()[0] for one in requirements if "--hash=sha256:" not in one or "==" not in one] == []
    assert "://" not in text
