"""For the brain's tests: one real brain with the trained model, a shop behind it, and customers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.brain.shop import TOKEN, Shop, open_shop
from tests.support.brain import Brain, start_brain

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    with open_shop() as shop:
        yield shop


@pytest.fixture(scope="session")
def brain(model: Path, shop: Shop) -> Iterator[Brain]:
    """The brain all tests of this folder talk to: it keeps nothing between two messages."""
    brain = start_brain(model, {"BUSINESS_API_URL": shop.url, "BUSINESS_API_TOKEN": TOKEN})
    yield brain
    brain.stop()


class Said:
    """The brain's answer to one message."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.raw = answer
        self.texts: list[str] = [message["text"] for message in answer["messages"]]
        self.choices: list[dict[str, str]] = [
            choice for message in answer["messages"] for choice in message["choices"]
        ]
        self.titles = [choice["title"] for choice in self.choices]
        self.intent: str = answer["intent"]["name"]
        self.form: str | None = answer["active_form"]
        self.handoff: str | None = answer["handoff"] and answer["handoff"]["reason"]
        self.state: Any = answer["state"]

    def __contains__(self, words: str) -> bool:
        return any(words in text for text in self.texts)


class Customer:
    """Somebody who talks; the state that comes back goes along with the next message."""

    def __init__(self, brain: Brain, language: str, channel: str = "web") -> None:
        self.number = next(NUMBERS)
        self.language, self.channel = language, channel
        self.state: Any = None
        self.offered: list[dict[str, str]] = []
        self._brain = brain
        self._messages = itertools.count(1)

    def says(self, text: str, choice: str | None = None) -> Said:
        return self.asks(self.question(text, choice))

    def asks(self, question: dict[str, Any]) -> Said:
        response = self._brain_answers(question)
        assert response.status_code == 200, response.text
        said = Said(response.json())
        self.state, self.offered = said.state, said.choices
        return said

    def taps(self, choice: dict[str, str]) -> Said:
        return self.says(choice["title"], choice["id"])

    def question(self, text: str, choice: str | None = None) -> dict[str, Any]:
        return {
            "conversation": f"c-{self.number}",
            "message_id": f"m-{self.number}-{next(self._messages)}",
            "text": text,
            "metadata": {
                "channel": self.channel,
                "language": self.language,
                "choice": choice,
                "kind": "text",
            },
            "state": self.state,
            "model": None,
        }

    def _brain_answers(self, question: dict[str, Any]) -> httpx.Response:
        return ask(self._brain, question)


def ask(brain: Brain, question: Any) -> httpx.Response:
    return httpx.post(
        f"{brain.url}/ask", json=question, headers={"Authorization": f"Bearer {brain.token}"}, timeout=20
    )


def says_all(somebody: Customer, *words: str) -> Said:
    """One after the other; the answer to the last."""
    return [somebody.says(each) for each in words][-1]


def proves(somebody: Customer, shop: Shop, phone: str = "13800000001") -> Said:
    """Gives the number, and then the code that was sent to it."""
    somebody.says(phone)
    return somebody.says(shop.company.code_for(phone))


@pytest.fixture
def plenty_of_codes(shop: Shop) -> Iterator[None]:
    """Many customers of the tests have one number."""
    yield
    shop.company.forget_codes()


@pytest.fixture
def customer(brain: Brain) -> Callable[..., Customer]:
    """`customer("zh")` is somebody who writes Chinese."""
    return lambda language, **more: Customer(brain, language, **more)
