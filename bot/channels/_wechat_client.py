"""For the WeChat channel: the platform's API made reliable: one token, honest errors, messages that fit."""

from __future__ import annotations

import re
import threading
import time
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from bot.errors import CustomerGone, DeliveryError, OutcomeUnknown, Rejected, TryAgain
from bot.messages import Author, Choice, Language, Outgoing, Said

TEXT_BYTES = 2048
THREADS = 32

# Seconds to connect and to wait for an answer: a send with a fetch of the token before it stays below 10.
_TIMEOUT = (1.5, 3.0)
_TOKEN_REFUSED = {40001, 40014, 42001}
_FORCE_SECONDS = 30.0
_UNREADABLE = (requests.RequestException, KeyError, TypeError, ValueError, AttributeError)


class WeChatApi(WeChatClient):  # type: ignore[misc]  # wechatpy has no types
    """wechatpy's client with one token for all threads and at most one more try; raises DeliveryErrors only.

    `stable_token` gives every gateway the same token, so nothing is shared between them but the platform.
    """

    def __init__(self, app_id: str, secret: str, api_url: str) -> None:
        super().__init__(app_id, secret, timeout=_TIMEOUT, auto_retry=False)
        self.API_BASE_URL = f"{api_url.rstrip('/')}/cgi-bin/"
        self._http.mount(api_url, HTTPAdapter(pool_maxsize=THREADS))
        self._lock = threading.Lock()
        self._token, self._good_until = "", 0.0
        self._forced_at = -_FORCE_SECONDS
        self._failure, self._failed_until = "", 0.0

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> dict[str, Any]:
        token = self.token()
        try:
            try:
                return self._ask(token, method, url_or_endpoint, **kwargs)
            except WeChatClientException as error:
                if error.errcode not in _TOKEN_REFUSED:
                    raise
            return self._ask(self.token(refused=token), method, url_or_endpoint, **kwargs)
        except (WeChatClientException, *_UNREADABLE) as error:
            # not chained: the original names the URL, and the URL the token
            raise _outcome(error) from None

    def _ask(self, token: str, method: str, endpoint: str, **kwargs: Any) -> dict[str, Any]:
        for file in (kwargs.get("files") or {}).values():
            # a first try has read it to its end
            (file[1] if isinstance(file, tuple) else file).seek(0)
        params = {**(kwargs.pop("params", None) or {}), "access_token": token}
        answer = super()._request(method, endpoint, params=params, allow_redirects=False, **kwargs)
        # an upload names what it made; everything else that succeeded says errcode 0
        if not isinstance(answer, dict) or answer.get("errcode", 0 if "media_id" in answer else None) != 0:
            raise ValueError("it was neither an error nor a success")
        return answer

    def token(self, refused: str | None = None) -> str:
        """The access token, another than `refused` where one can be had. Nothing was sent when it raises."""
        with self._lock:
            if self._token not in {"", refused} and time.monotonic() < self._good_until:
                return self._token
            if time.monotonic() < self._failed_until:
                # whoever waited for the lock meanwhile must not wait for the same failure again
                raise TryAgain(self._failure)
            self.fetch_access_token()
            if self._token == refused and time.monotonic() - self._forced_at >= _FORCE_SECONDS:
                self._forced_at = time.monotonic()
                self.fetch_access_token(force=True)
            return self._token

    def fetch_access_token(self, force: bool = False) -> None:
        """Asks for the token of the moment; with `force`, 20 times a day at most, for a new one."""
        body = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret}
        url = f"{self.API_BASE_URL}stable_token"
        try:
            answer = self._http.post(
                url, json={**body, "force_refresh": force}, timeout=_TIMEOUT, allow_redirects=False
            ).json()
            code = int(answer.get("errcode", 0))
            if code == 0:
                self._token = str(answer["access_token"])
                self._good_until = time.monotonic() + int(answer["expires_in"]) - 60
        except _UNREADABLE as error:
            self._failure = f"no access token from WeChat ({type(error).__name__})"
            self._failed_until = time.monotonic() + 1
            raise TryAgain(self._failure) from None
        if code:
            raise _outcome(WeChatClientException(code, str(answer.get("errmsg", ""))))

    @property
    def access_token(self) -> str:
        """For wechatpy's own endpoints."""
        return self.token()

    def close(self) -> None:
        """Gives the connections back."""
        self._http.close()


