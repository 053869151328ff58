"""A Twilio on loopback: its Messages resource and its status callbacks, misbehaving on demand.

It keeps the truth that tests compare with: every message that it has taken over. It checks
credentials and fields as Twilio does; like Twilio, it takes no idempotency key.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import count
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import aiohttp
from aiohttp import BasicAuth, web
from twilio.request_validator import RequestValidator

from tests.fakes.serving import serving

ACCOUNT = "AC" + "0" * 32
TOKEN = "a token of the fake server"
SERVICE = "MG" + "1" * 32

Mood = Literal[
    "well",
    "too_many",
    "too_many_later",
    "unavailable",
    "error_after",
    "error_before",
    "hang_after",
    "hang_before",
    "cut_after",
    "broken_json",
    "no_sid",
    "html",
    "empty",
    "slow_body",
    "wrong_token",
    "unsubscribed",
    "not_mobile",
    "invalid_number",
    "sender_not_ours",
    "queue_full",
    "unheard_of",
    "redirect",
]
"""How a request is answered. "after" and "before": whether the message was taken over first."""

_REFUSALS: dict[str, tuple[int, int]] = {
    "too_many": (429, 20429),
    "too_many_later": (429, 20429),
    "unavailable": (503, 20503),
    "wrong_token": (401, 20003),
    "unsubscribed": (400, 21610),
    "not_mobile": (400, 21614),
    "invalid_number": (400, 21211),
    "sender_not_ours": (400, 21606),
    "queue_full": (400, 21611),
    "unheard_of": (400, 29999),
}
TAKES_OVER = frozenset(
    {
        "well",
        "error_after",
        "hang_after",
        "cut_after",
        "broken_json",
        "no_sid",
        "html",
        "empty",
        "slow_body",
    }
)
"""Moods in which the message is on its way whatever the answer says."""


@dataclass
class Taken:
    """A message that the server has taken over."""

    sid: str
    to: str
    body: str
    callback: str
    validity: str
    created: datetime
    status: str = "queued"
    error_code: int | None = None

    @property
    def ref(self) -> str:
        """Our reference, as the status callback carries it."""
        return parse_qs(urlsplit(self.callback).query).get("m", [""])[0]


@dataclass
class FakeTwilio:
    """What tests see and set."""

    port: int = 0
    moods: deque[Mood] = field(default_factory=deque)
    """For the next requests, one each; then `mood`."""
    mood: Mood = "well"
    choose: Callable[[str], Mood] | None = None
    """Chooses a mood by the recipient, before all else."""
    code: int | None = None
    """Refuses every request with this code, whatever the mood."""
    latency: float = 0.0
    """Seconds before every answer."""
    listing: Literal["well", "error", "redacted", "hang"] = "well"
    taken: list[Taken] = field(default_factory=list)
    requests: int = 0
    open_now: int = 0
    most_open: int = 0
    release: asyncio.Event = field(default_factory=asyncio.Event)
    """Lets hanging answers go, at the end."""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def refs(self) -> list[str]:
        """Our references of all messages taken over, with repetitions."""
        return [one.ref for one in self.taken]

    async def call_back(
        self, taken: Taken, status: str, *, code: int | None = None, token: str = TOKEN
    ) -> int:
        """Tell of a message's fate as Twilio does; return the HTTP status of the answer."""
        form = {
            "AccountSid": ACCOUNT,
            "MessageSid": taken.sid,
            "SmsSid": taken.sid,
            "MessageStatus": status,
            "To": taken.to,
            "ApiVersion": "2010-04-01",
        }
        if code is not None:
            form["ErrorCode"] = str(code)
        signature = RequestValidator(token).compute_signature(taken.callback, form)
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                taken.callback, data=form, headers={"X-Twilio-Signature": signature}
            ) as answer,
        ):
            return answer.status


