"""Whose conversation a browser speaks in: a signed cookie that the site sets.

The browser never chooses its sender: it holds an opaque, signed conversation id. Forms carry a
token bound to it, so that another site cannot speak in a visitor's name.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from fastapi import HTTPException, Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

COOKIE = "motcua"
MAX_AGE = 24 * 3600
"""Seconds that a conversation can be taken up again; the history lives as long."""


class Conversations:
    """Makes and recognises conversations."""

    def __init__(self, secret: str, secure: bool) -> None:
        self._secret = secret.encode()
        self._secure = secure
        self._serialiser = URLSafeTimedSerializer(secret, salt="web-conversation")

    def of(self, request: Request) -> str | None:
        """Return the conversation id of a request, or None for a forged, old or absent cookie."""
        try:
            value = self._serialiser.loads(request.cookies.get(COOKIE, ""), max_age=MAX_AGE)
        except BadSignature:
            return None
        return value if isinstance(value, str) else None

    def begin(self) -> str:
        """Return the id of a new conversation."""
        return secrets.token_urlsafe(18)

    def set(self, response: Response, conversation: str) -> None:
        """Hand the conversation to the browser."""
        response.set_cookie(
            COOKIE,
            self._serialiser.dumps(conversation),
            max_age=MAX_AGE,
            httponly=True,
            secure=self._secure,
            samesite="lax",
        )

    def form_token(self, conversation: str) -> str:
        """Return what a form of this conversation must carry."""
        return hmac.new(self._secret, b"form\0" + conversation.encode(), sha256).hexdigest()

    def check_form(self, conversation: str, token: str) -> None:
        """Raise 403 unless the form was made for this conversation."""
        if not hmac.compare_digest(self.form_token(conversation), token):
            raise HTTPException(403, "Biểu mẫu không hợp lệ. Xin tải lại trang rồi gửi lại.")
