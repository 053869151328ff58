"""What a channel asks of the application, over loopback and signed: whether a message is an
officer's to answer, whether digits prove that a dossier is the sender's, the picture of its way,
and the token with which Zalo is spoken to.

Digits, telephone numbers and complaints go this way and not through the conversation, so that Rasa
neither keeps nor logs them.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any

import aiohttp

from language import signing
from language.blocks import Progress
from language.proof_digits import Given

logger = logging.getLogger(__name__)

TIMEOUT = 5.0
"""Seconds; both are on one machine."""


class OfficeUnavailable(Exception):
    """The application did not answer as it should."""


@dataclass(frozen=True)
class Heard:
    """A message that the application has taken: the conversation does not get it."""

    messages: list[list[dict[str, Any]]]
    """What to say to it, as messages of blocks; empty for nothing."""
    talking: bool
    """True while an officer is to answer the sender."""


class Office:
    """Speaks to the site's internal addresses."""

    def __init__(self, base_url: str, secret: str) -> None:
        self._base = base_url.rstrip("/")
        self._secret = secret
        self._http: aiohttp.ClientSession | None = None

    async def hear(
        self, channel: str, sender: str, message_id: str, text: str, pressed: bool
    ) -> Heard | None:
        """Have the application take a message, or return None where it is for the bot. The same
        message twice is one. Raises `OfficeUnavailable`."""
        told = await self._ask(
            "heard",
            {
                "channel": channel,
                "sender": sender,
                "message_id": message_id,
                "text": text,
                "pressed": pressed,
            },
        )
        if not told.get("taken"):
            return None
        blocks = list(told["blocks"])
        return Heard([blocks] if blocks else [], bool(told["talking"]))

    async def reached(self, channel: str, sender: str, address: str) -> None:
        """Tell where a sender is reached whom the conversation knows by another name. Raises
        `OfficeUnavailable`."""
        await self._ask("reached", {"channel": channel, "sender": sender, "address": address})

    async def proof(self, channel: str, sender: str, given: Given) -> str | None:
        """Have digits checked; return the outcome's word, or None where they name no dossier and
        none is awaited.

        Raises `OfficeUnavailable`.
        """
        question = {"channel": channel, "sender": sender, "digits": given.digits}
        told = await self._ask("proof", {**question, "code": given.code})
        outcome = told.get("outcome")
        return str(outcome) if outcome else None

    async def zalo_token(self, refused: str = "") -> str:
        """Return an access token of the Official Account; `refused` is one that Zalo takes no
        more. Raises `OfficeUnavailable`."""
        return str((await self._ask("zalo-token", {"refused": refused}))["token"])

    async def draw(self, way: Progress) -> bytes:
        """Return the picture (PNG) of a dossier's way. Raises `OfficeUnavailable`."""
        return await self._asked("way", {"stops": [asdict(stop) for stop in way.stops]})

    async def _ask(self, what: str, question: dict[str, Any]) -> dict[str, Any]:
        try:
            told: dict[str, Any] = json.loads(await self._asked(what, question))
        except ValueError as error:
            raise OfficeUnavailable(f"{what}: {type(error).__name__}") from error
        return told

    async def _asked(self, what: str, question: dict[str, Any]) -> bytes:
        body = json.dumps({**question, "nonce": secrets.token_hex(8)}).encode()
        headers = {
            "Content-Type": "application/json",
            signing.HEADER: signing.sign(body, self._secret, int(time.time())),
        }
        if self._http is None or self._http.closed:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        try:
            url = f"{self._base}/internal/{what}"
            async with self._http.post(url, data=body, headers=headers) as answer:
                if answer.status != 200:
                    raise OfficeUnavailable(f"{what}: status {answer.status}")
                return await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise OfficeUnavailable(f"{what}: {type(error).__name__}") from error
