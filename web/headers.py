"""The headers that protect every page, and what the page for another site's frame has instead."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    # Nothing from outside is ever loaded, framed or embedded; scripts are our own files.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def framed_by(origins: Iterable[str]) -> str:
    """Return the policy of a page that `origins` may show within theirs."""
    ancestors = " ".join(("'self'", *origins))
    policy = HEADERS["Content-Security-Policy"]
    return policy.replace("frame-ancestors 'none'", f"frame-ancestors {ancestors}")


class Protected:
    """Gives every response the headers that it has not by itself.

    Bare ASGI: what Starlette makes of a function costs each request a task and two queues.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, protected)
