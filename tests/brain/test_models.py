"""Models come and go while customers are being answered."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.brain.conftest import Customer, ask
from tests.brain.shop import TOKEN, Shop
from tests.support.brain import Brain, start_brain


@pytest.fixture(scope="module")
def folder(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three models of the same content, and a file that is none."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("first", "second", "third"):
        shutil.copy(model, folder / f"{name}.tar.gz")
    (folder / "broken.tar.gz").write_bytes(b"no archive")
    return folder


@pytest.fixture(scope="module")
def swapping(folder: Path, shop: Shop) -> Iterator[Brain]:
    """A brain that begins with the first model."""
    environment = {"BUSINESS_API_URL": shop.url, "BUSINESS_API_TOKEN": TOKEN}
    brain = start_brain(folder / "first.tar.gz", environment)
    yield brain
    brain.stop()


def test_two_models_answer_side_by_side_and_the_newest_whoever_names_none(swapping: Brain) -> None:
    assert load(swapping, "second").json() == {"models": ["second", "first"]}
    assert httpx.get(f"{swapping.url}/health").json() == {"ready": True, "models": ["second", "first"]}
    question = Customer(swapping, "en").question("hello")
    answered = [
        ask(swapping, {**question, "model": name}).json()["model"] for name in ("first", "second", None)
    ]
    assert answered == ["first", "second", "second"]


def test_customers_are_answered_while_a_model_is_being_loaded(swapping: Brain) -> None:
    """The whole way through a form, over and over, until the model is there."""
    loaded = threading.Event()
    looked_up = []

    def talk() -> None:
        while not loaded.is_set():
            somebody = Customer(swapping, "en")
            somebody.says("where is my order")
            looked_up.append("Phone Case" in somebody.says("QC20260003"))

    talking = threading.Thread(target=talk)
    talking.start()
    assert load(swapping, "third").status_code == 200
    loaded.set()
    talking.join(20)
    assert looked_up
    assert all(looked_up)


def test_a_form_begun_with_one_model_is_finished_with_the_next(swapping: Brain) -> None:
    somebody = Customer(swapping, "en")
    assert somebody.says("where is my order").form == "order_form"
    load(swapping, "second")
    assert "Phone Case" in somebody.says("QC20260003")


def test_a_file_that_is_no_model_changes_nothing(swapping: Brain) -> None:
    before = httpx.get(f"{swapping.url}/health").json()
    refused = load(swapping, "broken")
    assert (refused.status_code, refused.json()["error"]) == (500, "model_unusable")
    assert httpx.get(f"{swapping.url}/health").json() == before
    assert "Xiaoqing" in Customer(swapping, "en").says("hello")


@pytest.mark.parametrize(
    ("name", "status"), [("fourth", 404), ("../first", 400), (".", 400), ("", 400), (None, 400), (5, 400)]
)
def test_only_models_of_the_folder_can_be_loaded(swapping: Brain, name: object, status: int) -> None:
    assert load(swapping, name).status_code == status


def test_loading_wants_the_token(swapping: Brain) -> None:
    response = httpx.post(f"{swapping.url}/models", json={"model": "second"})
    assert response.status_code == 401


def test_a_model_that_nobody_asks_for_is_dropped(folder: Path) -> None:
    brain = start_brain(folder / "first.tar.gz", {}, "--keep", "0")
    try:
        load(brain, "second")
        assert httpx.get(f"{brain.url}/health").json()["models"] == ["second"]
        question = Customer(brain, "en").question("hello")
        assert ask(brain, {**question, "model": "first"}).status_code == 503
    finally:
        brain.stop()


def load(brain: Brain, name: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {brain.token}"}
    return httpx.post(f"{brain.url}/models", json={"model": name}, headers=headers, timeout=60)
