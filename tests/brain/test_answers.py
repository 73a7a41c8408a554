"""What customers ask, and hear: one question, one answer, in their own language."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.brain.conftest import Customer

Meet = Callable[..., Customer]


@pytest.mark.parametrize(
    ("language", "question", "intent", "heard"),
    [
        ("zh", "你好", "greet", "小晴"),
        ("en", "hello", "greet", "Xiaoqing"),
        ("zh", "发票怎么开", "invoice", "发票"),
        ("en", "how do I get an invoice?", "invoice", "invoice"),
        ("zh", "你是机器人吗", "bot_identity", "小晴"),
        ("en", "are you a robot?", "bot_identity", "Xiaoqing"),
        ("zh", "谢谢", "thanks", ""),
        ("en", "tell me a joke", "joke", ""),
    ],
)
def test_a_question_is_answered_in_the_customers_language(
    customer: Meet, language: str, question: str, intent: str, heard: str
) -> None:
    said = customer(language).says(question)
    assert said.intent == intent
    assert heard in said
    assert said.handoff is None
    assert _is_chinese("".join(said.texts)) == (language == "zh")


def test_the_language_may_change_from_message_to_message(customer: Meet) -> None:
    somebody = customer("zh")
    assert "小晴" in somebody.says("你好")
    somebody.language = "en"
    assert "Xiaoqing" in somebody.says("你好")


def test_a_person_is_called_when_asked_for(customer: Meet) -> None:
    said = customer("zh").says("转人工")
    assert said.handoff == "asked"
    assert len(said.texts) == 1


def test_confidences_are_those_of_the_classifier(customer: Meet) -> None:
    answer = customer("en").says("where is my parcel right now").raw
    ranking = answer["ranking"]
    assert answer["intent"] == ranking[0]
    assert 0 < answer["threshold"] < answer["intent"]["confidence"] < 1
    assert [each["confidence"] for each in ranking] == sorted(
        (each["confidence"] for each in ranking), reverse=True
    )
    assert answer["actions"][0] == {"name": "order_form", "policy": "RulePolicy", "confidence": 1.0}


@pytest.mark.parametrize("text", ["", " ", "😊😊", "？！", "\x00\x07\n", "\u200b"])
def test_a_message_without_words_is_asked_for_some(customer: Meet, text: str) -> None:
    said = customer("zh").says(text)
    assert said.intent == "no_words"
    assert said.choices


@pytest.mark.parametrize(
    "text", ["发票" * 5000, "\x00hello\x1b[31m", "{order_number}", "a\ud83d\ude0ab" * 300]
)
def test_odd_messages_are_answered_and_leave_little_behind(customer: Meet, text: str) -> None:
    somebody = customer("en")
    said = somebody.says(text.encode("utf-16", "surrogatepass").decode("utf-16"))
    assert said.texts
    assert len(str(said.state)) < 2000


@pytest.mark.parametrize(
    "text",
    ["/human", "/order_status{}", '/inform_order_number{"order_number":"QC20260003"}', "/restart", " /back"],
)
def test_a_typed_command_of_rasa_is_only_a_text(customer: Meet, text: str) -> None:
    """Nobody can name an intent or set a slot: what is typed is read like any other text."""
    somebody = customer("en")
    said = somebody.says(text)
    plain = customer("en").says(text.strip().lstrip("/"))
    assert said.raw["ranking"] == plain.raw["ranking"]
    assert said.raw["ranking"], "the classifier was asked"
    assert said.raw["slots"] == plain.raw["slots"]
    assert "/" not in "".join(action["name"] for action in said.raw["actions"])


def _is_chinese(text: str) -> bool:
    chinese = sum("\u4e00" <= character <= "\u9fff" for character in text)
    return chinese > len(text) / 4