_MEANING: dict[int, tuple[type[DeliveryError], str]] = {
    -1: (TryAgain, "WeChat is busy"),
    40001: (TryAgain, "WeChat does not accept its own access token, or WECHAT_APP_SECRET is wrong"),
    40003: (Rejected, "WeChat does not know this customer in this account"),
    40013: (Rejected, "WeChat does not know WECHAT_APP_ID"),
    40014: (TryAgain, "WeChat does not accept its own access token"),
    40125: (Rejected, "WECHAT_APP_SECRET is wrong"),
    40164: (Rejected, "this server's address is not on the account's allow list"),
    40200: (Rejected, "this account may not send customer-service messages"),
    42001: (TryAgain, "WeChat does not accept its own access token"),
    43004: (CustomerGone, "the customer does not follow the account"),
    43019: (CustomerGone, "the customer is on the account's block list"),
    45002: (Rejected, "the message is too long for WeChat"),
    45009: (Rejected, "the account's calls of the WeChat API are used up for today"),
    45011: (TryAgain, "the account's calls of the WeChat API are used up for this minute"),
    45015: (Rejected, "the customer has not written for 48 hours or no longer follows the account"),
    45047: (Rejected, "all messages that WeChat allows are used up until the customer writes again"),
    48001: (Rejected, "this account may not send customer-service messages"),
}


def _outcome(error: Exception) -> DeliveryError:
    """What an error of the platform, its client or the network means for the message that was being sent."""
    if isinstance(error, WeChatClientException) and error.errcode is not None:
        leaf, meaning = _MEANING.get(error.errcode, (Rejected, f"WeChat refused it: {error.errmsg}"))
        return leaf(f"{meaning} ({error.errcode})")
    if isinstance(error, WeChatClientException):
        status = error.response.status_code
        leaf = TryAgain if status in {429, 503} else OutcomeUnknown if status >= 500 else Rejected
        return leaf(f"WeChat answered with HTTP {status}")
    if _never_connected(error):
        return TryAgain("WeChat was not reached")
    return OutcomeUnknown(f"WeChat's answer did not come or made no sense ({type(error).__name__})")


def _never_connected(error: Exception) -> bool:
    if isinstance(error, requests.exceptions.ProxyError):
        return True
    reason = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    cause = reason.reason if isinstance(reason, MaxRetryError) else None
    return isinstance(cause, NewConnectionError | ConnectTimeoutError)


def passive_text(said: Sequence[Said], language: Language) -> str | None:
    """A whole answer as one text, its choices as links or else numbered; None when it does not fit."""
    offers: list[_Offer] = []
    if not any("<" in one.title or ">" in one.title for message in said for one in message.choices):
        offers.append(_links)
    if sum(bool(message.choices) for message in said) == 1:
        # only then: in two lists the same number would mean two things
        offers.append(_numbers)
    for offer in offers:
        blocks = [_lines(_words(message), *offer(message.choices, language)) for message in said]
        text = "\n\n".join(filter(None, blocks))
        if text and size(text) <= TEXT_BYTES:
            return text
    return None


