"""A Telegram on loopback: takes a webhook's registration and messages, and keeps them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

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
    fake, loop, started = FakeTelegram(), asyncio.new_event_loop(), threading.Event()

    async def start() -> web.AppRunner:
        server = web.Application()
        server.router.add_post("/{path:.*}", fake.call)
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
    try:
        yield fake
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
