"""Zalo ZNS: messages of approved templates to whoever has Zalo on their number.

Facts: developers.zalo.me and zalo.cloud as third parties quote them (read 2026-11-24): prove them
on a real event before going live. HTTP 200 is no success, `error` 0 is. There is no id that it
takes once and nothing to ask by ours, so what is in doubt waits for the receipt, and then for the
template's policy. What Zalo cannot reach goes to the route's next channel.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any

from prometheus_client import Gauge
from sqlalchemy.exc import SQLAlchemyError

from core.database import Sessions
from core.observability import get_logger
from core.privacy import Vault
from core.settings import Settings
from notifier.providers.base import Answer, Forged, Heard, Inquiry, NoTelling, Report, Request
from notifier.providers.wire import (
    ELSEWHERE,
    NEVER,
    STOP,
    Broken,
    Meaning,
    Reply,
    Wire,
    classify,
)
from notifier.providers.zalo_tokens import PROVIDER, NotNow, NotSignedIn, ZaloTokens
from notifier.vocabulary import Advice, Outcome, Word

log = get_logger(__name__)

NAME = PROVIDER

CALLBACK_PATH = "/webhooks/zalo/zns"
"""Where the public site takes Zalo's events."""

SEND_PATH = "/message/template"

QUOTA = Gauge("motcua_zns_quota_remaining", "Messages that Zalo will still take today")

_REFUSED_ACCESS = "-216"

CODES: Mapping[str, Meaning] = {
    "-108": ELSEWHERE,  # the number is none to Zalo
    "-112": ELSEWHERE,  # the template's data is not as registered
    "-114": ELSEWHERE,  # the user is inactive, or takes no such messages
    "-115": STOP,  # out of balance
    "-118": ELSEWHERE,  # no Zalo account on this number
    "-131": ELSEWHERE,  # the template is not approved
    "-133": ELSEWHERE,  # not at night (22:00-6:00)
    "-135": STOP,  # the official account is not verified
    "-139": ELSEWHERE,  # the user refuses this kind of message, on Zalo
    "-144": STOP,  # the day's quota is used up
    "-147": STOP,  # the template's quota is used up
    "-216": STOP,  # the access token is refused, also when fresh
    "-224": STOP,  # the account's package does not include it
}
"""What `error` means. A code that is not here refuses the message for good: whether another
channel may take it is not known, and twice is worse."""


class ZnsProvider:
    """Sends in the name of the office's official account."""

    name = NAME
    real = True

    def __init__(self, settings: Settings, sessions: Sessions, vault: Vault) -> None:
        self.rate = settings.zns_rate
        self._templates = settings.zns_templates
        self._development = settings.zns_development
        self._url = settings.zns_base_url.rstrip("/") + SEND_PATH
        self._wire = Wire(settings.zns_timeout, settings.sms_concurrency)
        self._tokens = ZaloTokens(settings, sessions, vault, self._wire)

    def carries(self, request: Request) -> bool:
        """Messages whose template has a ZNS form that this office has registered."""
        return bool(request.values) and request.template in self._templates

    async def send(self, request: Request) -> Answer:
        """POST once, or once more where the access token had run out: that was surely not taken."""
        try:
            token = await self._tokens.access()
            reply = await self._post(request, token)
            if _expired(reply):
                token = await self._tokens.access(stale=token)
                reply = await self._post(request, token)
        except NotSignedIn as reason:
            log.error("sign in to Zalo again: ./motcua sms zns-login", code=str(reason))
            return Answer(Outcome.NOT_SENT, code=str(reason)[:20], advice=Advice.PAUSE_PROVIDER)
        except (NotNow, SQLAlchemyError) as reason:
            return Answer(Outcome.NOT_SENT, code=f"token {type(reason).__name__}"[:20])
        except Broken as broken:
            return broken.answer
        return _read(reply)

    async def _post(self, request: Request, token: str) -> Reply:
        fields: dict[str, Any] = {
            "phone": request.to.removeprefix("+"),
            "template_id": self._templates[request.template],
            "template_data": dict(request.values or {}),
            "tracking_id": f"{request.ref}-{request.attempt}",
        }
        if self._development:
            fields["mode"] = "development"
        headers = {"access_token": token}
        return await self._wire.request("POST", self._url, json=fields, headers=headers)

    async def look_up(self, inquiry: Inquiry) -> Report:
        """It can only be asked by its own msg_id, which what is in doubt never had."""
        return NoTelling()

    async def tend(self) -> None:
        """Refresh the token while nothing is sent: the refresh token runs out too, in months."""
        with suppress(NotSignedIn, NotNow, SQLAlchemyError):
            await self._tokens.access()

    async def close(self) -> None:
        """Close connections, a refreshing of the token first."""
        await self._tokens.settle()
        await self._wire.close()


def _expired(reply: Reply) -> bool:
    return reply.status == 401 or str(reply.fields().get("error")) == _REFUSED_ACCESS


def _read(reply: Reply) -> Answer:
    if reply.status != 200:
        return classify(reply.status, None, None, reply.retry_after)
    said = reply.fields()
    if not isinstance(said.get("error"), int):
        # It said something that cannot be read: it may well have the message.
        return Answer(Outcome.AMBIGUOUS, code="unreadable", http_status=reply.status)
    if said["error"] == 0:
        data = said.get("data")
        if not isinstance(data, dict) or not data.get("msg_id"):
            return Answer(Outcome.AMBIGUOUS, code="no_id", http_status=reply.status)
        with suppress(KeyError, TypeError, ValueError):
            QUOTA.set(float(data["quota"]["remainingQuota"]))
        return Answer(Outcome.ACCEPTED, str(data["msg_id"])[:80], http_status=reply.status)
    code = str(said["error"])
    outcome, advice = CODES.get(code, NEVER)
    return Answer(outcome, code=code[:20], http_status=reply.status, advice=advice)


def read_event(settings: Settings, body: bytes, headers: Mapping[str, str]) -> Heard | None:
    """Return what an event of Zalo's says, or None where it is not about one of our messages.

    Its signature is plain SHA-256 over app id, body, timestamp and the official account's secret.
    Sources differ on whether the timestamp is the body's or the header's: either proves that the
    sender knows the secret. Raises `Forged`.
    """
    secret = settings.zns_oa_secret.get_secret_value()
    try:
        event = json.loads(body)
    except ValueError:
        raise Forged("unreadable") from None
    if not secret or not isinstance(event, dict):
        raise Forged("signature")
    said = headers.get("x-zevent-signature", "").removeprefix("mac=").strip().lower()
    stamps = {str(event.get("timestamp", "")), headers.get("x-zevent-timestamp", "")}
    app_id = settings.zns_app_id.encode()
    proofs = [sha256(app_id + body + s.encode() + secret.encode()).hexdigest() for s in stamps]
    if not any(hmac.compare_digest(said.encode(), proof.encode()) for proof in proofs):
        raise Forged("signature")
    message = event.get("message")
    if event.get("event_name") != "user_received_message" or not isinstance(message, dict):
        return None
    ref, _, attempt = str(message.get("tracking_id", "")).rpartition("-")
    if not ref or not attempt.isdecimal() or len(attempt) > 3:
        return None
    return Heard(NAME, ref, int(attempt), str(message.get("msg_id", ""))[:80], Word.DELIVERED)
