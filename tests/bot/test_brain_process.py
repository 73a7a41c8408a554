"""The gateway's child: what its log says of a model that cannot be used."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot import brain_process
from bot.brain_process import BrainProcess
from tests.support.brain import PYTHON


async def test_an_unusable_model_is_told_once_however_often_it_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brain_process, "_UNUSABLE_SECONDS", 0)
    broken, log_file = tmp_path / "broken.tar.gz", tmp_path / "brain.log"
    broken.write_bytes(b"no archive")
    tried_three_times = asyncio.Event()

    def model() -> Path:
        if log_file.exists() and log_file.read_text().count("model_unusable") == 3:
            tried_three_times.set()
        return broken

    brain = BrainProcess(PYTHON, model, {"BRAIN_TOKEN": "t"}, log_file)
    with capture_logs() as logs:
        await brain.start()
        await tried_three_times.wait()
        await brain.stop()
    told = [each for each in logs if each["log_level"] in {"warning", "error"}]
    assert [each["event"] for each in told] == ["brain.model_unusable"]
    assert "broken.tar.gz cannot be used" in told[0]["error"]
    assert "make train" in told[0]["remedy"]
