"""The Messenger channel: a page of Facebook's.

Rasa's own checks an outdated signature (SHA-1), answers the first event of a batch alone, and says
nothing at all where there are more than three buttons; none of this holds here.
Contract: developers.facebook.com/docs/messenger-platform (2,000 characters; quick replies: 13 of 20
characters, payload 1,000; an image's bytes as `filedata` of a form).
"""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from typing import Any, ClassVar

import aiohttp
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, text

from bot.channels.base import Incoming, Refused
from bot.channels.platforms import NotTaken, PlatformChannel, as_object, at
from bot.channels.rendering import Outgoing, Picture, Style
from language.blocks import Button

HEADER = "X-Hub-Signature-256"
BUSY = frozenset({4, 32, 613})
"""Codes that ask for patience: a limit of calls was reached."""


class MessengerInput(PlatformChannel):
    """A page."""

    needs: ClassVar = {
        "page_token": "MOTCUA_MESSENGER_PAGE_TOKEN",
        "app_secret": "MOTCUA_MESSENGER_APP_SECRET",
        "verify_token": "MOTCUA_MESSENGER_VERIFY_TOKEN",
    }
    pictures: ClassVar = True
    style: ClassVar = Style(longest=2000, buttons=13, title=20, payload=1000)

    @classmethod
    def name(cls) -> str:
        """Return the channel's name."""
        return "messenger"

    def add_routes(self, routes: Blueprint) -> None:
        """Add the question by which Facebook makes sure that the address is ours."""
        super().add_routes(routes)

        @routes.get("/webhook")  # type: ignore[misc]
        async def subscribe(request: Request) -> HTTPResponse:
            given = request.args.get("hub.verify_token", "").encode()
            ours = hmac.compare_digest(given, self._settings["verify_token"].encode())
            if request.args.get("hub.mode") != "subscribe" or not ours:
                return text("forbidden", status=403)
            return text(request.args.get("hub.challenge", ""))

    def verify(self, request: Request) -> None:
        """Refuse what the app's secret has not signed."""
        mac = hmac.new(self._settings["app_secret"].encode(), request.body, sha256).hexdigest()
        given = request.headers.get(HEADER, "").encode()
        if not hmac.compare_digest(given, f"sha256={mac}".encode()):
            raise Refused(403, "forbidden")

    def parse(self, request: Request) -> list[Incoming]:
        """Read every event of a batch; what the page itself sent comes back as an echo."""
        found = []
        for entry in _list(as_object(request.body).get("entry")):
            for event in _list(at(entry, "messaging")):
                sender = at(event, "sender", "id")
                postback, message = at(event, "postback"), at(event, "message")
                if not isinstance(sender, str) or at(message, "is_echo"):
                    continue
                number = at(message, "mid") or at(postback, "mid")
                said = (
                    at(message, "quick_reply", "payload")
                    or at(postback, "payload")
                    or at(message, "text")
                )
                if isinstance(number, str):
                    found.append(Incoming(sender, number, said if isinstance(said, str) else ""))
        return found

    async def send(self, to: str, message: Outgoing) -> None:
        """Send an answer, options as quick replies."""
        answer: dict[str, Any] = {"text": message.text, **_quick_replies(message.buttons)}
        await self._call({**_response(to), "message": answer})

    async def send_picture(self, to: str, picture: Picture) -> None:
        """Send the bytes. The quick replies come once more: those before are gone with it."""
        attachment = {"type": "image", "payload": {"is_reusable": False}}
        answer = {"attachment": attachment, **_quick_replies(picture.buttons)}
        form = aiohttp.FormData()
        for name, value in {**_response(to), "message": answer}.items():
            form.add_field(name, value if isinstance(value, str) else json.dumps(value))
        form.add_field("filedata", picture.png, filename="way.png", content_type="image/png")
        await self._call(form)

    async def _call(self, body: dict[str, Any] | aiohttp.FormData) -> None:
        base = self._settings.get("base_url") or "https://graph.facebook.com/v21.0"
        status, told = await self.post(
            f"{base}/me/messages",
            body,
            {"Authorization": f"Bearer {self._settings['page_token']}"},
            form=isinstance(body, aiohttp.FormData),
        )
        code = at(told, "error", "code")
        if status == 200 and told.get("message_id"):
            return
        again = status in (429, 503) or code in BUSY
        raise NotTaken(f"status {status}, code {code}", again_after=1.0 if again else None)


def _response(to: str) -> dict[str, Any]:
    return {"recipient": {"id": to}, "messaging_type": "RESPONSE"}


def _quick_replies(buttons: tuple[Button, ...]) -> dict[str, Any]:
    shown = [
        {"content_type": "text", "title": one.title, "payload": one.payload} for one in buttons
    ]
    return {"quick_replies": shown} if shown else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
