"""An eSMS on loopback: its JSON service and its callbacks, misbehaving on demand.

Like eSMS it takes a RequestId once, and answers 124 after that. It keeps the truth that tests
compare with: every message that it has taken over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.serving import TAKES_OVER, Fake, serving

API_KEY = "key of the fake eSMS"
SECRET = "secret of the fake eSMS"
BRANDNAME = "VPDKDD"

REFUSALS = {
    "blocked": "99",
    "wrong_keys": "101",
    "no_balance": "103",
    "no_brandname": "104",
    "bad_number": "108",
    "wrong_kind": "118",
    "wrong_address": "140",
    "wrong_template": "146",
    "wrong_network": "177",
    "unheard_of": "998",
}
"""Moods that are a CodeResult."""


@dataclass(frozen=True)
class Taken:
    """A message that the server has taken over."""

    request_id: str
    phone: str
    content: str
    unicode: str
    sandbox: str
    callback: str

    @property
    def ref(self) -> str:
        """Our reference."""
        return self.request_id.rpartition("-")[0]


@dataclass
class FakeEsms(Fake):
    """What tests see and set."""

    taken: list[Taken] = field(default_factory=list)
    forgets: bool = False
    """True: another day has begun, and known ids are known no more."""

    def refs(self) -> list[str]:
        """Our references of all messages taken over, with repetitions."""
        return [one.ref for one in self.taken]

    async def call_back(
        self, taken: Taken, status: int, *, failed: int = 0, succeeded: int = 0, via: str = ""
    ) -> int:
        """Tell of a message's fate; return the HTTP status of the answer. Like eSMS's own, it
        leaves RequestId empty. `via`: where to instead of the address that was given."""
        query = (
            f"SMSID=d533459ee42b&SendFailed={failed}&SendStatus={status}&SendSuccess={succeeded}"
            "&TotalPrice=0.0000&TotalReceiver=1&TotalSent=1&RequestId=&TypeId=2&telcoid=1"
            f"&phonenumber={taken.phone}"
        )
        url = f"{via or taken.callback}&{query}"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status


class _Server:
    def __init__(self, fake: FakeEsms) -> None:
        self._fake = fake
        self._serial = count(1)

    def app(self) -> web.Application:
        app = web.Application()
        path = "/MainService.svc/json/SendMultipleMessage_V4_post_json/"
        app.add_routes([web.post(path, self._send)])
        return app

    async def _send(self, request: web.Request) -> web.StreamResponse:
        fake = self._fake
        said: dict[str, Any] = await request.json()
        mood = await fake.next_mood()
        if (said.get("ApiKey"), said.get("SecretKey")) != (API_KEY, SECRET):
            return _result("101")
        if said.get("Brandname") != BRANDNAME:
            return _result("104")
        if said.get("SmsType") != "2" or not said.get("Content"):
            return _result("118")
        if len(said.get("RequestId", "")) > 50 or not said.get("Phone", "").startswith("0"):
            return _result("108")
        known = {one.request_id for one in fake.taken} if not fake.forgets else set()
        repeated = said["RequestId"] in known
        if mood in TAKES_OVER and not repeated:
            fake.taken.append(
                Taken(
                    said["RequestId"],
                    said["Phone"],
                    said["Content"],
                    said.get("IsUnicode", "0"),
                    said.get("Sandbox", "0"),
                    said.get("CallbackUrl", ""),
                )
            )
        answer = await fake.accident(request, mood, {"error": "Invalid request"})
        if answer is not None:
            return answer
        if mood in REFUSALS:
            return _result(REFUSALS[mood])
        if repeated:
            return _result("124", ErrorMessage="Request exist 1", SendStatus="5")
        return _result("100", SMSID=f"ebe101db{next(self._serial):024x}")


def _result(code: str, **more: str) -> web.Response:
    return web.json_response({"CodeResult": code, "CountRegenerate": 0, **more})


@contextmanager
def fake_esms() -> Iterator[FakeEsms]:
    """Run the server in a thread of its own."""
    fake = FakeEsms()
    with serving(fake, _Server(fake).app(), fake.release):
        yield fake
