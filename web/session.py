"""Whose conversation a browser speaks in: a signed cookie that the site sets.

The browser never chooses its sender: it holds an opaque, signed conversation id. Forms carry a
token bound to it, so that another site cannot speak in a visitor's name.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from fastapi import Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

from web.words import Refusal

COOKIE = "motcua"
EMBEDDED = "motcua_embedded"
"""The cookie of a page shown within another site's: kept apart for each such site (Partitioned),
and therefore sent where browsers send no other cookie of ours."""
EMBED_PATH = "/embed"
"""Where the page for another site's frame is."""
MAX_AGE = 24 * 3600
"""Seconds that a conversation can be taken up again; the history lives as long."""


class Conversations:
    """Makes and recognises conversations."""

    def __init__(self, secret: str, secure: bool) -> None:
        self._secret = secret.encode()
        self.secure = secure
        """Whether cookies go over HTTPS alone."""
        self._serialiser = URLSafeTimedSerializer(secret, salt="web-conversation")

    def of(self, request: Request, token: str = "") -> str | None:
        """Return the conversation id of a request, or None for a forged, old or absent cookie.

        A browser may hold two conversations, one of them within another site's page; a form's
        `token` tells which is meant.
        """
        found = [value for name in _order(request) if (value := self._read(request, name))]
        meant = [value for value in found if token and self._fits(value, token)]
        return next(iter(meant or found), None)

    def is_embedded(self, request: Request, conversation: str) -> bool:
        """Tell whether this conversation is the one within another site's page."""
        return self._read(request, EMBEDDED) == conversation

    def _read(self, request: Request, name: str) -> str | None:
        try:
            value = self._serialiser.loads(request.cookies.get(name, ""), max_age=MAX_AGE)
        except BadSignature:
            return None
        return value if isinstance(value, str) else None

    def begin(self) -> str:
        """Return the id of a new conversation."""
        return secrets.token_urlsafe(18)

    def set(self, response: Response, conversation: str, embedded: bool = False) -> None:
        """Hand the conversation to the browser."""
        if embedded:
            # Starlette writes `Partitioned` only on the newest Pythons.
            response.headers.append(
                "Set-Cookie",
                f"{EMBEDDED}={self._serialiser.dumps(conversation)}; Max-Age={MAX_AGE}; Path=/; "
                "HttpOnly; Secure; SameSite=None; Partitioned",
            )
            return
        response.set_cookie(
            COOKIE,
            self._serialiser.dumps(conversation),
            max_age=MAX_AGE,
            httponly=True,
            secure=self.secure,
            samesite="lax",
        )

    def form_token(self, conversation: str) -> str:
        """Return what a form of this conversation must carry."""
        return hmac.new(self._secret, b"form\0" + conversation.encode(), sha256).hexdigest()

    def check_form(self, conversation: str, token: str) -> None:
        """Raise 403 unless the form was made for this conversation."""
        if not self._fits(conversation, token):
            raise Refusal(403, "form_refused")

    def _fits(self, conversation: str, token: str) -> bool:
        return hmac.compare_digest(self.form_token(conversation).encode(), token.encode())


def within_a_frame(request: Request) -> bool:
    """Tell whether a request is for the page within another site's."""
    return request.url.path == EMBED_PATH or request.headers.get("sec-fetch-dest") == "iframe"


def _order(request: Request) -> tuple[str, str]:
    """The cookies, the likelier first."""
    return (EMBEDDED, COOKIE) if within_a_frame(request) else (COOKIE, EMBEDDED)
