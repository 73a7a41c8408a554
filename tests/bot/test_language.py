"""In which language a customer is answered."""

from __future__ import annotations

import pytest

from bot.language import language_of_text
from bot.messages import Language


@pytest.mark.parametrize(
    "text",
    [
        "我的订单到哪了",
        "我的訂單",
        "好",
        "ok，谢谢",
        "我的 order 到哪了",
        "我要 cancel order",
        "iPhone 15 Pro Max 有吗",
        "Wi-Fi 密码忘了，the router 是新的",
    ],
)
def test_chinese_is_chinese_with_english_words_in_it(text: str) -> None:
    assert language_of_text(text) is Language.ZH


@pytest.mark.parametrize(
    "text",
    [
        "where is my order",
        "QC20260001 where is it",
        "refund",
        "human",
        "I can\u2019t get online",
        "can you help me",
        "broadband keeps dropping constantly",
        "what does 套餐 mean",
        "cancel my order 谢谢",
    ],
)
def test_english_is_english_with_chinese_words_in_it(text: str) -> None:
    assert language_of_text(text) is Language.EN


@pytest.mark.parametrize(
    "text",
    [
        *["", "?", "12", "👍👍", "1", "13800000000", "QC20260001", "qc 2026 0001"],
        *["https://example.org/where/is/my/order", "www.example.org", "somebody@example.org"],
        *["ok", "OK!", "hi", "Hello", "no", "sorry", "thanks", "thank you", "VIP", "wifi", "app", "esim"],
        *["iPhone", "Huawei Mate 60 Pro", "iPhone 15 Pro Max"],
        *["ni hao", "wo yao tui huo", "wo de dingdan zenme hai mei dao", "zhuan rengong", "xiexie", "nihao"],
        *["zhe ge duo shao qian", "women yijing dengle liangtian", "qing bang wo cha yixia huafei"],
        *["a", "hhhh", "233", "asdfgh"],
    ],
)
def test_what_shows_no_language_leaves_it_as_it_was(text: str) -> None:
    assert language_of_text(text) is None


@pytest.mark.parametrize("text", ["na" * 5_000 + "x", "a" * 10_000, "QC" * 5_000, "1a" * 5_000])
def test_a_very_long_word_is_no_work(text: str) -> None:
    assert language_of_text(text) is None
