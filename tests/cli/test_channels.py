"""`./motcua channels`, against a Telegram on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from cli.channels import NEEDS, app
from core.settings import get_settings
from tests.fakes.telegram_server import TOKEN, FakeTelegram, fake_telegram


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with fake_telegram() as fake:
        yield fake


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch, telegram: FakeTelegram) -> Iterator[None]:
    values = {
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_SECRET": "from-us",
        "TELEGRAM_BASE_URL": f"http://127.0.0.1:{telegram.port}",
        "PUBLIC_URL": "https://motcua.example.vn",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"MOTCUA_{name}", value)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.mark.usefixtures("office")
def test_each_channel_says_whether_it_is_on_and_what_it_lacks() -> None:
    lines = json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)
    by_name = {line["channel"]: line for line in lines}
    assert by_name.keys() == NEEDS.keys()
    assert by_name["telegram"]["on"]
    assert by_name["telegram"]["url"] == "https://motcua.example.vn/webhooks/telegram/webhook"
    assert by_name["zalo"]["missing"] == [
        "MOTCUA_ZNS_APP_ID",
        "MOTCUA_ZNS_APP_SECRET",
        "MOTCUA_ZNS_OA_SECRET",
    ]
    assert TOKEN not in json.dumps(lines)


@pytest.mark.usefixtures("office")
def test_telegram_is_told_where_we_are(telegram: FakeTelegram) -> None:
    done = CliRunner().invoke(app, ["register", "telegram"])
    assert done.exit_code == 0, done.output
    (told,) = telegram.webhooks
    assert told["url"] == "https://motcua.example.vn/webhooks/telegram/webhook"
    assert told["secret_token"] == "from-us"


@pytest.mark.usefixtures("office")
def test_a_refusal_is_told_without_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_TELEGRAM_TOKEN", "2:revoked")
    get_settings.cache_clear()
    done = CliRunner().invoke(app, ["register", "telegram"])
    assert done.exit_code == 1
    assert "Unauthorized" in done.output
    assert "revoked" not in done.output


@pytest.mark.usefixtures("office")
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_PUBLIC_URL", "")
    get_settings.cache_clear()
    done = CliRunner().invoke(app, ["register", "telegram"])
    assert done.exit_code == 2
    assert "MOTCUA_PUBLIC_URL" in done.output


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("channel", ["zalo", "icq"])
def test_others_are_entered_by_hand(channel: str) -> None:
    done = CliRunner().invoke(app, ["register", channel])
    assert done.exit_code == 2
    assert "cannot be registered" in done.output
