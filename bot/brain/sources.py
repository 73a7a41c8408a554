"""For the checks: the YAML that trainers wrote, each value with its file and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from bot.brain.mistakes import Mistake


@dataclass(frozen=True)
class Written:
    """A value where it stands: `file` relative to the content, `line` counted from 1."""

    file: str
    line: int
    value: Any = None

    def entries(self) -> Iterator[tuple[str, Written]]:
        """The entries of a mapping; none when it is something else."""
        if isinstance(self.value, dict):
            for key, value in self.value.items():
                yield str(key), Written(self.file, self._line_of(key), value)

    def parts(self) -> Iterator[Written]:
        """The entries of a list; none when it is something else."""
        if isinstance(self.value, list):
            for index, value in enumerate(self.value):
                yield Written(self.file, self._line_of(index), value)

    def get(self, key: str) -> Written:
        """The entry of that name, or an empty one in its place."""
        return next((each for name, each in self.entries() if name == key), Written(self.file, self.line))

    def wrong(self, english: str, chinese: str) -> Mistake:
        """A mistake at this place."""
        return Mistake(self.file, self.line, english, chinese)

    def _line_of(self, key: str | int) -> int:
        place = getattr(getattr(self.value, "lc", None), "data", None) or {}
        return place[key][0] + 1 if key in place else self.line  # a merged key stands elsewhere


@dataclass(frozen=True)
class Files:
    """The files of a content folder by what they are for; `mistakes` tell what cannot be read."""

    all: tuple[Written, ...]
    mistakes: tuple[Mistake, ...]

    @property
    def config(self) -> list[Written]:
        return self._in("intents/config.yml")

    @property
    def examples(self) -> list[Written]:
        return [file for file in self._in("intents/") if file not in self.config]

    @property
    def domain(self) -> list[Written]:
        return self._in("stories/domain/")

    @property
    def flows(self) -> list[Written]:
        return self._in("stories/flows/")

    @property
    def notices(self) -> list[Written]:
        return self._in("stories/notices.yml")

    @property
    def outages(self) -> list[Written]:
        return self._in("stories/outages.yml")

    @property
    def details(self) -> list[Written]:
        return self._in("stories/details/")

    @property
    def strays(self) -> list[Written]:
        """Files that neither Rasa nor the gateway reads."""
        read = [*self.domain, *self.flows, *self.notices, *self.outages, *self.details]
        return [file for file in self._in("stories/") if file not in read]

    def list_of(self, key: str) -> Written:
        """Where a missing intent, or whatever `key` lists, could be added: the first of the lists."""
        lists = [file.get(key) for file in self.domain if file.get(key).value]
        return next(iter([*lists, *self.domain]), Written("stories/domain", 1))

    def _in(self, path: str) -> list[Written]:
        return [file for file in self.all if file.file.startswith(path)]


def read_files(folder: Path) -> Files:
    """All YAML of intents/ and stories/."""
    paths = sorted(file for part in ("intents", "stories") for file in (folder / part).rglob("*.y*ml"))
    found = [each for path in paths for each in _read(path.relative_to(folder).as_posix(), path.read_bytes())]
    return Files(
        tuple(each for each in found if isinstance(each, Written)),
        tuple(each for each in found if isinstance(each, Mistake)),
    )


def _read(file: str, content: bytes) -> Iterator[Written | Mistake]:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        yield Mistake(
            file, line, "this is not UTF-8. Save the file as UTF-8.", "不是 UTF-8 编码。请存为 UTF-8。"
        )
        return
    yaml = YAML()
    yaml.allow_duplicate_keys = True  # all of them are told, not only the first
    try:
        constructor, _ = yaml.get_constructor_parser(text)
        root = constructor.composer.get_single_node()
        yield from _doubled_keys(file, root)
        yield Written(file, 1, constructor.construct_document(root) if root else None)
    except MarkedYAMLError as error:
        yield _unreadable(file, text.splitlines(), error)
    except YAMLError as error:
        reason = " ".join(str(error).split())
        yield Mistake(file, 1, f"cannot be read: {reason}. Delete it.", f"无法读取：{reason}。请删掉它。")


def _doubled_keys(file: str, node: Node | None) -> Iterator[Mistake]:
    if isinstance(node, MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            first = lines.setdefault(key.value, key.start_mark.line + 1)
            if first != key.start_mark.line + 1 and key.value != "<<":
                yield Mistake(
                    file,
                    key.start_mark.line + 1,
                    f"`{key.value}` stands here for the second time (first in line {first}). Keep one.",
                    f"`{key.value}` 重复了（第 {first} 行已经有）。请只留一个。",
                )
            yield from _doubled_keys(file, value)
    elif isinstance(node, SequenceNode):
        for value in node.value:
            yield from _doubled_keys(file, value)


def _unreadable(file: str, lines: list[str], error: MarkedYAMLError) -> Mistake:
    """The parser's complaint, as the slip of the pen behind it."""
    problem = error.problem or "?"
    mark = error.problem_mark or error.context_mark
    if "end of stream" in problem or "could not find expected ':'" in problem:
        mark = error.context_mark or mark  # the quote that was opened, the line that is no entry
    number, column = (mark.line, mark.column) if mark else (0, 0)
    line = lines[number] if number < len(lines) else ""
    return Mistake(file, number + 1, *_slip(problem, line, line[:column]))


