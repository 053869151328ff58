"""`./motcua channels`, against a Telegram on loopback."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from typer.testing import CliRunner

from cli.channels import NEEDS, app
from core.settings import get_settings

TOKEN = "1:a-token-for-tests"


class FakeTelegram:
    """Takes setWebhook and keeps it."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.port = 0

    async def set_webhook(self, request: web.Request) -> web.Response:
        if request.path != f"/bot{TOKEN}/setWebhook":
            return web.json_response({"ok": False, "description": "Unauthorized"}, status=401)
        self.told.append(await request.json())
        return web.json_response({"ok": True, "result": True})


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    fake, loop, started = FakeTelegram(), asyncio.new_event_loop(), threading.Event()

    async def start() -> web.AppRunner:
        server = web.Application()
        server.router.add_post("/{path:.*}", fake.set_webhook)
        runner = web.AppRunner(server, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        fake.port = runner.addresses[0][1]
        started.set()
        return runner

    def serve() -> None:
        runner = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())

    thread = threading.Thread(target=serve)
    thread.start()
    started.wait(10)
    yield fake
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


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
    assert by_name["zalo"]["missing"] == ["MOTCUA_ZALO_APP_ID", "MOTCUA_ZALO_OA_SECRET"]
    assert TOKEN not in json.dumps(lines)


@pytest.mark.usefixtures("office")
def test_telegram_is_told_where_we_are(telegram: FakeTelegram) -> None:
    done = CliRunner().invoke(app, ["register", "telegram"])
    assert done.exit_code == 0, done.output
    (told,) = telegram.told
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
