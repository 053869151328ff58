"""What the fake providers share: a loopback server in a thread of its own, and accidents."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

TAKES_OVER = frozenset(
    {
        "well",
        "error_after",
        "hang_after",
        "cut_after",
        "broken_json",
        "no_id",
        "html",
        "empty",
        "slow_body",
    }
)
"""Moods in which the message is on its way whatever the answer says."""


class Served(Protocol):
    """What the server sets of a fake."""

    port: int


@contextmanager
def serving(
    fake: Served, app: web.Application, release: asyncio.Event | None = None
) -> Iterator[None]:
    """Serve `app` on a free loopback port, which `fake` is told; set `release` before the end.

    Raises:
        RuntimeError: the server does not start, or does not end, within ten seconds.
    """
    started = threading.Event()
    stop = asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        fake.port = runner.addresses[0][1]
        started.set()
        await stop.wait()
        if release is not None:
            release.set()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    if not started.wait(10):
        raise RuntimeError("a fake server did not start")
    try:
        yield
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(10)
    if thread.is_alive():
        raise RuntimeError("a fake server did not end")


@dataclass
class Fake:
    """What tests see and set, of any provider."""

    port: int = 0
    moods: deque[str] = field(default_factory=deque)
    """For the next requests, one each; then `mood`."""
    mood: str = "well"
    latency: float = 0.0
    """Seconds before every answer."""
    requests: int = 0
    times: list[float] = field(default_factory=list)
    """When each request came, by the loop's clock."""
    release: asyncio.Event = field(default_factory=asyncio.Event)
    """Lets hanging answers go, at the end."""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def next_mood(self) -> str:
        """Count a request, and return how it is to be answered."""
        self.requests += 1
        self.times.append(asyncio.get_running_loop().time())
        if self.latency:
            await asyncio.sleep(self.latency)
        return self.moods.popleft() if self.moods else self.mood

    async def accident(
        self, request: web.Request, mood: str, no_id: dict[str, Any]
    ) -> web.StreamResponse | None:
        """Answer as a network or a proxy in trouble does, or None where the mood is none of
        those. `no_id`: what success looks like without the message's name."""
        match mood:
            case "too_many":
                return web.Response(status=429)
            case "too_many_later":
                return web.Response(status=429, headers={"Retry-After": "77"})
            case "unavailable":
                return web.Response(status=503)
            case "error_after" | "error_before":
                return web.Response(status=500)
            case "hang_after" | "hang_before":
                await self.release.wait()
                return web.Response(status=504)
            case "cut_after":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case "broken_json":
                return web.Response(text='{"error": 0, "CodeResult": "100"')
            case "no_id":
                return web.json_response(no_id)
            case "html":
                return web.Response(text="<html>proxy</html>", content_type="text/html")
            case "empty":
                return web.Response()
            case "redirect":
                return web.Response(status=302, headers={"Location": "/elsewhere"})
            case "slow_body":
                stream = web.StreamResponse(headers={"Content-Length": "500"})
                await stream.prepare(request)
                await stream.write(b"{")
                await self.release.wait()
                return stream
        return None
