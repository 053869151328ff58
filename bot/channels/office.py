"""What a channel asks of the application, over loopback and signed: whether digits prove that a
dossier is the sender's, and the token with which Zalo is spoken to.

Digits go this way and not through the conversation, so that Rasa neither keeps nor logs them.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from typing import Any

import aiohttp

from language import signing
from language.proof_digits import Given

logger = logging.getLogger(__name__)

TIMEOUT = 5.0
"""Seconds; both are on one machine."""


class OfficeUnavailable(Exception):
    """The application did not answer as it should."""


class Office:
    """Speaks to the site's internal addresses."""

    def __init__(self, base_url: str, secret: str) -> None:
        self._base = base_url.rstrip("/")
        self._secret = secret
        self._http: aiohttp.ClientSession | None = None

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

    async def _ask(self, what: str, question: dict[str, str]) -> dict[str, Any]:
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
                told: dict[str, Any] = await answer.json()
                return told
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise OfficeUnavailable(f"{what}: {type(error).__name__}") from error
