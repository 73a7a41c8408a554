"""What Telegram sends, read as a customer's message."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.telegram import TelegramChannel
from bot.errors import BadInput
from bot.messages import Address, Incoming, Kind, Language

Json = dict[str, Any]

USER = {"id": 42, "is_bot": False, "first_name": "晓", "last_name": "林", "language_code": "zh-hans"}
CHAT = {"id": 42, "type": "private", "first_name": "晓"}
FILE = {"file_id": "f1", "file_unique_id": "u1", "file_size": 1234}
STICKER = {"type": "regular", "width": 9, "height": 9, "is_animated": False, "is_video": False}
PLACE = {"latitude": 31.2, "longitude": 121.5}
KEYBOARD = {
    "inline_keyboard": [
        [{"text": "查订单", "callback_data": "c1"}, {"text": "都不是", "callback_data": "c2"}]
    ]
}


@functools.cache
def channel() -> TelegramChannel:
    async def never(*_: object) -> None:
        raise AssertionError("reading stores nothing")

    return TelegramChannel("7:token", None, "http://127.0.0.1:1", None, never, never)


def read(raw: bytes) -> Incoming | None:
    return channel().read(raw)


def message(user: Json | None = None, chat: Json | None = None, **content: Any) -> Json:
    sender = USER | (user or {})
    return {"message_id": 7, "date": 1_800_000_000, "from": sender, "chat": CHAT | (chat or {}), **content}


def hear(kind: str = "message", **content: Any) -> Incoming | None:
    update = {"update_id": 900, kind: message(**content)}
    return read(json.dumps(update).encode())


def heard(kind: str = "message", **content: Any) -> Incoming:
    incoming = hear(kind, **content)
    assert incoming is not None
    return incoming


def tapped(**query: Any) -> Json:
    offered = {
        "message_id": 5,
        "date": 1_800_000_000,
        "chat": CHAT,
        "text": "哪一个？",
        "reply_markup": KEYBOARD,
    }
    return {"id": "q1", "from": USER, "chat_instance": "i", "data": "c2", "message": offered} | query


def member(status: str, **chat: Any) -> Json:
    bot = {"id": 7, "is_bot": True, "first_name": "Bot"}
    old, new = ({"user": bot, "status": one, "until_date": 0} for one in ("member", status))
    return {"chat": CHAT | chat, "from": USER, "date": 1, "old_chat_member": old, "new_chat_member": new}


def test_a_text() -> None:
    assert heard(text="我的订单到哪了") == Incoming(
        address=Address("telegram", "7", "42"),
        key="900",
        kind=Kind.TEXT,
        text="我的订单到哪了",
        name="晓 林",
        language=Language.ZH,
        sent_at=datetime.fromtimestamp(1_800_000_000, UTC),
    )


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("zh", Language.ZH),
        ("zh-hant", Language.ZH),
        ("ZH-CN", Language.ZH),
        ("en", Language.EN),
        ("en-GB", Language.EN),
        ("ru", None),
        ("", None),
        (None, None),
    ],
)
def test_the_language_of_the_phone(code: str | None, language: Language | None) -> None:
    assert heard(user={"language_code": code}, text="12345").language is language


@pytest.mark.parametrize(
    ("text", "kind", "read_as", "choice", "about"),
    [
        ("/start", Kind.START, "[开始对话]", None, {}),
        ("/start shop_17", Kind.START, "[开始对话]", None, {"start": "shop_17"}),
        ("/start@xiaoqing_bot shop_17", Kind.START, "[开始对话]", None, {"start": "shop_17"}),
        ("/human", Kind.CHOICE, "转人工", "jieli:human", {}),
        ("/help", Kind.TEXT, "你能做什么？", None, {}),
        ("/help 查订单", Kind.TEXT, "/help 查订单", None, {}),
        ("/order QC20260001", Kind.TEXT, "/order QC20260001", None, {}),
        ("/", Kind.TEXT, "/", None, {}),
        ("您好 /start", Kind.TEXT, "您好 /start", None, {}),
    ],
)
def test_commands(text: str, kind: Kind, read_as: str, choice: str | None, about: Json) -> None:
    incoming = heard(text=text)
    assert (incoming.kind, incoming.text, incoming.choice, incoming.about) == (kind, read_as, choice, about)


def test_commands_speak_the_language_of_the_phone() -> None:
    assert heard(user={"language_code": "en"}, text="/human").text == "Talk to a person"
    assert heard(user={"language_code": "de"}, text="/help").text == "What can you do?"


@pytest.mark.parametrize(
    ("content", "kind", "chinese", "english", "about"),
    [
        (
            {"photo": [FILE | {"file_id": "s", "width": 9, "height": 9}, FILE | {"width": 90, "height": 90}]},
            Kind.PHOTO,
            "[图片]",
            "[Photo]",
            {"file_id": "f1", "file_size": 1234},
        ),
        (
            {"voice": FILE | {"duration": 3, "mime_type": "audio/ogg"}},
            Kind.VOICE,
            "[语音]",
            "[Voice message]",
            {"file_id": "f1", "file_size": 1234, "mime_type": "audio/ogg", "duration": 3},
        ),
        (
            {"video": FILE | {"duration": 8, "width": 9, "height": 9}},
            Kind.VIDEO,
            "[视频]",
            "[Video]",
            {"file_id": "f1", "file_size": 1234, "duration": 8},
        ),
        (
            {"video_note": FILE | {"duration": 8, "length": 9}},
            Kind.VIDEO,
            "[视频]",
            "[Video]",
            {"file_id": "f1", "file_size": 1234, "duration": 8},
        ),
        (
            {"document": FILE | {"file_name": "发票.pdf", "mime_type": "application/pdf"}},
            Kind.FILE,
            "[文件] 发票.pdf",
            "[File] 发票.pdf",
            {"file_id": "f1", "file_size": 1234, "mime_type": "application/pdf", "file_name": "发票.pdf"},
        ),
        (
            {"animation": FILE | {"duration": 1, "width": 9, "height": 9}, "document": FILE},
            Kind.VIDEO,
            "[视频]",
            "[Video]",
            {"file_id": "f1", "file_size": 1234, "duration": 1},
        ),
        (
            {"sticker": FILE | STICKER | {"emoji": "👍"}},
            Kind.STICKER,
            "[表情] 👍",
            "[Sticker] 👍",
            {"file_id": "f1", "file_size": 1234, "emoji": "👍"},
        ),
        ({"location": PLACE}, Kind.LOCATION, "[位置]", "[Location]", PLACE),
        (
            {"location": PLACE, "venue": {"location": PLACE, "title": "人民广场", "address": "西藏中路"}},
            Kind.LOCATION,
            "[位置] 人民广场 西藏中路",
            "[Location] 人民广场 西藏中路",
            {"title": "人民广场", "address": "西藏中路", **PLACE},
        ),
        (
            {"contact": {"phone_number": "+8613000000000", "first_name": "王"}},
            Kind.CONTACT,
            "[名片] 王 +8613000000000",
            "[Contact] 王 +8613000000000",
            {"first_name": "王", "phone_number": "+8613000000000"},
        ),
        (
            {"dice": {"emoji": "🎲", "value": 3}},
            Kind.OTHER,
            "[其他消息] 🎲",
            "[Another kind of message] 🎲",
            {"emoji": "🎲", "type": "Dice"},
        ),
        (
            {"something_telegram_invents_next_year": {"a": 1}},
            Kind.OTHER,
            "[其他消息]",
            "[Another kind of message]",
            {"type": "something_telegram_invents_next_year"},
        ),
    ],
)  # fmt: skip
def test_everything_but_text(content: Json, kind: Kind, chinese: str, english: str, about: Json) -> None:
    incoming = heard(**content)
    assert (incoming.kind, incoming.text, incoming.about) == (kind, chinese, about)
    assert heard(user={"language_code": "en"}, **content).text == english


def test_a_caption_is_what_the_customer_says() -> None:
    incoming = heard(photo=[FILE | {"width": 9, "height": 9}], caption="这是什么故障？", media_group_id="a1")
    assert (incoming.kind, incoming.text) == (Kind.PHOTO, "这是什么故障？")
    assert incoming.about["album"] == "a1"


def test_a_tap_brings_the_title_that_was_tapped() -> None:
    incoming = read(json.dumps({"update_id": 900, "callback_query": tapped()}).encode())
    assert incoming is not None
    assert (incoming.kind, incoming.choice, incoming.text) == (Kind.CHOICE, "c2", "都不是")
    assert incoming.about == {"callback_query_id": "q1"}


@pytest.mark.parametrize(
    "shown",
    [
        {"message_id": 5, "date": 0, "chat": CHAT},
        {"message_id": 5, "date": 1_800_000_000, "chat": CHAT, "text": "哪一个？"},
    ],
)
def test_a_tap_on_a_message_of_long_ago_still_brings_its_choice(shown: Json) -> None:
    update = {"update_id": 900, "callback_query": tapped(message=shown)}
    incoming = read(json.dumps(update).encode())
    assert incoming is not None
    assert (incoming.kind, incoming.choice, incoming.text) == (Kind.CHOICE, "c2", "[点了较早的按钮]")


def test_a_customer_who_blocks_the_bot_has_left() -> None:
    update = {"update_id": 900, "my_chat_member": member("kicked")}
    incoming = read(json.dumps(update).encode())
    assert incoming is not None
    assert (incoming.kind, incoming.text, incoming.key) == (Kind.LEFT, "[停用了机器人]", "900")


@pytest.mark.parametrize(
    "update",
    [
        {"edited_message": message(text="改过的话", edit_date=1_800_000_001)},
        {"message": message(chat={"id": -100, "type": "supergroup", "title": "G"}, text="hello")},
        {"message": message(chat={"id": -5, "type": "group", "title": "G"}, migrate_to_chat_id=-100)},
        {"message": message(pinned_message=message(text="hello"))},
        {"message": message(message_auto_delete_timer_changed={"message_auto_delete_time": 86400})},
        {"channel_post": {"message_id": 1, "date": 1, "chat": {"id": -1, "type": "channel"}, "text": "x"}},
        {"callback_query": tapped(message=None, inline_message_id="i1")},
        {"callback_query": tapped(data=None, game_short_name="g")},
        {"my_chat_member": member("member")},
        {"my_chat_member": member("kicked", id=-5, type="group", title="G")},
        {"inline_query": {"id": "1", "from": USER, "query": "x", "offset": ""}},
        {"poll": {"id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False,
                  "is_anonymous": True, "type": "regular", "allows_multiple_answers": False,
                  "allows_revoting": False, "members_only": False}},
        {"something_telegram_invents_next_year": {"chat": CHAT, "from": USER}},
        {},
    ],
)  # fmt: skip
def test_what_is_no_message_of_a_customer(update: Json) -> None:
    assert read(json.dumps({"update_id": 900, **update}).encode()) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        *(
            json.dumps({"update_id": 900, "message": bad}).encode()
            for bad in (
                3,
                {},
                {"message_id": 1},
                message(text=5),
                message(text=["a"]),
                message(text="half \ud83d"),
                message(text="nul \0"),
                message(text="hi", chat={"id": "42"}),
                message(text="hi", chat={"id": 2**70}),
                message(text="hi", user={"language_code": 7}),
                message(text="hi") | {"date": 10**20},
                message(photo=[]) | {"photo": 5},
                message(location={"latitude": float("nan"), "longitude": 1}),
            )
        ),
        json.dumps({"update_id": "900", "message": message(text="hi")}).encode(),
        json.dumps({"update_id": 900, "callback_query": tapped(data=5)}).encode(),
    ],
)
def test_what_is_malformed_is_bad_input(raw: bytes) -> None:
    with pytest.raises(BadInput):
        read(raw)


UPDATES = [
    {"update_id": 900, "message": message(text="/start shop")},
    {"update_id": 900, "message": message(voice=FILE | {"duration": 3}, caption="hm")},
    {"update_id": 900, "message": message(venue={"location": PLACE, "title": "A", "address": "B"})},
    {"update_id": 900, "callback_query": tapped()},
    {"update_id": 900, "my_chat_member": member("kicked")},
]
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.just([{}]),
)


@given(st.sampled_from(UPDATES), st.data())
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_an_update_with_anything_wrong_in_it_is_read_or_refused(update: Json, data: st.DataObject) -> None:
    spoiled: Json = json.loads(json.dumps(update))
    holder, key = data.draw(st.sampled_from(list(_places(spoiled))))
    holder[key] = data.draw(JUNK)
    try:
        incoming = read(json.dumps(spoiled).encode())
    except BadInput:
        return
    if incoming is not None:
        assert all(isinstance(text, str) for text in (incoming.text, incoming.key, incoming.address.user))
        incoming.text.encode()
        json.dumps(incoming.about, allow_nan=False)


def _places(part: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a JSON value where something can be put."""
    for key in range(len(part)) if isinstance(part, list) else part:
        yield part, key
        if isinstance(part[key], dict | list):
            yield from _places(part[key])
