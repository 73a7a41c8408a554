"""For trainers: how sure the bot says it is, on messages it has not learned."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.encoder import write_encoder

Said = tuple[str, str]

# a café's: far from the demo company, so that nothing here can have been tuned to it
EXAMPLES: dict[str, list[str]] = {
    "book_table": [
        "a table for two tonight please",
        "can I reserve for Sunday brunch",
        "book us in at seven",
        "do you take reservations",
        "we'd like to sit by the window on Friday, four people",
        "我想订个位子",
        "今晚两位有位置吗",
        "周六中午帮我留张桌子",
        "六个人能预约吗",
        "靠窗的座位可以提前订吗",
    ],
    "menu": [
        "what do you serve for breakfast",
        "is there anything vegan",
        "show me the menu",
        "do you have gluten free cake",
        "which soups are there today",
        "你们有什么吃的",
        "早餐有哪些",
        "菜单发我看看",
        "有没有素食",
        "今天的汤是什么",
    ],
    "coffee_beans": [
        "do you sell beans to take home",
        "how much is a bag of the dark roast",
        "can you grind it for filter",
        "which beans suit an espresso machine",
        "where does your coffee come from",
        "你们的咖啡豆卖吗",
        "深烘的一袋多少钱",
        "能帮我磨成手冲的粉吗",
        "哪种豆子适合意式机",
        "豆子是哪里产的",
    ],
    "lost_property": [
        "I left my umbrella at your place",
        "did anybody find a blue scarf",
        "my glasses must still be on your table",
        "lost my keys there this morning",
        "has a black notebook been handed in",
        "我的伞落在你们店里了",
        "有人捡到一条蓝围巾吗",
        "眼镜好像忘在你们桌上了",
        "早上在店里丢了钥匙",
        "有没有人交上来一个黑色本子",
    ],
    "party": [
        "can we rent the room for a birthday",
        "how much is a party for twenty",
        "do you cater at an office",
        "we want the whole café for an evening",
        "can we bring our own cake to the celebration",
        "想包场过生日",
        "二十个人的聚会怎么收费",
        "公司活动可以送餐吗",
        "晚上能不能整个店租给我们",
        "庆祝的时候能自带蛋糕吗",
    ],
}
ASKED: list[Said] = [
    ("is there a free table tomorrow at noon", "book_table"),
    ("明天晚上想预订四个人的座位", "book_table"),
    ("any vegetarian dishes on the menu", "menu"),
    ("素食的菜有哪些", "menu"),
    ("price of a bag of beans", "coffee_beans"),
    ("咖啡豆多少钱一袋", "coffee_beans"),
    ("I forgot my scarf at the café, has it been found", "lost_property"),
    ("我的围巾忘在店里了，捡到了吗", "lost_property"),
    ("rent the café for a birthday party", "party"),
    ("生日聚会包场多少钱", "party"),
    ("how does a nuclear reactor work", "out_of_scope"),
    ("my bicycle needs new brakes", "out_of_scope"),
    ("牛顿是哪一年出生的", "out_of_scope"),
    ("帮我写一首关于秋天的诗", "out_of_scope"),
    ("", "out_of_scope"),
    ("/menu", "menu"),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("cafe")
    train, test = folder / "train.tsv", folder / "test.tsv"
    write(train, [(text, intent) for intent, texts in EXAMPLES.items() for text in texts])
    write(test, ASKED)
    return train, test


@pytest.fixture(scope="module")
def predicted(files: tuple[Path, Path]) -> list[dict[str, Any]]:
    return rows_of(predict(files))


def test_each_message_gets_its_line_in_order(predicted: list[dict[str, Any]]) -> None:
    assert [row["text"] for row in predicted] == [text for text, _ in ASKED]
    assert all(set(row) == {"text", "intent", "confidence", "answered"} for row in predicted)
    assert all(0 <= row["confidence"] <= 1 for row in predicted)


def test_what_it_understands_is_right_in_both_languages(predicted: list[dict[str, Any]]) -> None:
    inside = [
        row["intent"] == meant for row, (_, meant) in zip(predicted, ASKED, strict=True) if meant != OUT
    ]
    assert sum(inside) >= len(inside) - 1


def test_what_is_none_of_its_business_is_less_sure_than_any_question(predicted: list[dict[str, Any]]) -> None:
    """With ten examples a meaning the bot need not dare an answer; but it must know whom to distrust."""
    both = zip(predicted, ASKED, strict=True)
    sure = {text: row["confidence"] for row, (text, _) in both}
    outside = max(sure[text] for text, meant in ASKED if meant == OUT)
    questions = [sure[text] for text, meant in ASKED if meant != OUT and not text.startswith("/")]
    assert sum(each > outside for each in questions) >= len(questions) - 2
    assert not any(row["answered"] for row, (_, meant) in zip(predicted, ASKED, strict=True) if meant == OUT)


def test_from_reviewed_messages_it_learns_what_is_none_of_its_business(
    files: tuple[Path, Path], predicted: list[dict[str, Any]], tmp_path: Path
) -> None:
    reviewed = tmp_path / "reviewed.tsv"
    write(reviewed, [*((text, OUT) for text in REVIEWED), ("a table for eight", "book_table")])
    after = rows_of(predict(files, "--reviewed", str(reviewed)))
    assert outside_sureness(after) < outside_sureness(predicted)


def test_a_missing_encoder_stops_the_training(files: tuple[Path, Path], tmp_path: Path) -> None:
    done = predict(files, "--pipeline", str(pipeline(tmp_path, encoder=str(tmp_path / "nowhere"))))
    assert done.returncode == 1
    assert "model.onnx" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_an_encoder_it_learns_from_words_alone(files: tuple[Path, Path], tmp_path: Path) -> None:
    rows = rows_of(predict(files, "--pipeline", str(pipeline(tmp_path, encoder="none"))))
    right = [row["intent"] == meant for row, (_, meant) in zip(rows, ASKED, strict=True) if meant != OUT]
    assert sum(right) >= len(right) // 2


def test_an_encoder_can_be_a_model_in_a_folder(files: tuple[Path, Path], tmp_path: Path) -> None:
    folder = write_encoder(tmp_path, [text for texts in EXAMPLES.values() for text in texts])
    rows = rows_of(predict(files, "--pipeline", str(pipeline(tmp_path, encoder=str(folder)))))
    right = [row["intent"] == meant for row, (_, meant) in zip(rows, ASKED, strict=True) if meant != OUT]
    assert sum(right) >= len(right) // 2
    without = rows_of(predict(files, "--pipeline", str(pipeline(tmp_path, encoder="none"))))
    assert [row["confidence"] for row in rows] != [row["confidence"] for row in without]


def test_rasas_own_pipelines_can_be_compared(files: tuple[Path, Path], tmp_path: Path) -> None:
    """The confidence is the classifier's, not the constant that the fallback puts in its place."""
    config = tmp_path / "stock.yml"
    config.write_text(STOCK, encoding="utf-8")
    rows = rows_of(predict(files, "--pipeline", str(config)))
    assert "nlu_fallback" not in {row["intent"] for row in rows}
    assert {row["answered"] for row in rows} == {True, False}
    assert all(row["answered"] == (row["confidence"] >= 0.4) for row in rows)