def service_parts(outgoing: Outgoing) -> list[str | dict[str, Any]]:
    """A message as texts, or as a menu: as few as possible, since the platform counts them."""
    said, text = outgoing.said, _words(outgoing.said)
    if outgoing.author is Author.AGENT and outgoing.name:
        # bot and agents share one name and picture on WeChat: only here does the customer see who is writing
        text = f"{clean(outgoing.name)}{'：' if outgoing.language is Language.ZH else ': '}{text}"
    titles = [_title(choice) for choice in said.choices]
    if titles and text and _fits_menu(text, titles):
        listed = [{"id": str(number), "content": title} for number, title in enumerate(titles, 1)]
        return [{"head_content": text, "list": listed, "tail_content": ""}]
    parts = split(_lines(text, *_numbers(said.choices, outgoing.language)))
    if not parts:
        raise Rejected("there is nothing in the message that WeChat could show")
    return [*parts]


def split(text: str, limit: int = TEXT_BYTES) -> list[str]:
    """The text in parts of at most `limit` bytes, cut where a reader would pause if there is such a place."""
    parts = []
    while size(text) > limit:
        cut = _cut(text, len(text[:limit].encode()[:limit].decode(errors="ignore")))
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [part for part in (*parts, text) if part]


def size(text: str) -> int:
    """Bytes of UTF-8, which is what the platform counts."""
    return len(text.encode())


def clean(text: str) -> str:
    """Without what neither XML nor a chat can show: control characters and halves of characters."""
    return _UNSENDABLE.sub("", text.replace("\r\n", "\n")).strip()


_Offer = Callable[[Sequence[Choice], Language], list[str]]

_UNSENDABLE = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
_PAUSES = ("\n", "。！？；", " ，、")
_JOINER = "\u200d"
_FLAG_LETTERS = re.compile("[\U0001f1e6-\U0001f1ff]+$")
_SKIN_OR_TAG = re.compile("[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
# WeChat says nothing of a menu's sizes; these are what its own WeCom documents for the same message.
_MENU_CHOICES, _MENU_HEAD_BYTES, _MENU_TITLE_BYTES = 10, 1024, 128
_PICK = {
    Language.ZH: "请回复选项的文字或序号。",
    Language.EN: "Please reply with the words or the number of your choice.",
}


def _words(said: Said) -> str:
    return _lines(clean(said.text), said.image or "")


def _lines(*lines: str) -> str:
    return "\n".join(filter(None, lines))


def _title(choice: Choice) -> str:
    return clean(choice.title).replace("\n", " ")


def _links(choices: Sequence[Choice], language: Language) -> list[str]:
    """A tap on such a link says the title. WeChat's app decodes it; what is not ASCII needs no encoding."""
    links = []
    for number, title in enumerate(map(_title, choices), 1):
        content = re.sub(r"[!-/:-@\[-`{-~ ]", lambda found: quote(found[0], safe=""), title)
        links.append(f'<a href="weixin://bizmsgmenu?msgmenucontent={content}&msgmenuid={number}">{title}</a>')
    return links


def _numbers(choices: Sequence[Choice], language: Language) -> list[str]:
    lines = [f"{number}. {_title(choice)}" for number, choice in enumerate(choices, 1)]
    return [*lines, _PICK[language]] if lines else []


def _fits_menu(text: str, titles: Sequence[str]) -> bool:
    short = all(title and size(title) <= _MENU_TITLE_BYTES for title in titles)
    return short and len(titles) <= _MENU_CHOICES and size(text) <= _MENU_HEAD_BYTES


def _cut(text: str, fits: int) -> int:
    for marks in _PAUSES:
        at = max(text.rfind(mark, fits // 2, fits) for mark in marks) + 1
        if at:
            return at
    at = fits
    while at > fits // 2 and _is_inside_sequence(text, at):
        at -= 1
    return at


def _is_inside_sequence(text: str, at: int) -> bool:
    """Whether what stands before and after `at` is shown as one sign: a family, a flag, a skin, an accent."""
    before, after = text[at - 1], text[at]
    flags = _FLAG_LETTERS.search(text[:at])
    return (
        _JOINER in {before, after}
        or unicodedata.category(after).startswith("M")
        or _SKIN_OR_TAG.match(after) is not None
        or (flags is not None and len(flags[0]) % 2 == 1 and _FLAG_LETTERS.match(after) is not None)
    )