class _Server:
    def __init__(self, fake: FakeTwilio) -> None:
        self._fake = fake
        self._serial = count(1)

    def app(self) -> web.Application:
        app = web.Application()
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        app.add_routes([web.post(path, self._create), web.get(path, self._list)])
        return app

    def _authorised(self, request: web.Request) -> bool:
        try:
            auth = BasicAuth.decode(request.headers.get("Authorization", ""))
        except ValueError:
            return False
        return (auth.login, auth.password) == (ACCOUNT, TOKEN)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        fake = self._fake
        fake.requests += 1
        fake.open_now += 1
        fake.most_open = max(fake.most_open, fake.open_now)
        try:
            return await self._answer(request, await request.post())
        finally:
            fake.open_now -= 1

    async def _answer(self, request: web.Request, form: Any) -> web.StreamResponse:
        fake = self._fake
        if not self._authorised(request):
            return _refusal(401, 20003)
        if not (form.get("To") and form.get("Body") and _has_sender(form)):
            return _refusal(400, 21603)
        if fake.latency:
            await asyncio.sleep(fake.latency)
        if fake.code is not None:
            return _refusal(400, fake.code)
        chosen = fake.choose(form["To"]) if fake.choose else None
        mood = chosen or (fake.moods.popleft() if fake.moods else fake.mood)
        taken = None
        if mood in TAKES_OVER:
            taken = Taken(
                sid=f"SM{next(self._serial):032x}",
                to=form["To"],
                body=form["Body"],
                callback=form.get("StatusCallback", ""),
                validity=form.get("ValidityPeriod", ""),
                created=datetime.now(UTC),
            )
            fake.taken.append(taken)
        if mood in _REFUSALS:
            answer = _refusal(*_REFUSALS[mood])
            if mood == "too_many_later":
                answer.headers["Retry-After"] = "77"
            return answer
        match mood:
            case "error_after" | "error_before":
                return web.json_response({"code": 20500, "message": "Internal"}, status=500)
            case "hang_after" | "hang_before":
                await fake.release.wait()
                return web.Response(status=504)
            case "cut_after":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case "broken_json":
                return web.Response(text='{"sid": "SM12', status=201)
            case "no_sid":
                return web.json_response({"status": "queued"}, status=201)
            case "html":
                return web.Response(text="<html>proxy</html>", status=201, content_type="text/html")
            case "empty":
                return web.Response(status=201)
            case "redirect":
                return web.Response(status=302, headers={"Location": "/elsewhere"})
            case "slow_body":
                stream = web.StreamResponse(status=201, headers={"Content-Length": "500"})
                await stream.prepare(request)
                await stream.write(b'{"sid"')
                await fake.release.wait()
                return stream
        assert taken is not None
        return web.json_response(_resource(taken), status=201)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        fake = self._fake
        if not self._authorised(request):
            return _refusal(401, 20003)
        if fake.listing == "error":
            return _refusal(500, 20500)
        if fake.listing == "hang":
            await fake.release.wait()
        to = request.query.get("To")
        found = [one for one in reversed(fake.taken) if to in (None, one.to)]
        size = int(request.query.get("PageSize", 50))
        messages = [_resource(one) for one in found[:size]]
        if fake.listing == "redacted":
            for message in messages:
                message["body"] = ""
        return web.json_response(
            {"messages": messages, "page": 0, "page_size": size, "next_page_uri": None}
        )


def _has_sender(form: Any) -> bool:
    return form.get("MessagingServiceSid") == SERVICE or bool(form.get("From"))


def _refusal(status: int, code: int) -> web.Response:
    return web.json_response({"code": code, "message": "no", "status": status}, status=status)


def _resource(taken: Taken) -> dict[str, Any]:
    return {
        "account_sid": ACCOUNT,
        "sid": taken.sid,
        "to": taken.to,
        "from": None,
        "body": taken.body,
        "status": taken.status,
        "direction": "outbound-api",
        "date_created": format_datetime(taken.created),
        "date_updated": format_datetime(taken.created),
        "date_sent": None,
        "error_code": taken.error_code,
        "num_segments": "1",
    }


@contextmanager
def fake_twilio() -> Iterator[FakeTwilio]:
    """Run the server in a thread of its own."""
    fake = FakeTwilio()
    with serving(fake, _Server(fake).app(), fake.release):
        yield fake
