"""The web channel: our own site asks over loopback, signed, and gets the answer in the response.

The site chooses the conversation (an opaque id bound to its visitor's signed cookie); a browser
never reaches this. Contract: body `{"conversation", "message_id", "text"}`, and
`"language"` (vi, en) where it is known; header `X-Motcua-Signature`; answer
`{"messages": [[block, …], …]}`.
"""

from __future__ import annotations

import json
import logging
import re
import time
import zlib
from typing import Any

from rasa.core.channels.channel import InputChannel
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from bot.channels import notices
from bot.channels.base import (
    REMEMBERED,
    Blocks,
    Converse,
    Incoming,
    Refused,
    SignedChannel,
    said,
)
from bot.channels.office import Office
from bot.channels.once import Once, Recent
from language import signing

logger = logging.getLogger(__name__)

_ID = re.compile(r"[A-Za-z0-9_\-]{8,64}")


class WebInput(SignedChannel):
    """Takes messages from the site, at `site`; `secret` is the one both sign with."""

    def __init__(self, secret: str, site: str = "") -> None:
        super().__init__(Office(site, secret))
        self._secret = secret
        self._once: Once[bytes] = Once(REMEMBERED)
        # Twice the tolerance: a signature may be used from the past's edge to the future's.
        self._used: Recent[bool] = Recent(2 * signing.TOLERANCE)

    @classmethod
    def name(cls) -> str:
        """Return the channel's name: routes, and the first part of Rasa's sender ids."""
        return "web"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> InputChannel:
        """Return the channel of `credentials.yml`. Raises `ValueError` without a real secret."""
        secret = str((credentials or {}).get("secret") or "")
        # A variable that Rasa did not fill in would be a secret that everybody can read.
        if len(secret) < 16 or "${" in secret:
            raise ValueError("the web channel needs a secret of 16 characters or more")
        return cls(secret, str((credentials or {}).get("site") or ""))

    def verify(self, request: Request) -> None:
        """Refuse what is forged, stale or replayed, all with the same words."""
        header = request.headers.get(signing.HEADER, "")
        try:
            signing.verify(header, request.body, self._secret, int(time.time()))
        except signing.BadSignature as problem:
            logger.warning("web: %s", problem)
            raise Refused(403, "forbidden") from None
        if self._used.get(header):
            logger.warning("web: a signature was used twice")
            raise Refused(403, "forbidden")
        self._used.put(header, True)

    def parse(self, request: Request) -> list[Incoming]:
        """Read the site's JSON."""
        try:
            data = json.loads(request.body)
        except (ValueError, RecursionError):
            raise Refused(400, "not JSON") from None
        if not isinstance(data, dict):
            raise Refused(400, "not an object")
        for field in ("conversation", "message_id"):
            if not isinstance(data.get(field), str) or not _ID.fullmatch(data[field]):
                raise Refused(400, f"{field}: 8 to 64 of A-Z a-z 0-9 _ -")
        if not isinstance(data.get("text"), str):
            raise Refused(400, "text: missing")
        if data.get("language", "") not in ("", "vi", "en"):
            raise Refused(400, "language: vi or en")
        language = data.get("language", "")
        return [Incoming(data["conversation"], data["message_id"], data["text"], language)]

    async def take(self, messages: list[Incoming], converse: Converse) -> HTTPResponse:
        """Answer in the response. A failure of ours is an answer too: the visitor waits."""
        (incoming,) = messages
        key = f"{incoming.sender} {incoming.message_id}"

        async def work() -> bytes:
            return _packed(await converse(incoming))

        try:
            packed = await self._once.run(key, work)
        except Exception:
            logger.exception("web: a message could not be handled")
            packed = _packed(said(notices.NO_ANSWER, self.language_of(incoming)))
        return raw(zlib.decompress(packed), content_type="application/json")


def _packed(answer: list[Blocks]) -> bytes:
    """Return the body of a response as it is kept for who asks again: a sixth of its size."""
    return zlib.compress(json.dumps({"messages": answer}, ensure_ascii=False).encode(), 1)
