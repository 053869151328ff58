"""A Zalo on loopback: ZNS, the tokens with their single-use refresh, and the signed events.

It keeps the truth that tests compare with: messages taken over, and how often each refresh token
was used.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.serving import TAKES_OVER, Fake, serving

APP_ID = "2074138120372622546"
APP_SECRET = "app secret of the fake Zalo"
OA_SECRET = "account secret of the fake Zalo"
FIRST_REFRESH = "refresh-0"
TEMPLATES = {"101": {"code"}, "102": {"code", "due"}}
"""Registered templates and their parameters."""

REFUSALS = {
    "no_such_number": -108,
    "wrong_data": -112,
    "inactive": -114,
    "no_balance": -115,
    "no_account": -118,
    "not_approved": -131,
    "night": -133,
    "not_verified": -135,
    "user_refuses": -139,
    "no_quota": -144,
    "template_quota": -147,
    "token_refused": -216,
    "not_in_package": -224,
    "unheard_of": -999,
}
"""Moods that are an `error`."""


@dataclass(frozen=True)
class Taken:
    """A message that the server has taken over."""

    msg_id: str
    phone: str
    template_id: str
    data: dict[str, str]
    tracking_id: str

    @property
    def ref(self) -> str:
        """Our reference."""
        return self.tracking_id.rpartition("-")[0]


@dataclass
class FakeZns(Fake):
    """What tests see and set."""

    taken: list[Taken] = field(default_factory=list)
    access: str = "access-0"
    refresh: str = FIRST_REFRESH
    expires_in: int = 90_000
    refreshed: Counter[str] = field(default_factory=Counter)
    """How often each refresh token was presented."""
    oauth: str = "well"
    """`well`, `error` (500, nothing spent), `hang` (spent, and no answer comes)."""
    spent: threading.Event = field(default_factory=threading.Event)
    """Set when a refresh token has been spent."""
    delay: float = 0.0
    """Seconds that a refreshing takes."""

    def refs(self) -> list[str]:
        """Our references of all messages taken over, with repetitions."""
        return [one.ref for one in self.taken]

    def event(self, taken: Taken, name: str = "user_received_message") -> bytes:
        """Return the body of an event about a message."""
        return json.dumps(
            {
                "sender": {"id": "2893352839501541173"},
                "recipient": {"id": taken.phone},
                "event_name": name,
                "message": {
                    "delivery_time": "1602960467432",
                    "msg_id": taken.msg_id,
                    "tracking_id": taken.tracking_id,
                },
                "app_id": APP_ID,
                "timestamp": "1602560967477",
            }
        ).encode()

    async def call_back(self, url: str, body: bytes, secret: str = OA_SECRET) -> int:
        """Post a signed event; return the HTTP status of the answer."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=body, headers=signed(body, secret)) as answer,
        ):
            return answer.status


def signed(body: bytes, secret: str = OA_SECRET, stamp: str = "1602560967477") -> dict[str, str]:
    """Return the headers of an event."""
    proof = sha256(APP_ID.encode() + body + stamp.encode() + secret.encode()).hexdigest()
    return {
        "X-ZEvent-Signature": f"mac={proof}",
        "X-ZEvent-Server": "ZNS",
        "Content-Type": "application/json",
    }


class _Server:
    def __init__(self, fake: FakeZns) -> None:
        self._fake = fake
        self._serial = count(1)

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.post("/message/template", self._send),
                web.post("/v4/oa/access_token", self._token),
            ]
        )
        return app

    async def _send(self, request: web.Request) -> web.StreamResponse:
        fake = self._fake
        said: dict[str, Any] = await request.json()
        if request.headers.get("access_token") != fake.access:
            return _error(-216)
        mood = await fake.next_mood()
        template = TEMPLATES.get(said.get("template_id", ""))
        if template is None:
            return _error(-131)
        if set(said.get("template_data", {})) != template:
            return _error(-112)
        if not said.get("phone", "").startswith("84") or not said.get("tracking_id"):
            return _error(-108)
        if mood in TAKES_OVER:
            taken = Taken(
                f"{next(self._serial):020x}",
                said["phone"],
                said["template_id"],
                said["template_data"],
                said["tracking_id"],
            )
            fake.taken.append(taken)
        answer = await fake.accident(request, mood, {"error": 0, "message": "Success", "data": {}})
        if answer is not None:
            return answer
        if mood in REFUSALS:
            return _error(REFUSALS[mood])
        return web.json_response(
            {
                "error": 0,
                "message": "Success",
                "data": {
                    "msg_id": taken.msg_id,
                    "sent_time": "1626926349402",
                    "sending_mode": "1",
                    "quota": {"dailyQuota": "500", "remainingQuota": "499"},
                },
            }
        )

    async def _token(self, request: web.Request) -> web.StreamResponse:
        fake = self._fake
        said = await request.post()
        ours = (request.headers.get("secret_key"), said.get("app_id"), said.get("grant_type"))
        if ours != (APP_SECRET, APP_ID, "refresh_token"):
            return _error(-14002)
        refresh = str(said.get("refresh_token"))
        fake.refreshed[refresh] += 1
        if fake.oauth == "error":
            return web.Response(status=500)
        if fake.delay:
            await asyncio.sleep(fake.delay)
        if refresh != fake.refresh:
            return _error(-14020)
        n = next(self._serial)
        fake.access, fake.refresh = f"access-{n}", f"refresh-{n}"
        fake.spent.set()
        if fake.oauth == "hang":
            await fake.release.wait()
        return web.json_response(
            {
                "access_token": fake.access,
                "refresh_token": fake.refresh,
                "expires_in": str(fake.expires_in),
            }
        )


def _error(code: int) -> web.Response:
    return web.json_response({"error": code, "message": "no"})


@contextmanager
def fake_zns() -> Iterator[FakeZns]:
    """Run the server in a thread of its own."""
    fake = FakeZns()
    with serving(fake, _Server(fake).app(), fake.release):
        yield fake
