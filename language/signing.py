"""The signature on requests between our two worlds, the application and the Rasa server.

Who asks signs `"<unix time>." + body` with a secret that both know; a request is believed if the
signature fits and its time is near. That it is not used twice is left to who is asked.
It stands here because both worlds need it, and this room is what they share.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256

HEADER = "X-Motcua-Signature"
TOLERANCE = 300
"""Seconds by which a signature may be old, or ahead of our clock."""

_FORM = re.compile(r"t=(?P<time>\d{1,12}),v1=(?P<mac>[0-9a-f]{64})")


class BadSignature(Exception):
    """The request does not come from whom it must, or not from now."""


def sign(body: bytes, secret: str, at: int) -> str:
    """Return the header's value for `body`, signed at the unix time `at`."""
    return f"t={at},v1={_mac(body, secret, at)}"


def verify(header: str, body: bytes, secret: str, now: int) -> None:
    """Raise `BadSignature` unless `header` signs `body` and is at most `TOLERANCE` from `now`."""
    match = _FORM.fullmatch(header)
    if match is None:
        raise BadSignature("no signature, or none that can be read")
    at = int(match["time"])
    if not hmac.compare_digest(match["mac"], _mac(body, secret, at)):
        raise BadSignature("the signature does not fit")
    if abs(now - at) > TOLERANCE:
        raise BadSignature("the signature is stale")


def _mac(body: bytes, secret: str, at: int) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