def test_the_promise_is_written_beside_the_model(model: Path) -> None:
    name = model.name.removesuffix(".tar.gz")
    report = json.loads((model.parent / f"{name}.report.json").read_text("utf-8"))
    expected = report["expected"]
    assert report["threshold"] > report["ask_back_threshold"]
    assert expected["wrong"] < expected["wrong_upper"] <= report["target_wrong_share"]
    total = expected["answered"] + expected["asked_back"] + expected["handed_over_at_once"]
    assert total == pytest.approx(1)
    share, reviewed = report["out_of_scope_share"], read(ROOT / "intents" / "reviewed.tsv")
    assert share["reviewed"] == len(reviewed)
    outside = sum(intent == OUT for _, intent in reviewed) / len(reviewed)
    assert share["low"] < outside < share["high"]
    shown = [point["answered"] for point in report["curve"]]
    assert shown == sorted(shown)
    assert "<svg" in (model.parent / f"{name}.report.svg").read_text("utf-8")


OUT = "out_of_scope"
REVIEWED = [
    "how does a rocket engine work",
    "how does an electric motor work",
    "what makes a nuclear plant safe",
    "my bicycle has a flat tyre",
    "the chain of my bicycle came off",
    "my car needs new brakes",
    "爱因斯坦是哪一年去世的",
    "牛顿发现了什么",
    "达尔文是哪国人",
    "帮我写一首关于春天的诗",
    "写一篇关于大海的作文",
    "给我编一副对联",
]
STOCK = """
recipe: default.v1
assistant_id: stock
language: en
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: LogisticRegressionClassifier
- name: FallbackClassifier
  threshold: 0.4
"""


def predict(files: tuple[Path, Path], *options: str) -> subprocess.CompletedProcess[str]:
    train, test = files
    words = [str(ROOT / ".venv" / "bin" / "python"), "-m", "bot", "nlu", "predict"]
    words += ["--train", str(train), "--test", str(test), *options]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)


def rows_of(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def outside_sureness(rows: list[dict[str, Any]]) -> float:
    return sum(float(row["confidence"]) for row, (_, meant) in zip(rows, ASKED, strict=True) if meant == OUT)


def read(file: Path) -> list[Said]:
    with file.open(encoding="utf-8", newline="") as lines:
        return [(row["text"], row["intent"]) for row in csv.DictReader(lines, delimiter="\t")]


def write(file: Path, rows: list[Said]) -> None:
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, delimiter="\t", lineterminator="\n").writerows([("text", "intent"), *rows])


def pipeline(folder: Path, encoder: str) -> Path:
    text = (ROOT / "intents" / "config.yml").read_text("utf-8")
    changed = folder / "config.yml"
    changed.write_text(text.replace("encoder: multilingual", f"encoder: {encoder}"), encoding="utf-8")
    return changed
