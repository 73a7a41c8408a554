"""Rules are found by index, and last turns only are looked at: decided is what Rasa itself would decide."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.support.brain import PYTHON, ROOT


def test_our_rule_policy_decides_what_rasas_decides(model: Path) -> None:
    """Some hundred random conversations of the demo company, a prediction after each event."""
    done = subprocess.run(
        [PYTHON, "-m", "tests.brain.both_policies", model],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["different"] == 0
    assert seen["same"] > 2000
    assert seen["decided"] > 200
