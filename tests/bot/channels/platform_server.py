"""The platforms on loopback, and the application's internal addresses: they check what is sent to
them as the real ones do, keep it, and misbehave on demand.
"""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from language import signing
from language.blocks import Text, to_dict

SECRET = "a secret between two of our own"
TELEGRAM_TOKEN = "1234:telegram"
ZALO_BOT_TOKEN = "bot-token"
PAGE_TOKEN = "page-token"
PNG = b"\x89PNG\r\n\x1a\n and so on"
ZALO_UPLOAD = "/v2.0/oa/upload/image"
TWILIO_PATH = "/2010-04-01/Accounts/AC1/Messages.json"
TWILIO_BASIC = b64encode(b"AC1:auth-token").decode()


@dataclass
class Platforms:
    """What tests see and set."""

    port: int = 0
    moods: deque[str] = field(default_factory=deque)
    """For the next answers: "busy", "broken", "refused", "hang"; then all is well."""
    uploaded: dict[str, bytes] = field(default_factory=dict)
    """Pictures that Zalo has, by what it knows them by."""
    sent: list[dict[str, Any]] = field(default_factory=list)
    """What was taken over, in order: each platform's own form."""
    requests: int = 0
    zalo_token: str = "zalo-1"
    """What Zalo takes."""
    office_tokens: list[str] = field(default_factory=lambda: ["zalo-1"])
    """What the office has; a refused one makes way for the next."""
    awaited: dict[tuple[str, str], str] = field(default_factory=dict)
    """Senders of whom a proof is awaited, and the digits on file."""
    on_file: dict[str, str] = field(default_factory=dict)
    """Dossier codes and the digits on file."""
    checked: list[dict[str, Any]] = field(default_factory=list)
    office_away: bool = False
    with_officer: set[tuple[str, str]] = field(default_factory=set)
    """Senders who are handed over: what they say is the office's."""
    stored: dict[str, str] = field(default_factory=dict)
    """Message id → text, of what the office has written down."""
    hearings: int = 0
    reached: dict[str, str] = field(default_factory=dict)
    """Sender → address, as channels have told."""

    pictures: str = "well"
    """Of the office: "away", "slow", or well."""
    drawn: list[Any] = field(default_factory=list)
    """The ways of which a picture was asked for."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


FAKE = web.AppKey("fake", Platforms)


def _answers(fake: Platforms, path: str) -> tuple[int, dict[str, Any]]:
    """Return what the platform of `path` says when it has taken a message."""
    if path.startswith("/bot"):
        return 200, {"ok": True, "result": {"message_id": len(fake.sent)}}
    if path == "/v3.0/oa/message/cs":
        return 200, {"error": 0, "data": {"message_id": str(len(fake.sent))}}
    if path == TWILIO_PATH:
        return 201, {"sid": f"SM{len(fake.sent)}"}
    return 200, {"recipient_id": "x", "message_id": f"m{len(fake.sent)}"}


async def _take(request: web.Request) -> web.StreamResponse:
    fake: Platforms = request.app[FAKE]
    fake.requests += 1
    path = request.path
    is_form = path == TWILIO_PATH or request.content_type == "multipart/form-data"
    body = dict(await request.post()) if is_form else await request.json()
    zalo = path in ("/v3.0/oa/message/cs", ZALO_UPLOAD)
    known = {
        ZALO_UPLOAD: is_form and set(body) == {"file"},
        f"/bot{TELEGRAM_TOKEN}/sendMessage": True,
        f"/bot{TELEGRAM_TOKEN}/sendPhoto": is_form,
        f"/bot{ZALO_BOT_TOKEN}/sendMessage": True,
        "/v3.0/oa/message/cs": True,
        TWILIO_PATH: request.headers.get("Authorization") == f"Basic {TWILIO_BASIC}",
        "/me/messages": request.headers.get("Authorization") == f"Bearer {PAGE_TOKEN}",
    }
    if not known.get(path):
        return web.json_response({"ok": False, "error_code": 401}, status=401)
    if zalo and request.headers.get("access_token") != fake.zalo_token:
        return web.json_response({"error": -216, "message": "Access token is invalid"})
    mood = fake.moods.popleft() if fake.moods else "well"
    if mood == "busy":
        return web.json_response({"ok": False, "parameters": {"retry_after": 0}}, status=429)
    if mood == "refused":
        if zalo:
            return web.json_response({"error": -210, "message": "too long"})
        return web.json_response({"ok": False, "error_code": 400}, status=400)
    if path == ZALO_UPLOAD:
        if mood == "broken":
            return web.json_response({"error": 0, "data": {}})
        name = f"attachment-{len(fake.uploaded)}"
        fake.uploaded[name] = body["file"].file.read()
        return web.json_response({"error": 0, "data": {"attachment_id": name}})
    fake.sent.append(body)
    if mood == "broken":
        return web.Response(text="<html>", status=500)
    if mood == "hang":
        await asyncio.sleep(30)
    status, told = _answers(fake, path)
    return web.json_response(told, status=status)


async def _office(request: web.Request) -> web.StreamResponse:
    fake: Platforms = request.app[FAKE]
    body = await request.read()
    signing.verify(request.headers[signing.HEADER], body, SECRET, int(time.time()))
    if fake.office_away:
        return web.Response(status=503)
    asked = json.loads(body)
    if request.path == "/internal/zalo-token":
        if asked["refused"] == fake.office_tokens[0] and len(fake.office_tokens) > 1:
            fake.office_tokens.pop(0)
        return web.json_response({"token": fake.office_tokens[0]})
    if request.path == "/internal/heard":
        fake.hearings += 1
        if (asked["channel"], asked["sender"]) not in fake.with_officer:
            return web.json_response({"taken": False})
        fake.stored.setdefault(asked["message_id"], asked["text"])
        over = asked["text"] == "kết thúc"
        if over:
            fake.with_officer.discard((asked["channel"], asked["sender"]))
        blocks = [to_dict(Text("Đã kết thúc."))] if over else []
        return web.json_response({"taken": True, "blocks": blocks, "talking": not over})
    if request.path == "/internal/way":
        fake.drawn.append(asked["stops"])
        if fake.pictures == "away":
            return web.Response(status=503)
        if fake.pictures == "slow":
            await asyncio.sleep(30)
        return web.Response(body=PNG, content_type="image/png")
    if request.path == "/internal/reached":
        fake.reached[asked["sender"]] = asked["address"]
        return web.json_response({})
    fake.checked.append(asked)
    if asked["code"]:
        digits = fake.on_file.get(asked["code"], "none")
    else:
        digits = fake.awaited.get((asked["channel"], asked["sender"]))
    if digits is None:
        return web.json_response({"outcome": None})
    outcome = (
        "verified" if "".join(filter(str.isdigit, asked["digits"])).endswith(digits) else "refused"
    )
    return web.json_response({"outcome": outcome})


@asynccontextmanager
async def platforms() -> AsyncIterator[Platforms]:
    """Run the servers while the block lasts."""
    fake = Platforms()
    app = web.Application()
    app[FAKE] = fake
    app.add_routes(
        [
            web.post("/internal/{what}", _office),
            web.post("/{path:.*}", _take),
        ]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    try:
        yield fake
    finally:
        await runner.cleanup()