def _slip(problem: str, line: str, before: str) -> tuple[str, str]:
    if "\t" in line[: len(line) - len(line.lstrip())] or r"'\t'" in problem:
        return (
            "a tab at the beginning of the line. Use spaces.",
            "行首用了制表符（Tab）。请改用空格。",
        )
    if "mapping values are not allowed" in problem and ":" not in before.strip().rstrip(":"):
        return (
            "this line does not fit under the one above. Line it up, or put a text with a colon in quotes.",
            "这一行和上一行接不上。请和相邻的行对齐；如果是一段含冒号的文字，请给文字加引号。",
        )
    for sign, english, chinese in _SLIPS:
        if sign in problem:
            return english, chinese
    return (
        f"cannot be read: {problem}. If it is a text, put the text in quotes.",
        f"无法读取：{problem}。如果这是一段文字，请给文字加引号。",
    )


_SLIPS = [
    (
        "mapping values are not allowed",
        "a colon inside the text ends it. Put the text in quotes.",
        "文字里有冒号，后面的读不出来。请给文字加引号。",
    ),
    (
        "but got ':'",
        "a colon inside the text ends it, or a closing bracket is missing. Put the text in quotes.",
        "文字里有冒号，或者少了右括号。请给文字加引号。",
    ),
    (
        "expected ','",
        "a comma or a closing bracket is missing. Add it, or put the text in quotes.",
        "少了逗号或者右括号。请补上，或者给文字加引号。",
    ),
    (
        "but found '<scalar>'",
        "the value goes on after its closing quote or bracket. Put the whole text in one pair of quotes.",
        "引号或括号后面还有文字。请把整段文字放进一对引号。",
    ),
    (
        "end of stream",
        "the quote or bracket that is opened here is never closed. Close it.",
        "这里的引号或括号没有收尾。请补上。",
    ),
    (
        "cannot start any token",
        "a text cannot begin with this sign. Put the text in quotes.",
        "文字不能以这个符号开头。请给文字加引号。",
    ),
    (
        "undefined alias",
        "a text cannot begin with *. Put the text in quotes.",
        "文字不能以 * 开头。请给文字加引号。",
    ),
    (
        "comment or a line break",
        "after > or | the text begins on the next line. Move it there, or put the text in quotes.",
        "> 或 | 后面的文字要从下一行开始。请换行，或者给文字加引号。",
    ),
    (
        "could not find expected ':'",
        "this line is no `name: value`. Add the colon, or indent it to go on with the text above.",
        "这一行不是 `名称: 值`。请补上冒号；如果是接着上面的文字，请缩进。",
    ),
    (
        "expected <block end>",
        "this line does not line up with the ones above. Indent it as its neighbours.",
        "这一行和上面没有对齐。请按相邻的行缩进。",
    ),
    (
        "another document",
        "`---` begins a second document. Delete the line.",
        "`---` 表示另起一份文档。请删掉这一行。",
    ),
]
