"""For the Telegram channel: an update as Telegram sent it, read as a customer's message."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

from telegram import CallbackQuery, Message, Update, User
from telegram.constants import ChatMemberStatus, ChatType
from telegram.ext import filters

from bot.errors import BadInput
from bot.messages import Address, Incoming, Kind, Language
from bot.notices import HUMAN

_KINDS = {
    "photo": Kind.PHOTO,
    "voice": Kind.VOICE,
    "audio": Kind.FILE,
    "video": Kind.VIDEO,
    "video_note": Kind.VIDEO,
    "animation": Kind.VIDEO,  # comes with the same file as a document
    "document": Kind.FILE,
    "sticker": Kind.STICKER,
    "venue": Kind.LOCATION,  # comes with the same place as a location
    "location": Kind.LOCATION,
    "contact": Kind.CONTACT,
}

# What stands in the thread for a message without words: in Chinese, in English.
_WORDS = {
    Kind.START: ("[开始对话]", "[Started the chat]"),
    Kind.CHOICE: ("[点了较早的按钮]", "[Tapped an old button]"),
    Kind.PHOTO: ("[图片]", "[Photo]"),
    Kind.VOICE: ("[语音]", "[Voice message]"),
    Kind.VIDEO: ("[视频]", "[Video]"),
    Kind.FILE: ("[文件]", "[File]"),
    Kind.STICKER: ("[表情]", "[Sticker]"),
    Kind.LOCATION: ("[位置]", "[Location]"),
    Kind.CONTACT: ("[名片]", "[Contact]"),
    Kind.LEFT: ("[停用了机器人]", "[Blocked the bot]"),
    Kind.OTHER: ("[其他消息]", "[Another kind of message]"),
}

# Commands that stand for a choice, or for a sentence.
_COMMANDS = {
    "human": (HUMAN, ("转人工", "Talk to a person")),
    "help": (None, ("你能做什么？", "What can you do?")),
}
_COMMAND = re.compile(r"/(\w+)(?:@\w+)?(?:\s+(.*))?", re.DOTALL)

# Facts about an attachment for the agent; those under _DETAILS make part of its description.
_FACTS = ("file_id", "file_size", "mime_type", "duration")
_DETAILS = ("file_name", "emoji", "title", "address", "first_name", "last_name", "phone_number")
_PLACE = ("latitude", "longitude")


def read(raw: bytes, channel: str, account: str) -> Incoming | None:
    """The customer's message in an update; None for what is none. Raises BadInput when it is malformed."""
    data = parse(raw)
    try:
        incoming = _read(Update.de_json(data, None), channel, account)
        return _checked(incoming) if incoming else None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise BadInput(f"not an update that Telegram sends: {error!r}") from error


def parse(raw: bytes) -> dict[str, Any]:
    """The update as JSON."""
    try:
        update = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"not JSON: {error}") from error
    if not isinstance(update, dict):
        raise BadInput("not a JSON object")
    return update


def key_of(update: dict[str, Any]) -> str:
    """The number that makes the update unique."""
    number = update.get("update_id")
    if not _is_id(number):
        raise BadInput("no update_id")
    return str(number)


def chat_of(update: dict[str, Any]) -> str:
    """The chat that the update belongs to; empty for the few kinds that belong to none."""
    for part in update.values():
        holder = part.get("message", part) if isinstance(part, dict) else None
        chat = holder.get("chat") if isinstance(holder, dict) else None
        if isinstance(chat, dict) and _is_id(chat.get("id")):
            return str(chat["id"])
    return ""


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _read(update: Update, channel: str, account: str) -> Incoming | None:
    chat, user = update.effective_chat, update.effective_user
    # private chats only: a group's members would share one conversation
    if chat is None or user is None or chat.type != ChatType.PRIVATE:
        return None
    if not (_is_id(update.update_id) and _is_id(chat.id)):
        raise ValueError("ids that are no numbers")
    who = _Who(Address(channel, account, str(chat.id)), str(update.update_id), user)
    if update.callback_query:
        return _choice(update.callback_query, who)
    if update.my_chat_member:
        blocked = update.my_chat_member.new_chat_member.status == ChatMemberStatus.BANNED
        return who.sent(Kind.LEFT) if blocked else None
    if update.message is None or filters.StatusUpdate.ALL.check_update(update):
        return None
    return _message(update.message, who)


