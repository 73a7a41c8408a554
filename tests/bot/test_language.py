"""In which language a customer is answered."""

from __future__ import annotations

import pytest

from bot.language import language_of_text
from bot.messages import Language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我的订单到哪了", Language.ZH),
        ("我的 order 到哪了", Language.ZH),
        ("我的訂單", Language.ZH),
        ("where is my order", Language.EN),
        ("ok", Language.EN),
        ("QC20260001", None),
        ("QC20260001 where is it", Language.EN),
        ("https://example.org/path", None),
        ("👍👍", None),
        ("12", None),
        ("", None),
        ("?", None),
    ],
)
def test_a_text_tells_its_language_or_nothing(text: str, language: Language | None) -> None:
    assert language_of_text(text) is language
