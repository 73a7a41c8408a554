"""Settings that make no sense stop the start with one sentence that names the variable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import load_settings

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("variable", "value", "also"),
    [
        ("JIELI_PORT", "eighty", {}),
        ("JIELI_PORT", "70000", {}),
        ("JIELI_PUBLIC_URL", "bot.example.org", {}),
        ("DATABASE_URL", "mysql://localhost/jieli", {}),
        ("BRAIN_URLS", "http://one,two", {}),
        ("TELEGRAM_TOKEN", "not-a-token", {}),
        ("TELEGRAM_SECRET", "with blanks in it", {"TELEGRAM_TOKEN": "1:a"}),
        ("TELEGRAM_TOKEN", "", {"TELEGRAM_SECRET": "secret"}),
        ("WECHAT_AES_KEY", "short", {"WECHAT_APP_ID": "wx1", "WECHAT_TOKEN": "t", "WECHAT_APP_SECRET": "s"}),
        ("WECHAT_TOKEN", "", {"WECHAT_APP_ID": "wx1"}),
        ("WECHAT_APP_SECRET", "", {"WECHAT_APP_ID": "wx1", "WECHAT_TOKEN": "t"}),
        ("BRAIN_BUDGET", "-1", {}),
    ],
)
def test_nonsense_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, also: dict[str, str]
) -> None:
    for name, text in {**also, variable: value}.items():
        monkeypatch.setenv(name, text)
    with pytest.raises(SettingsError, match=variable) as refused:
        load_settings()
    assert "\n" not in str(refused.value)


def test_nothing_set_is_a_laptop_on_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "JIELI_DATA", "JIELI_PORT", "JIELI_HOST"):
        monkeypatch.delenv(name, raising=False)
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.database.startswith("sqlite:///")
    assert settings.database.endswith("/var/jieli.sqlite")


def test_secrets_stay_out_of_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", "123:very-secret")
    monkeypatch.setenv("JIELI_PUBLIC_URL", "https://bot.example.org")
    settings = load_settings()
    assert settings.telegram_secret is not None
    for printed in (repr(settings), str(settings), settings.model_dump_json()):
        assert "very-secret" not in printed
        assert settings.telegram_secret.get_secret_value() not in printed


def test_the_webhook_secret_is_the_same_on_every_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", "123:very-secret")
    monkeypatch.setenv("JIELI_PUBLIC_URL", "https://bot.example.org")
    assert load_settings().telegram_secret == load_settings().telegram_secret


def test_the_command_stops_with_one_line() -> None:
    environment = {**os.environ, "JIELI_PORT": "eighty"}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "run"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("JIELI_PORT: ")
    assert done.stderr.count("\n") == 1
