"""For whoever has a fresh checkout: makes all it needs, then runs, tests or checks it. Plain Python alone."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036, it is the reader's Python that decides
    sys.exit(
        f"Jieli needs Python 3.11 or newer, not {sys.version.split()[0]}. 接力需要 Python 3.11 或更新的版本。"
    )
