"""A newcomer talks to the bot in the terminal."""

from __future__ import annotations

import asyncio
import sys

from tests.support.gateway import ROOT, Gateway


async def test_a_question_in_the_terminal_is_answered(gateway: Gateway) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "chat", "--url", gateway.url),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        output, errors = await process.communicate("QC20260001 到哪了\n".encode())
    assert process.returncode == 0, errors.decode()
    assert "Xiaoqing 小晴: " in output.decode()
    assert "已发货" in output.decode()
