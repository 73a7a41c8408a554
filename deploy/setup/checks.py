"""For `make check`: what is read before a change is taken in, a line each."""

from __future__ import annotations

from deploy.setup.language import say
from deploy.setup.parts import GATEWAY
from deploy.setup.steps import StepFailed, Steps
from deploy.setup.tools import ROOT, Tools

PROGRAMS = GATEWAY / "bin"
PYTHON = PROGRAMS / "python"


def check_all(steps: Steps, tools: Tools) -> list[StepFailed]:
    """Run every check, whatever the others say; returns those that failed."""
    failed = []

    def check(name: str, title: str, *command: object) -> None:
        try:
            steps.run(f"check-{name}", title, command, tools.node_on_path)
        except StepFailed as failure:
            failed.append(failure)

    def python() -> None:
        check("style", say("Python: style", "Python：风格"), PYTHON, "-m", "ruff", "check", ".")
        check("layout", say("Python: layout", "Python：排版"), PYTHON, "-m", "ruff", "format", "--check", ".")
        check("types", say("Python: types", "Python：类型"), PYTHON, "-m", "mypy")
        title = say("Python: who may import whom", "Python：谁可以导入谁")
        check("contracts", title, PROGRAMS / "lint-imports", "--no-logo")

    def containers() -> None:
        images = sorted((ROOT / "deploy" / "images").glob("*.Dockerfile"))
        check("images", say("Container files", "容器文件"), PROGRAMS / "hadolint", *images)
        compose = ["--builtin-schema", "vendor.compose-spec", "deploy/compose.yml"]
        check("compose", say("Compose file", "Compose 文件"), PYTHON, "-m", "check_jsonschema", *compose)

    def screens() -> None:
        title = say("Screens: types, rules, layout", "界面：类型、规则、排版")
        check("screens", title, "npm", "run", "check")

    steps.side_by_side(python, screens, containers)
    return failed
