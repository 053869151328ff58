"""The way from the site to Rasa: one signed request a message, on loopback.

What is understood and answered is Rasa's and the actions' affair; this carries a message there and
the blocks back, and turns every trouble into `RasaUnavailable`.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Mapping
from typing import Any

import aiohttp

from core.texts import Language
from language import signing
from language.blocks import Block, from_dict, to_dict

TIMEOUT = 25.0
"""Seconds in which an answer must come; people on slow lines wait no longer."""


class RasaUnavailable(Exception):
    """Rasa did not answer, or answered what is no answer."""


class RasaClient:
    """Speaks to Rasa's web channel. Close it at the end."""

    def __init__(self, base_url: str, secret: str) -> None:
        self._base = base_url
        self._url = f"{base_url}/webhooks/web/webhook"
        self._secret = secret
        self._http: aiohttp.ClientSession | None = None

    async def say(
        self, conversation: str, message_id: str, text: str, language: Language | None = None
    ) -> tuple[Block, ...]:
        """Say `text` in a conversation and return the answer's blocks. `language` is that of what
        was pressed, or of a page whose reader chose one: what words alone may not tell.

        Raises `RasaUnavailable`.
        """
        message = {"conversation": conversation, "message_id": message_id, "text": text}
        if language is not None:
            message["language"] = language
        told = await self._post(self._url, message)
        try:
            messages = told["messages"]
            return tuple(from_dict(block) for message in messages for block in message)
        except (KeyError, TypeError, ValueError) as e:
            raise RasaUnavailable(type(e).__name__) from e

    async def tell(self, channel: str, to: str, key: str, blocks: Iterable[Block]) -> str:
        """Have a channel on another platform send what nobody has just asked for; return what it
        says came of it: "sent", "again" or "failed". What it sent under `key` lately it does not
        send again. Raises `RasaUnavailable`."""
        said = {"to": to, "key": key, "blocks": [to_dict(block) for block in blocks]}
        told = await self._post(f"{self._base}/webhooks/{channel}/say", said)
        return str(told.get("outcome"))

    async def _post(self, url: str, message: Mapping[str, Any]) -> dict[str, Any]:
        # The nonce makes every request's signature its own: Rasa believes none twice, and a
        # second try within one second would else look like a replay.
        body = json.dumps({**message, "nonce": secrets.token_hex(8)}).encode()
        headers = {
            "Content-Type": "application/json",
            signing.HEADER: signing.sign(body, self._secret, int(time.time())),
        }
        try:
            async with self._session().post(url, data=body, headers=headers) as answer:
                if answer.status != 200:
                    raise RasaUnavailable(f"status {answer.status}")
                told = await answer.json()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as e:
            raise RasaUnavailable(type(e).__name__) from e
        if not isinstance(told, dict):
            raise RasaUnavailable("no object")
        return told

    async def ready(self) -> bool:
        """Tell whether the channel answers."""
        try:
            async with self._session().get(self._url.removesuffix("webhook")) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def close(self) -> None:
        """Give the connections back."""
        if self._http is not None:
            await self._http.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None or self._http.closed:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        return self._http
