"""A Telegram on loopback: takes a webhook's registration and messages, and keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from tests.fakes.serving import serving

TOKEN = "1:a-token-for-tests"


class FakeTelegram:
    """What tests see of it."""

    def __init__(self) -> None:
        self.webhooks: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.port = 0

    async def call(self, request: web.Request) -> web.Response:
        """Answer a call of the Bot API."""
        bot, _, method = request.path.strip("/").partition("/")
        if bot != f"bot{TOKEN}":
            return web.json_response({"ok": False, "description": "Unauthorized"}, status=401)
        kept = {"setWebhook": self.webhooks, "sendMessage": self.sent}[method]
        kept.append(await request.json())
        return web.json_response({"ok": True, "result": {"message_id": len(kept)}})


@contextmanager
def fake_telegram() -> Iterator[FakeTelegram]:
    """Run one on a free port while the block lasts."""
    fake = FakeTelegram()
    app = web.Application()
    app.router.add_post("/{path:.*}", fake.call)
    with serving(fake, app):
        yield fake
