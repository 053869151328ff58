"""The Telegram channel, for private chats.

Rasa's own takes any update from anybody and calls Telegram when it starts; this one believes an
update by its secret token (`X-Telegram-Bot-Api-Secret-Token`, given when the webhook is
registered: `./motcua channels register telegram`) and starts offline.
Contract: core.telegram.org/bots/api (sendMessage: 4,096 characters, callback_data 64 bytes;
sendPhoto: bytes as multipart, caption 1,024 characters).
"""

from __future__ import annotations

from typing import ClassVar

import aiohttp
from sanic.request import Request

from bot.channels.base import Incoming
from bot.channels.platforms import (
    NotTaken,
    PlatformChannel,
    as_object,
    at,
    require_secret,
)
from bot.channels.rendering import Outgoing, Picture, Style

HEADER = "X-Telegram-Bot-Api-Secret-Token"


class TelegramInput(PlatformChannel):
    """A bot of Telegram's."""

    needs: ClassVar = {"token": "MOTCUA_TELEGRAM_TOKEN", "webhook_secret": "MOTCUA_TELEGRAM_SECRET"}
    pictures: ClassVar = True
    style: ClassVar = Style(longest=4096, buttons=8, title=60, payload=64)

    @classmethod
    def name(cls) -> str:
        """Return the channel's name."""
        return "telegram"

    def verify(self, request: Request) -> None:
        """Refuse what does not carry the secret that Telegram was given."""
        require_secret(request, HEADER, self._settings["webhook_secret"])

    def parse(self, request: Request) -> list[Incoming]:
        """Read an update: a message, or a button that was pressed. Groups are not spoken to: there
        everybody would read everybody's dossier."""
        update = as_object(request.body)
        pressed = update.get("callback_query")
        message = at(update, "callback_query", "message") if pressed else update.get("message")
        text = at(update, "callback_query", "data") if pressed else at(message, "text")
        chat, number = at(message, "chat", "id"), update.get("update_id")
        if not isinstance(chat, int) or not isinstance(number, int):
            return []
        from_bot = bool(at(message, "from", "is_bot")) and not pressed
        if at(message, "chat", "type") != "private" or from_bot:
            return []
        # A picture or a voice message has no text: the conversation says that it cannot read it.
        return [Incoming(str(chat), str(number), text if isinstance(text, str) else "")]

    async def send(self, to: str, message: Outgoing) -> None:
        """Send by `sendMessage`, options as an inline keyboard."""
        body: dict[str, object] = {"chat_id": int(to), "text": message.text}
        if message.buttons:
            body["reply_markup"] = {
                "inline_keyboard": [
                    [{"text": one.title, "callback_data": one.payload}] for one in message.buttons
                ]
            }
        await self._call("sendMessage", body)

    async def send_picture(self, to: str, picture: Picture) -> None:
        """Send the bytes by `sendPhoto`; a caption has at most 1,024 characters."""
        form = aiohttp.FormData()
        form.add_field("chat_id", to)
        form.add_field("caption", picture.caption[:1024])
        form.add_field("photo", picture.png, filename="way.png", content_type="image/png")
        await self._call("sendPhoto", form)

    async def _call(self, method: str, body: dict[str, object] | aiohttp.FormData) -> None:
        base = self._settings.get("base_url") or "https://api.telegram.org"
        status, told = await self.post(
            f"{base}/bot{self._settings['token']}/{method}",
            body,
            form=isinstance(body, aiohttp.FormData),
        )
        if status == 429:
            wait = at(told, "parameters", "retry_after")
            raise NotTaken("429", again_after=float(wait) if isinstance(wait, int) else 1.0)
        if status == 503:
            raise NotTaken("503", again_after=1.0)
        if status != 200 or told.get("ok") is not True:
            raise NotTaken(f"status {status}, code {told.get('error_code')}")
