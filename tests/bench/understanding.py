"""How well the bot knows what it knows, beside Rasa's stock pipelines, on the sets in `JIELI_EVAL_DATA`.

A set is `NAME.train.tsv` and `NAME.test.tsv` (text, intent; `out_of_scope` in the test: no intent covers it).
Without the variable the demo company's examples are one, and tests/content/heldout.tsv the other.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.bench.part import Part
from tests.bench.program import FOLDER, done
from tests.bench.progress import tell
from tests.bench.rows import Row
from tests.bench.sureness import auroc, best_coverage, calibration_error, coverage, excess_aurc, wrong_share
from tests.support.gateway import ROOT

DATA = os.environ.get("JIELI_EVAL_DATA")
OURS, LOGISTIC, DIET = "ours", "stock logistic regression", "stock DIET"
TARGET = 0.05
TOKENIZER = {"zh": "JiebaTokenizer", "en": "WhitespaceTokenizer"}
WORDS_AND_PARTS = """
- name: CountVectorsFeaturizer
- name: CountVectorsFeaturizer
  analyzer: char_wb
  min_ngram: 1
  max_ngram: 4
"""
CLASSIFIERS = {
    LOGISTIC: "- name: LogisticRegressionClassifier\n",
    DIET: "- name: DIETClassifier\n  epochs: 100\n  entity_recognition: false\n",
}

Predictions = list[dict[str, Any]]


def sets() -> list[str]:
    """The names of the sets to measure on."""
    return sorted(file.name.removesuffix(".test.tsv") for file in _folder().glob("*.test.tsv"))


async def prepare() -> None:
    """Rasa's stock pipelines, minutes each, once: what they say of a set is kept."""
    for name in sets():
        for pipeline in CLASSIFIERS:
            await _stock(name, pipeline)


async def measure(rounds: int | None) -> list[Row]:
    rows = []
    for name in sets():
        tell(f"{name}: training ours", f"{name}：训练我们的模型")
        said = {OURS: await _predict(name, OURS, None)}
        said |= {pipeline: await _stock(name, pipeline) for pipeline in CLASSIFIERS}
        rows += _rows(name, said, [intent for _, intent in _read(_folder() / f"{name}.test.tsv")])
    return rows


def _rows(name: str, said: dict[str, Predictions], meant: Sequence[str]) -> list[Row]:
    excess = {side: excess_aurc(rows, meant) for side, rows in said.items()}
    ours = said[OURS]
    in_note = "; ".join(
        f"{side}: excess AURC {excess[side]:.4f}, AUROC {auroc(rows, meant):.4f}, "
        f"ECE {calibration_error(rows, meant):.3f}, {wrong_share(rows, meant):.1%} of its answers wrong"
        for side, rows in said.items()
    )
    best = best_coverage(ours, meant, TARGET)
    return [
        Row(
            f"{name}_excess_aurc_over_lr",
            round(excess[OURS] / excess[LOGISTIC], 3),
            "ratio",
            LOGISTIC,
            in_note,
        ),
        Row(f"{name}_excess_aurc_over_diet", round(excess[OURS] / excess[DIET], 3), "ratio", DIET, in_note),
        Row(f"{name}_auroc", round(auroc(ours, meant), 4), "", "", f"{len(ours)} messages"),
        Row(f"{name}_ece", round(calibration_error(ours, meant), 4), "", "", "15 equal bins, all messages"),
        Row(
            f"{name}_wrong_asked_5",
            round(wrong_share(ours, meant), 4),
            "share",
            "0.05",
            "of what it answered",
        ),
        Row(
            f"{name}_coverage_of_best",
            round(coverage(ours, meant) / max(best, 1e-9), 3),
            "ratio",
            "the same ranking at 5% wrong",
            f"{coverage(ours, meant):.1%} of the messages in scope answered",
        ),
    ]


async def _stock(name: str, pipeline: str) -> Predictions:
    return await _predict(name, pipeline, _configuration(name, pipeline))


async def _predict(name: str, side: str, pipeline: Path | None) -> Predictions:
    train, test = (_folder() / f"{name}.{part}.tsv" for part in ("train", "test"))
    words = ["-m", "bot.brain", "predict", "--content", ROOT, "--train", train, "--test", test]
    log = FOLDER / f"predict-{name}-{side.replace(' ', '-')}.log"
    if pipeline is None:
        return _parsed(await done([*words, "--target-wrong", TARGET], log))
    kept = FOLDER / f"predicted-{_hash(train, test, pipeline)}.jsonl"
    if not kept.exists():
        tell(f"{name}: training {side}", f"{name}：训练 {side}")
        said = await done([*words, "--pipeline", pipeline], log)
        kept.write_text("\n".join(line for line in said.splitlines() if line.startswith("{")), "utf-8")
    return _parsed(kept.read_text("utf-8"))


def _parsed(said: str) -> Predictions:
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def _configuration(name: str, pipeline: str) -> Path:
    texts = "".join(text for text, _ in _read(_folder() / f"{name}.train.tsv"))
    chinese = sum("\u4e00" <= character <= "\u9fff" for character in texts) > len(texts) / 4
    file = FOLDER / f"{name}-{pipeline.replace(' ', '-')}.yml"
    language = "zh" if chinese else "en"
    head = f"recipe: default.v1\nassistant_id: stock\nlanguage: {language}\npipeline:\n"
    file.write_text(
        head + f"- name: {TOKENIZER[language]}" + WORDS_AND_PARTS + CLASSIFIERS[pipeline], encoding="utf-8"
    )
    return file


def _folder() -> Path:
    return Path(DATA) if DATA else _demo()


def _demo() -> Path:
    """The demo company's own examples and held-out messages, in the form of the other sets."""
    folder = FOLDER / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    with (ROOT / "tests" / "content" / "heldout.tsv").open(encoding="utf-8", newline="") as lines:
        held_out = [(row["text"], row["intent"]) for row in csv.DictReader(lines, delimiter="\t")]
    _write(folder / "demo.test.tsv", held_out)
    _write(folder / "demo.train.tsv", _examples())
    return folder


def _examples() -> list[tuple[str, str]]:
    files = sorted(ROOT.glob("intents/*/*.yml"))
    blocks = [block for file in files for block in YAML(typ="safe").load(file).get("nlu") or []]
    return [
        (line.removeprefix("- "), block["intent"])
        for block in blocks
        if "intent" in block
        for line in block["examples"].splitlines()
    ]


def _read(file: Path) -> list[tuple[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return [(row["text"], row["intent"]) for row in csv.DictReader(lines, delimiter="\t")]


def _write(file: Path, rows: Sequence[tuple[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, delimiter="\t", lineterminator="\n")
        writer.writerows([("text", "intent"), *rows])


def _hash(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]


MEASURES = (
    "excess_aurc_over_lr",
    "excess_aurc_over_diet",
    "auroc",
    "ece",
    "wrong_asked_5",
    "coverage_of_best",
)
PART = Part(
    "understanding", tuple(f"{name}_{each}" for name in sets() for each in MEASURES), prepare, measure
)
