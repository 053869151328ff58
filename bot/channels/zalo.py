"""The channel of a Zalo Official Account.

Facts as gathered on 2026-11-23 from third parties quoting Zalo's documentation
(developers.zalo.me): check them on a real event before going live.
- A webhook is signed `X-ZEvent-Signature: mac=<hex>` with plain SHA-256 over application id, raw
  body, timestamp and the account's secret key. Whose timestamp, the body's or a header's, the
  sources disagree: either is accepted.
- It wants 200 within two seconds, and repeats an event for up to twelve hours.
- Messages go out by `/v3.0/oa/message/cs`: 2,000 characters, five buttons, within seven days of
  the person's last word. HTTP 200 is no success: `error` must be 0; -216 is an expired token.
- A picture (PNG or JPEG, 1 MB) is uploaded to `/v2.0/oa/upload/image` as the form's `file`, and
  sent by its `data.attachment_id` in a template of the kind `media` (zaloplatform/zalo-java-sdk for
  the message's form; third parties for the upload's answer; read on 2026-11-25).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Any, ClassVar

import aiohttp
from sanic.request import Request

from bot.channels.base import Incoming, Refused
from bot.channels.office import OfficeUnavailable
from bot.channels.platforms import NotTaken, PlatformChannel, as_object, at
from bot.channels.rendering import Outgoing, Picture, Style

HEADER = "X-ZEvent-Signature"
TIMESTAMP_HEADER = "X-ZEvent-Timestamp"
MESSAGE = "/v3.0/oa/message/cs"
UPLOAD = "/v2.0/oa/upload/image"
EXPIRED_TOKEN = -216
BUSY = frozenset({-32, -217})
"""Codes that ask for patience: too many requests."""

_WITHOUT_TEXT = frozenset(
    f"user_send_{what}" for what in ("image", "file", "audio", "video", "gif", "sticker")
)
"""Events of a person who sent something that cannot be read: they are told so."""


class ZaloInput(PlatformChannel):
    """An Official Account."""

    needs: ClassVar = {"app_id": "MOTCUA_ZNS_APP_ID", "oa_secret": "MOTCUA_ZNS_OA_SECRET"}
    pictures: ClassVar = True
    style: ClassVar = Style(longest=2000, buttons=5, title=100, payload=1000)

    @classmethod
    def name(cls) -> str:
        """Return the channel's name."""
        return "zalo"

    def verify(self, request: Request) -> None:
        """Refuse what Zalo has not signed."""
        event = as_object(request.body)
        given = request.headers.get(HEADER, "").strip()
        given = given.removeprefix("mac=").removeprefix("sha256=").lower()
        stamps = {str(event.get("timestamp", "")), request.headers.get(TIMESTAMP_HEADER, "")}
        fits = [
            hmac.compare_digest(given.encode(), self._mac(request.body, stamp).encode())
            for stamp in stamps
        ]
        if not any(fits):
            raise Refused(403, "forbidden")

    def parse(self, request: Request) -> list[Incoming]:
        """Read an event: what a person wrote, or a button, which comes back as its payload."""
        event = as_object(request.body)
        if event.get("app_id") not in (None, self._settings["app_id"]):
            raise Refused(403, "forbidden")
        kind, sender = event.get("event_name"), at(event, "sender", "id")
        number = at(event, "message", "msg_id")
        if not isinstance(sender, str) or not isinstance(number, str):
            return []
        if kind == "user_send_text":
            text = at(event, "message", "text")
            return [Incoming(sender, number, text if isinstance(text, str) else "")]
        return [Incoming(sender, number, "")] if kind in _WITHOUT_TEXT else []

    async def send(self, to: str, message: Outgoing) -> None:
        """Send a consultation message."""
        body: dict[str, Any] = {"text": message.text}
        if message.buttons:
            buttons = [
                {"title": one.title, "type": "oa.query.show", "payload": one.payload}
                for one in message.buttons
            ]
            body["attachment"] = {"type": "template", "payload": {"buttons": buttons}}
        await self._tell(to, body)

    async def send_picture(self, to: str, picture: Picture) -> None:
        """Upload the bytes, and send what Zalo knows them by."""

        def form() -> aiohttp.FormData:
            made = aiohttp.FormData()
            made.add_field("file", picture.png, filename="way.png", content_type="image/png")
            return made

        known = at(await self._call(UPLOAD, form), "data", "attachment_id")
        if not isinstance(known, str) or not known:
            raise NotTaken("the upload has no attachment_id")
        shown = {
            "template_type": "media",
            "elements": [{"media_type": "image", "attachment_id": known}],
        }
        attachment = {"type": "template", "payload": shown}
        await self._tell(to, {"text": picture.caption, "attachment": attachment})

    async def _tell(self, to: str, message: dict[str, Any]) -> None:
        body = {"recipient": {"user_id": to}, "message": message}
        await self._call(MESSAGE, lambda: body)

    async def _call(
        self, path: str, make: Callable[[], dict[str, Any] | aiohttp.FormData]
    ) -> dict[str, Any]:
        """POST what `make` makes, once more with a fresh token if this one has expired; return the
        answer. Raises `NotTaken`."""
        base = self._settings.get("base_url") or "https://openapi.zalo.me"
        refused = ""
        for last in (False, True):
            try:
                token = await self._office.zalo_token(refused)
            except OfficeUnavailable as error:
                raise NotTaken(str(error), again_after=1.0) from error
            body = make()
            is_form = isinstance(body, aiohttp.FormData)
            status, told = await self.post(
                f"{base}{path}", body, {"access_token": token}, form=is_form
            )
            code = told.get("error")
            if status == 200 and code == 0:
                return told
            if (status == 401 or code == EXPIRED_TOKEN) and not last:
                refused = token
                continue
            again = status in (429, 503) or code in BUSY
            raise NotTaken(f"status {status}, error {code}", again_after=1.0 if again else None)
        raise AssertionError("the last try has its answer")

    def _mac(self, body: bytes, timestamp: str) -> str:
        secret = self._settings["oa_secret"]
        signed = self._settings["app_id"].encode() + body + timestamp.encode() + secret.encode()
        return sha256(signed).hexdigest()
