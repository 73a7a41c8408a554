"""For operators: every setting of the gateway, read from the environment once, at the start."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError


class Settings(BaseSettings):
    """Names are those of the environment variables. Secrets never show in logs or reprs."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore", populate_by_name=True)

    host: str = Field("127.0.0.1", alias="JIELI_HOST")
    port: int = Field(8080, ge=0, le=65535, alias="JIELI_PORT")
    data: Path = Field(Path("var"), alias="JIELI_DATA")
    content: Path = Field(Path(), alias="JIELI_CONTENT")
    public_url: str | None = Field(None, alias="JIELI_PUBLIC_URL")
    admin_password: SecretStr | None = Field(None, alias="JIELI_ADMIN_PASSWORD")
    metrics_token: SecretStr | None = Field(None, alias="JIELI_METRICS_TOKEN")
    log_format: str = Field("text", pattern="^(text|json)$", alias="JIELI_LOG_FORMAT")

    database_url: str | None = Field(None, alias="DATABASE_URL")

    brain_urls: Annotated[tuple[str, ...], NoDecode] = Field((), alias="BRAIN_URLS")
    brain_token: SecretStr = Field(
        default_factory=lambda: SecretStr(secrets.token_urlsafe(32)), alias="BRAIN_TOKEN"
    )
    brains: int = Field(1, ge=1, le=64, alias="JIELI_BRAINS")
    brain_budget: float = Field(3.0, gt=0, le=60, alias="BRAIN_BUDGET")
    brain_python: Path = Field(Path(".venv-brain/bin/python"), alias="BRAIN_PYTHON")
    business_url: str | None = Field(None, alias="BUSINESS_API_URL")
    business_token: SecretStr | None = Field(None, alias="BUSINESS_API_TOKEN")

    offer_seconds: float = Field(45, gt=0, alias="JIELI_OFFER_SECONDS")
    gone_seconds: float = Field(60, gt=0, alias="JIELI_GONE_SECONDS")

    telegram_token: SecretStr | None = Field(None, alias="TELEGRAM_TOKEN")
    telegram_secret: SecretStr | None = Field(None, alias="TELEGRAM_SECRET")
    telegram_api_url: str = Field("https://api.telegram.org", alias="TELEGRAM_API_URL")

    wechat_app_id: str | None = Field(None, alias="WECHAT_APP_ID")
    wechat_app_secret: SecretStr | None = Field(None, alias="WECHAT_APP_SECRET")
    wechat_token: SecretStr | None = Field(None, alias="WECHAT_TOKEN")
    wechat_aes_key: SecretStr | None = Field(None, alias="WECHAT_AES_KEY")
    wechat_api_url: str = Field("https://api.weixin.qq.com", alias="WECHAT_API_URL")

    @field_validator("*", mode="before")
    @classmethod
    def _empty_means_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("brain_urls", mode="before")
    @classmethod
    def _split_urls(cls, value: object) -> object:
        if value is None:
            return ()
        return tuple(u.strip() for u in value.split(",") if u.strip()) if isinstance(value, str) else value

    @field_validator("brain_urls", "public_url", "telegram_api_url", "wechat_api_url", "business_url")
    @classmethod
    def _http_urls(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        if isinstance(value, tuple):
            return tuple(_http_url(one) for one in value)
        return None if value is None else _http_url(value)

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        if value and not value.startswith(("sqlite", "postgresql", "postgres:")):
            raise ValueError("must start with postgresql:// or sqlite://")
        return value

    @field_validator("wechat_aes_key")
    @classmethod
    def _aes_key_has_43_characters(cls, value: SecretStr | None) -> SecretStr | None:
        if value and (len(value.get_secret_value()) != 43 or not value.get_secret_value().isalnum()):
            raise ValueError("must be the EncodingAESKey of 43 letters and digits")
        return value

    @field_validator("telegram_secret")
    @classmethod
    def _secret_telegram_accepts(cls, value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value() if value else "ok"
        if not (
            1 <= len(text) <= 256 and text.replace("-", "").replace("_", "").isalnum() and text.isascii()
        ):
            raise ValueError("must be 1 to 256 letters, digits, _ or -")
        return value

    @field_validator("telegram_token")
    @classmethod
    def _token_of_a_bot(cls, value: SecretStr | None) -> SecretStr | None:
        number, colon, rest = (value.get_secret_value() if value else "1:x").partition(":")
        if not (number.isdigit() and colon and rest):
            raise ValueError("must look like 123456:ABC..., as BotFather gives it")
        return value

    @model_validator(mode="after")
    def _whole_sets(self) -> Self:
        if self.wechat_app_id and not self.wechat_token:
            raise ValueError("WECHAT_TOKEN must be set when WECHAT_APP_ID is")
        if self.wechat_token and not self.wechat_app_id:
            raise ValueError("WECHAT_APP_ID must be set when WECHAT_TOKEN is")
        if self.wechat_app_id and not self.wechat_app_secret:
            raise ValueError("WECHAT_APP_SECRET must be set when WECHAT_APP_ID is")
        if self.telegram_secret and not self.telegram_token:
            raise ValueError("TELEGRAM_TOKEN must be set when TELEGRAM_SECRET is")
        if self.telegram_token and self.public_url and not self.telegram_secret:
            self.telegram_secret = SecretStr(_derived_secret(self.telegram_token.get_secret_value()))
        return self

    @property
    def own_url(self) -> str:
        """Where this gateway is reached from this machine."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host  # noqa: S104 - compared only
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def database(self) -> str:
        """The SQLAlchemy URL with the driver that we use."""
        url = self.database_url or f"sqlite:///{(self.data / 'jieli.sqlite').absolute()}"
        scheme, _, rest = url.partition("://")
        driver = "sqlite" if scheme.startswith("sqlite") else "postgresql+asyncpg"
        return f"{driver}://{rest}"


def load_settings() -> Settings:
    """Reads the environment; SettingsError is one sentence that names the variable."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(one) for one in error.errors())) from None


def _sentence(error: object) -> str:
    assert isinstance(error, dict)
    name = ".".join(str(part) for part in error["loc"][:1])
    what = str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {what}" if name else what


def _derived_secret(token: str) -> str:
    """The same on every gateway and after every start, so that none refuses another's webhook."""
    return hmac.new(token.encode(), b"jieli telegram webhook", hashlib.sha256).hexdigest()


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError("must be a URL that starts with http:// or https://")
    return value.rstrip("/")
