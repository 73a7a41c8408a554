"""A newcomer talks to the bot in the terminal."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

from bot.channels.web import LONGEST
from tests.support.gateway import ROOT, Gateway, free_port

# as long as a brain may take to start on a busy machine
PATIENCE = 120


async def test_a_question_is_answered_also_after_a_text_that_was_too_long(gateway: Gateway) -> None:
    output = await talk("长" * (LONGEST + 1) + "\nQC20260001 到哪了\n", "--url", gateway.url)
    assert f"A message has at most {LONGEST} characters." in output
    assert "Xiaoqing 小晴: " in output
    assert "已发货" in output


async def test_a_gateway_that_ends_ends_the_talk_with_a_word(gateway: Gateway) -> None:
    process = await start("--url", gateway.url)
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdin.write("你好\n".encode())
    while "小晴: ".encode() not in await process.stdout.readline():
        pass
    await gateway.stop()
    async with asyncio.timeout(PATIENCE):
        assert await process.wait() == 1
        assert process.stderr is not None
        assert "The gateway has ended" in (await process.stderr.read()).decode()


async def test_ctrl_c_ends_the_talk_at_once(gateway: Gateway) -> None:
    process = await start("--url", gateway.url)
    assert process.stdout is not None
    assert process.stderr is not None
    assert "Ctrl-D" in (await process.stdout.readline()).decode()
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(PATIENCE):
        await process.wait()
        assert b"Traceback" not in await process.stderr.read()


async def test_without_a_gateway_one_is_started_and_who_waits_is_told(model: Path, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    shutil.copy(model, tmp_path / "models")
    output = await talk("QC20260001 到哪了\n", JIELI_DATA=str(tmp_path), JIELI_PORT=str(free_port()))
    assert "Starting a bot" in output
    assert "已发货" in output


async def test_who_waits_for_a_training_is_told_so(tmp_path: Path) -> None:
    for part in ("intents", "stories"):
        shutil.copytree(ROOT / part, tmp_path / part)
    config = tmp_path / "intents" / "config.yml"
    # found out in the middle of the training
    config.write_text(
        config.read_text("utf-8").replace(
            "bot.brain.components.classifier.CalibratedIntentClassifier", "MindReader"
        ),
        "utf-8",
    )
    folders = {"JIELI_DATA": str(tmp_path), "JIELI_CONTENT": str(tmp_path), "JIELI_PORT": str(free_port())}
    process = await start(**folders)
    async with asyncio.timeout(PATIENCE):
        _, told = await process.communicate()
    assert process.returncode == 1
    wait, count, cause, remedy = told.decode().splitlines()
    assert wait.startswith("-- Getting the model ready")
    assert count == "To mend before training: 1"
    assert cause.startswith("intents/config.yml:")
    assert "MindReader" in cause
    assert remedy.startswith("JIELI_CONTENT")


async def talk(lines: str, *words: str, **settings: str) -> str:
    """All that a talk with these lines shows on both of its streams."""
    process = await start(*words, **settings)
    async with asyncio.timeout(PATIENCE):
        output, told = await process.communicate(lines.encode())
    assert process.returncode == 0, told.decode()
    return output.decode() + told.decode()


async def start(*words: str, **settings: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "chat", *words),
        cwd=ROOT,
        env=os.environ | settings,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # what a shell starts in its background is deaf to Ctrl-C, and so are the children of that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
