"""For the Telegram channel: a message of ours in Telegram's form and sizes, and what errors mean for it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import MessageLimit
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.channels._telegram_http import NEVER_SENT
from bot.errors import CustomerGone, DeliveryError, OutcomeUnknown, Rejected, TryAgain
from bot.messages import Author, Choice, Language, Outgoing

# In Latin letters; a Chinese character is as wide as two.
_HALF_ROW = 16
_NO_SUCH_CUSTOMER = ("chat not found", "user not found", "peer_id_invalid")


@dataclass(frozen=True, slots=True)
class Part:
    """What Telegram calls a message. A long message of ours is several of them."""

    text: str
    image: str | None = None
    keyboard: InlineKeyboardMarkup | None = None


def in_parts(outgoing: Outgoing) -> list[Part]:
    """The choices are below the last part."""
    text, image = _text(outgoing), outgoing.said.image
    if image and _units(text) <= MessageLimit.CAPTION_LENGTH:
        parts = [Part(text, image)]
    else:
        parts = [Part("", image)] if image else []
        parts += [Part(piece) for piece in split(text)]
    parts[-1] = replace(parts[-1], keyboard=_keyboard(outgoing.said.choices))
    return parts


def delivery_error(error: TelegramError, arrived: int) -> DeliveryError:
    """What an error means for a message of which `arrived` parts did. BadRequest is a NetworkError too."""
    text = f"{error} (parts that arrived before: {arrived})" if arrived else str(error)
    match error:
        case RetryAfter():
            return TryAgain(text, after=seconds(error), parts_sent=arrived)
        case Forbidden():
            return CustomerGone(text)
        case BadRequest() if text.lower().startswith(_NO_SUCH_CUSTOMER):
            return CustomerGone(text)
        case BadRequest() | ChatMigrated():
            return Rejected(text)
        case InvalidToken():
            return TryAgain(f"Telegram refuses TELEGRAM_TOKEN: {text}", parts_sent=arrived)
        case _ if isinstance(error.__cause__, NEVER_SENT) or text.startswith("Too Many Requests"):
            return TryAgain(text, parts_sent=arrived)
    # Timeouts and broken connections, and 5xx too: Telegram's front does not know then what the servers
    # behind it did, and it has no key by which it could recognise a repetition.
    return OutcomeUnknown(text)


def seconds(error: RetryAfter) -> float:
    """How long Telegram asks us to wait."""
    after = error.retry_after
    return float(after) if isinstance(after, int) else after.total_seconds()


def split(text: str, limit: int = MessageLimit.MAX_TEXT_LENGTH) -> list[str]:
    """Pieces of at most `limit` UTF-16 units, cut where a line, sentence or word ends if one does."""
    pieces = []
    while _units(text) > limit:
        head = text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")
        cut = _last_break(head)
        pieces.append(head[:cut].rstrip())
        text = text[cut:].lstrip()
    return [piece for piece in (*pieces, text) if piece] or [text]


def _last_break(head: str) -> int:
    for marks in ("\n", "。！？；", " \t，、"):
        cut = max(head.rfind(mark) for mark in marks) + 1
        if cut > len(head) // 2:
            return cut
    return len(head)


def _text(outgoing: Outgoing) -> str:
    # half a surrogate pair cannot be sent at all
    text = outgoing.said.text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if outgoing.author is not Author.AGENT or not outgoing.name:
        return text
    # bot and agents share one name on Telegram: only here does the customer see who is writing
    colon = "：" if outgoing.language is Language.ZH else ": "
    return f"{outgoing.name}{colon}{text}"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _keyboard(choices: Sequence[Choice]) -> InlineKeyboardMarkup | None:
    """Two buttons a row where every title fits into half a phone's width."""
    buttons = [InlineKeyboardButton(choice.title, callback_data=choice.id) for choice in choices]
    per_row = 2 if all(_width(choice.title) <= _HALF_ROW for choice in choices) else 1
    rows = [buttons[at : at + per_row] for at in range(0, len(buttons), per_row)]
    return InlineKeyboardMarkup(rows) if rows else None


def _width(title: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in title)
