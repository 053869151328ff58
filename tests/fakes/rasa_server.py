"""A Rasa on loopback that speaks our web channel's contract and misbehaves on demand.

It checks the site's signature as the real channel does, remembers what it was told, and answers
with the blocks it was given.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from aiohttp import web

from language import signing
from language.blocks import Block, Button, Buttons, Source, Text, to_dict
from tests.fakes.serving import serving

Mood = Literal["well", "error", "broken", "forgetful"]
"""`error`: status 500; `broken`: JSON cut off; `forgetful`: an answer that is no answer."""


def default_answer(text: str) -> list[Block]:
    """What it says unless told otherwise."""
    return [
        Text(f"Câu trả lời cho: {text}", tone="lead"),
        Source("Nghị định 151/2025/NĐ-CP", "01/07/2025", "23/11/2026"),
        Buttons((Button("Lệ phí", "ask:transfer:fee"), Button("Nơi nộp", "ask:transfer:where"))),
    ]


@dataclass(frozen=True)
class Event:
    """A platform's event as it reached Rasa."""

    channel: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeRasa:
    """What the tests see of it."""

    secret: str
    port: int = 0
    mood: Mood = "well"
    failures: int = 0
    """Requests that still fail, in the present mood, before it behaves again; 0: no end."""
    said: list[tuple[str, str]] = field(default_factory=list)
    """(conversation, text) of every message believed."""
    languages: list[str | None] = field(default_factory=list)
    """What each of them said of its language."""
    answer: Callable[[str], list[Block]] = default_answer
    events: list[Event] = field(default_factory=list)
    """What came for the channels on other platforms."""
    told: dict[str, str] = field(default_factory=dict)
    """What officers wrote, by the number under which it was sent, in the order in which it came: a
    channel sends nothing twice under one number."""
    tellings: int = 0
    """Requests to send such lines, whether or not they were new."""
    stuck: bool = False
    """True while a channel takes such a line and does not answer for a while."""

    async def _enrolled(self, request: web.Request) -> web.Response:
        return web.Response(text=request.query.get("hub.challenge", ""))

    async def _webhook(self, request: web.Request) -> web.Response:
        body = await request.read()
        signed = dict(
            part.split("=", 1) for part in request.headers["X-Motcua-Signature"].split(",")
        )
        mac = hmac.new(self.secret.encode(), f"{signed['t']}.".encode() + body, sha256)
        if not hmac.compare_digest(mac.hexdigest(), signed["v1"]):
            return web.Response(status=403)
        mood = self.mood
        if self.failures:
            self.failures -= 1
            if not self.failures:
                self.mood = "well"
        if mood == "error":
            return web.Response(status=500)
        if mood == "broken":
            return web.Response(text='{"messages": [[{"kind"', content_type="application/json")
        if mood == "forgetful":
            return web.json_response({})
        message = json.loads(body)
        self.said.append((message["conversation"], message["text"]))
        self.languages.append(message.get("language"))
        blocks = [to_dict(block) for block in self.answer(message["text"])]
        return web.json_response({"messages": [blocks]})

    async def _platform(self, request: web.Request) -> web.Response:
        event = Event(
            request.match_info["channel"],
            request.raw_path.partition("?")[2],
            dict(request.headers),
            await request.read(),
        )
        self.events.append(event)
        return web.json_response({})

    async def _say(self, request: web.Request) -> web.Response:
        body = await request.read()
        signing.verify(request.headers[signing.HEADER], body, self.secret, int(time.time()))
        line = json.loads(body)
        self.tellings += 1
        text = line["blocks"][-1]["text"]
        if self.told.setdefault(line["key"], text) != text:
            return web.Response(status=409)
        if self.stuck:
            await asyncio.sleep(5)
        return web.json_response({"outcome": "sent"})

    async def _ready(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})


@contextmanager
def fake_rasa(secret: str) -> Iterator[FakeRasa]:
    """Run one on a free port for the length of a test."""
    fake = FakeRasa(secret)
    app = web.Application()
    app.router.add_post("/webhooks/web/webhook", fake._webhook)
    app.router.add_get("/webhooks/web/", fake._ready)
    app.router.add_post("/webhooks/{channel}/webhook", fake._platform)
    app.router.add_get("/webhooks/messenger/webhook", fake._enrolled)
    app.router.add_post("/webhooks/{channel}/say", fake._say)
    with serving(fake, app):
        yield fake
