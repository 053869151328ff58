"""The channel of the Zalo Bot platform: a bot with a token of its own, good for a pilot.

Contract: docs.zaloplatforms.com/docs/BOT (read 2026-11-23): `X-Bot-Api-Secret-Token` on webhooks,
`sendMessage` with 1 to 2,000 characters, no buttons. Check it on a real event before going live.
"""

from __future__ import annotations

from typing import ClassVar

from sanic.request import Request

from bot.channels.base import Incoming
from bot.channels.platforms import (
    NotTaken,
    PlatformChannel,
    as_object,
    at,
    require_secret,
)
from bot.channels.rendering import Outgoing, Style

HEADER = "X-Bot-Api-Secret-Token"


class ZaloBotInput(PlatformChannel):
    """A bot of the Zalo Bot platform."""

    needs: ClassVar = {"token": "MOTCUA_ZALO_BOT_TOKEN", "webhook_secret": "MOTCUA_ZALO_BOT_SECRET"}
    style: ClassVar = Style(longest=2000)

    @classmethod
    def name(cls) -> str:
        """Return the channel's name."""
        return "zalo_bot"

    def verify(self, request: Request) -> None:
        """Refuse what does not carry the secret that the platform was given."""
        require_secret(request, HEADER, self._settings["webhook_secret"])

    def parse(self, request: Request) -> list[Incoming]:
        """Read an event; only what a person wrote, alone with the bot, is a message."""
        event = as_object(request.body)
        message = at(event, "result", "message")
        chat, number = at(message, "chat", "id"), at(message, "message_id")
        if not str(at(event, "result", "event_name") or "").startswith("message."):
            return []
        if not isinstance(chat, str) or not isinstance(number, str):
            return []
        if str(at(message, "chat", "chat_type") or "PRIVATE").upper() not in ("PRIVATE", "USER"):
            return []
        text = at(message, "text")
        return [Incoming(chat, number, text if isinstance(text, str) else "")]

    async def send(self, to: str, message: Outgoing) -> None:
        """Send by `sendMessage`."""
        base = self._settings.get("base_url") or "https://bot-api.zaloplatforms.com"
        status, told = await self.post(
            f"{base}/bot{self._settings['token']}/sendMessage",
            {"chat_id": to, "text": message.text},
        )
        if status in (429, 503):
            raise NotTaken(str(status), again_after=1.0)
        if status != 200 or told.get("ok") is not True:
            raise NotTaken(f"status {status}, code {told.get('error_code')}")