def _choice(query: CallbackQuery, who: _Who) -> Incoming | None:
    if query.data is None:
        return None
    keyboard = query.message.reply_markup if isinstance(query.message, Message) else None
    buttons = itertools.chain.from_iterable(keyboard.inline_keyboard if keyboard else ())
    title = next((button.text for button in buttons if button.callback_data == query.data), None)
    return who.sent(Kind.CHOICE, title, choice=query.data, about={"callback_query_id": query.id})


def _message(message: Message, who: _Who) -> Incoming:
    if message.text:
        return _text(message, message.text, who)
    name = next((name for name in _KINDS if getattr(message, name)), None)
    attachment = getattr(message, name) if name else message.effective_attachment
    about = _facts(attachment)
    if name is None:
        # a kind that the library does not know either is among what it did not parse
        about["type"] = type(attachment).__name__ if attachment else ", ".join(message.api_kwargs)
    if message.media_group_id:
        about["album"] = message.media_group_id
    return who.sent(_KINDS[name] if name else Kind.OTHER, message.caption, message=message, about=about)


def _text(message: Message, text: str, who: _Who) -> Incoming:
    command = _COMMAND.fullmatch(text)
    name, payload = command.groups() if command else ("", None)
    if name == "start":
        return who.sent(Kind.START, message=message, about={"start": payload} if payload else {})
    if name not in _COMMANDS or payload:
        return who.sent(Kind.TEXT, text, message=message)
    choice, words = _COMMANDS[name]
    return who.sent(Kind.CHOICE if choice else Kind.TEXT, who.word(words), choice=choice, message=message)


def _facts(attachment: Any) -> dict[str, Any]:
    # of a picture's sizes, the largest comes last
    one = attachment[-1] if isinstance(attachment, tuple) else attachment
    found = one.to_dict() if one else {}
    found |= found.get("location", {})
    return {name: found[name] for name in (*_FACTS, *_DETAILS, *_PLACE) if name in found}


class _Who:
    """The customer in one update: what messages of every kind have in common."""

    def __init__(self, address: Address, key: str, user: User) -> None:
        self._address, self._key, self._name = address, key, user.full_name
        code = (user.language_code or "").lower().partition("-")[0]
        self._language = Language(code) if code in set(Language) else None

    def sent(
        self,
        kind: Kind,
        text: str | None = None,
        *,
        choice: str | None = None,
        message: Message | None = None,
        about: dict[str, Any] | None = None,
    ) -> Incoming:
        about = about or {}
        return Incoming(
            address=self._address,
            key=self._key,
            kind=kind,
            text=text or self._describe(kind, about),
            choice=choice,
            name=self._name,
            language=self._language,
            about=about,
            sent_at=message.date if message else None,
        )

    def _describe(self, kind: Kind, about: dict[str, Any]) -> str:
        details = [str(about[name]) for name in _DETAILS if about.get(name)]
        return " ".join([self.word(_WORDS[kind]), *details])

    def word(self, words: tuple[str, str]) -> str:
        """In the customer's language; in English where it is another."""
        return words[0] if self._language is Language.ZH else words[1]


def _checked(incoming: Incoming) -> Incoming:
    """The library parses without looking at types: text must be text, and what a database takes."""
    words = (incoming.text, incoming.choice or "", incoming.name or "")
    kept = json.dumps([words, incoming.about], ensure_ascii=False, allow_nan=False)
    if not all(isinstance(word, str) for word in words) or "\\u0000" in kept or not kept.encode():
        raise ValueError("text that is no text")
    return incoming
