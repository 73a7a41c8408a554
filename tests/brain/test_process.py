"""The brain as its gateway sees it: doors, errors, one process for many conversations, the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.brain.conftest import Customer, ask
from tests.brain.shop import TOKEN, Shop
from tests.support.brain import PYTHON, ROOT, Brain, start_brain

Meet = Callable[..., Customer]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "Basic x", "Bearer \u00e9"])
def test_without_the_token_nothing_is_said(brain: Brain, customer: Meet, header: str | None) -> None:
    headers = {} if header is None else {b"Authorization": header.encode()}
    response = httpx.post(f"{brain.url}/ask", json=customer("en").question("hello"), headers=headers)
    assert response.status_code == 401
    assert response.json()["error"] == "not_allowed"


@pytest.mark.parametrize(
    "change",
    [
        {"text": None},
        {"text": 5},
        {"message_id": ""},
        {"conversation": None},
        {"metadata": {}},
        {"metadata": {"language": "fr"}},
        {"state": "x"},
        {"state": {}},
        {"state": {"v": 2}},
        {"state": {"v": 1, "extra": 1}},
        {"state": {"v": 1, "events": [["dance"]]}},
        {"state": {"v": 1, "events": ["user"]}},
        {"state": {"v": 1, "choices": [{"id": "a", "title": "A"}]}},
        {"state": {"v": 1, "slots": []}},
    ],
)
def test_a_malformed_question_is_refused_by_name(
    brain: Brain, customer: Meet, change: dict[str, Any]
) -> None:
    response = ask(brain, {**customer("en").question("hello"), **change})
    assert response.status_code == 400
    assert response.json()["error"] == "malformed"
    assert next(iter(change)) in response.json()["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe"])
def test_what_is_no_json_object_is_refused(brain: Brain, body: bytes) -> None:
    response = httpx.post(
        f"{brain.url}/ask", content=body, headers={"Authorization": f"Bearer {brain.token}"}
    )
    assert response.status_code == 400


def test_too_much_is_refused(brain: Brain, customer: Meet) -> None:
    response = ask(brain, customer("en").question("x" * 1024 * 1024))
    assert response.status_code == 413
    assert response.json()["error"] == "too_large"


def test_there_is_nothing_else(brain: Brain) -> None:
    assert httpx.get(f"{brain.url}/webhooks/rest").status_code == 404
    assert httpx.get(f"{brain.url}/ask").status_code == 405


def test_another_model_than_the_loaded_one_is_not_there(brain: Brain, customer: Meet, model: Path) -> None:
    question = customer("en").question("hello")
    assert ask(brain, {**question, "model": "another"}).status_code == 503
    assert ask(brain, {**question, "model": model.name.removesuffix(".tar.gz")}).status_code == 200


def test_a_brain_without_a_model_says_so(customer: Meet) -> None:
    brain = start_brain(None, {})
    try:
        assert httpx.get(f"{brain.url}/health").json() == {"ready": False, "models": []}
        response = ask(brain, customer("en").question("hello"))
        assert (response.status_code, response.json()["error"]) == (503, "not_ready")
    finally:
        brain.stop()


def test_health_names_the_model(brain: Brain, model: Path) -> None:
    assert httpx.get(f"{brain.url}/health").json() == {
        "ready": True,
        "models": [model.name.removesuffix(".tar.gz")],
    }


def test_the_same_question_has_the_same_answer(brain: Brain, customer: Meet) -> None:
    somebody = customer("zh")
    somebody.says("查订单")
    question = somebody.question("QC20260003")
    first, second = (ask(brain, question).json() for _ in range(2))
    assert {**first, "ms": 0} == {**second, "ms": 0}


def test_conversations_at_the_same_time_do_not_mix(customer: Meet) -> None:
    """Each thread goes through the whole form; an action awaits the shop while others are being served."""

    def look_up(number: str) -> list[str]:
        somebody = customer("en")
        somebody.says("where is my order")
        somebody.says("what time do your shops close?")
        return somebody.says(number).texts

    numbers = ["QC20260001", "QC20260003"] * 6
    with ThreadPoolExecutor(6) as threads:
        told = list(threads.map(look_up, numbers))
    for number, texts in zip(numbers, told, strict=True):
        assert number in texts[0]
        assert ("Phone Case" in texts[0]) == (number == "QC20260003")


def test_a_long_conversation_costs_no_more_than_a_short_one(customer: Meet) -> None:
    somebody = customer("en")
    sizes = []
    for _ in range(20):
        somebody.says("what time do your shops close?")
        somebody.says("where is QC20260003?")
        sizes.append(len(json.dumps(somebody.says("thanks").state)))
        assert "events" not in (somebody.state or {})
    assert max(sizes) == sizes[0] < 300


def test_a_form_that_stays_open_does_not_grow_for_ever(customer: Meet) -> None:
    somebody = customer("en")
    somebody.says("where is my order")
    counts = []
    for _ in range(30):
        said = somebody.says("what time do your shops close?")
        assert said.form == "order_form"
        counts.append(len(said.state["events"]))
    assert max(counts) <= 20
    assert len(json.dumps(somebody.state)) < 4000
    assert "Phone Case" in somebody.says("QC20260003")


def test_a_dialogue_begun_with_another_model_goes_on_without_what_is_gone(customer: Meet) -> None:
    somebody = customer("en")
    somebody.state = {
        "v": 1,
        "slots": {"last_order": "QC20260003", "shoe_size": 43},
        "events": [["user", "buy_shoes", {}], ["did", "shoe_form"], ["form", "shoe_form"]],
    }
    said = somebody.says("hello")
    assert said.intent == "greet"
    assert said.form is None
    assert said.raw["slots"]["last_order"] == "QC20260003"


def test_what_goes_well_is_not_logged_as_an_error(model: Path, shop: Shop, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        brain = start_brain(
            model, {"BUSINESS_API_URL": shop.url, "BUSINESS_API_TOKEN": TOKEN}, log=log.fileno()
        )
        assert Customer(brain, "en").says("where is my order").choices
        brain.stop()
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [line for line in lines if line["level"] in {"warning", "error"}] == []


def test_a_failure_inside_is_an_error_and_half_an_answer_never(brain: Brain, customer: Meet) -> None:
    """A choice that no rule knows: Rasa itself would say nothing at all, with 200."""
    somebody = customer("en")
    somebody.state = {"v": 1, "choices": [{"id": "a1", "title": "Odd", "intent": "session_start"}]}
    response = ask(brain, somebody.question("1"))
    assert response.status_code == 500
    assert response.json() == {"error": "failed", "message": "no rule says anything here"}


def test_an_action_that_fails_is_an_error(brain: Brain, customer: Meet) -> None:
    """A slot that is no number where one is counted: Rasa itself would log it and go on."""
    somebody = customer("en")
    somebody.says("where is my order")
    somebody.state["events"].append(["slot", "form_attempts", "many"])
    response = ask(brain, somebody.question("QC123"))
    assert response.status_code == 500
    assert "order_form: " in response.json()["message"]


@pytest.mark.parametrize("way", ["gateway gone", "SIGTERM", "SIGINT"])
def test_it_ends_with_its_gateway_and_on_request(way: str) -> None:
    brain = start_brain(None, {})
    with brain.process as process:
        if way == "gateway gone":
            assert process.stdin is not None
            process.stdin.close()
        else:
            process.send_signal(getattr(signal, way))
        assert process.wait(5) == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{brain.url}/health")


def test_it_ends_while_the_model_is_being_loaded(model: Path) -> None:
    process = _serve(["--model", str(model)], {"BRAIN_TOKEN": "t"})
    assert process.stdout is not None
    assert "port" in json.loads(process.stdout.readline())
    _, errors = process.communicate(timeout=5)
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "environment", "names"),
    [
        ([], {"BRAIN_TOKEN": ""}, "BRAIN_TOKEN"),
        (["--model", "/nowhere.tar.gz"], {"BRAIN_TOKEN": "t"}, "--model"),
        (["--host", "192.0.2.1"], {"BRAIN_TOKEN": "t"}, "--host"),
    ],
)
def test_settings_that_make_no_sense_stop_the_start(
    arguments: list[str], environment: dict[str, str], names: str
) -> None:
    process = _serve(arguments, environment)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert names in errors
    assert len(errors.splitlines()) == 1


def test_a_file_that_is_no_model_ends_the_brain(tmp_path: Path) -> None:
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"no archive")
    process = _serve(["--model", str(broken)], {"BRAIN_TOKEN": "t"}, stdin=subprocess.DEVNULL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert json.loads(errors.splitlines()[-1])["event"] == "model_unusable"


def test_a_model_with_a_threshold_that_is_no_number_ends_the_brain_with_a_sentence(
    model: Path, tmp_path: Path
) -> None:
    """As it was trained before the content was checked for that."""
    broken = tmp_path / "broken.tar.gz"
    with tarfile.open(model) as files, tarfile.open(broken, "w:gz") as changed:
        files.extractall(tmp_path / "parts", filter="data")
        metadata = tmp_path / "parts" / "metadata.json"
        described = metadata.read_text()
        assert '"threshold": 0.5' in described
        metadata.write_text(described.replace('"threshold": 0.5', '"threshold": "half"'))
        for part in metadata.parent.iterdir():
            changed.add(part, part.name)
    process = _serve(["--model", str(broken)], {"BRAIN_TOKEN": "t"}, stdin=subprocess.DEVNULL)
    news, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    told = json.loads(news.splitlines()[-1])["unusable"]
    assert told.startswith("broken.tar.gz cannot be used")
    assert "threshold in intents/config.yml is 'half', which is no number from 0 to 1" in told


def _serve(
    arguments: list[str], environment: dict[str, str], stdin: int = subprocess.PIPE
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PYTHON, "-m", "bot.brain", "serve", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
