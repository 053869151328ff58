"""Twilio: sending, asking afterwards, and reading its status callbacks.

Facts: twilio.com/docs/api/errors, twilio.com/en/guidelines/vn/sms (read 2026-11-23). Its Messages
resource takes no idempotency key, so what is in doubt is asked after (`messages.list`), never
sent again at once. The library's own retries would repeat a POST and its time-outs are none, so
it runs on an HTTP client of ours.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import aiohttp
from twilio.base.exceptions import TwilioException
from twilio.base.values import unset
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from core.privacy import Vault
from core.settings import Settings
from notifier.providers.base import (
    Absent,
    Answer,
    Forged,
    Found,
    Heard,
    Inquiry,
    NoTelling,
    Report,
    Request,
    receipt_token,
)
from notifier.vocabulary import Advice, Outcome, Word

NAME = "twilio"

CALLBACK_PATH = "/webhooks/twilio/status"
"""Where the public site takes Twilio's status callbacks."""

_RETRY = (Outcome.NOT_SENT, Advice.NOTHING)
_SLOW = (Outcome.THROTTLED, Advice.NOTHING)
_STOP = (Outcome.NOT_SENT, Advice.PAUSE_PROVIDER)
_NEVER = (Outcome.REJECTED, Advice.NOTHING)

CODES: Mapping[int, tuple[Outcome, Advice]] = {
    20429: _SLOW,  # too many requests: "never processed and always safe to retry"
    14107: _SLOW,  # message rate exceeded
    63018: _SLOW,  # channel rate exceeded
    20503: _RETRY,  # service unavailable
    21611: _SLOW,  # the sender's queue is full
    30001: _SLOW,  # queue overflow
    30017: _SLOW,  # carrier congestion
    30022: _SLOW,  # sender's rate exceeded
    20003: _STOP,  # wrong credentials
    20404: _STOP,  # no such account
    30002: _STOP,  # account suspended
    21212: _STOP,  # sender invalid
    21606: _STOP,  # sender not ours
    21612: _STOP,  # sender cannot reach this country
    21408: _STOP,  # country not enabled for the account
    30018: _STOP,  # sender not registered
    30024: _STOP,  # sender not provisioned for the carrier
    21211: _NEVER,  # invalid number
    21614: _NEVER,  # not a mobile number
    21617: _NEVER,  # text too long
    21602: _NEVER,  # no text
    21610: (Outcome.REJECTED, Advice.OPT_OUT),  # the recipient has unsubscribed
    30500: (Outcome.AMBIGUOUS, Advice.NOTHING),  # internal error of Twilio's
}
"""What Twilio's error codes mean when it answers a request."""

_BY_HTTP_STATUS: Mapping[int, tuple[Outcome, Advice]] = {
    401: _STOP,
    403: _STOP,
    404: _STOP,
    408: (Outcome.AMBIGUOUS, Advice.NOTHING),
    429: _SLOW,
    503: _RETRY,
}

_WORDS: Mapping[str, Word] = {
    "accepted": Word.ACCEPTED,
    "scheduled": Word.ACCEPTED,
    "queued": Word.ACCEPTED,
    "sending": Word.ACCEPTED,
    "sent": Word.SENT,
    "partially_delivered": Word.SENT,
    "delivered": Word.DELIVERED,
    "read": Word.DELIVERED,
    "undelivered": Word.UNDELIVERED,
    "failed": Word.UNDELIVERED,
    "canceled": Word.UNDELIVERED,
}

_WORTH_ANOTHER_TRY = frozenset({30001, 30003, 30017, 30022})
"""Codes of failed deliveries that pass: full queues, and a handset that is off (30003)."""

_UNREADABLE = (TwilioException, ValueError, TypeError, AttributeError, KeyError)
"""What the library raises where an answer of success is not what it should be."""
_LONGEST_VALIDITY = 36_000
_CLOCK_SKEW = timedelta(minutes=5)
"""How far Twilio's clock may be behind ours when messages are compared by time."""
_LISTED = 50
"""Messages to one number that are looked through."""


class _Refused(Exception):
    """Twilio answered with something else than success."""

    def __init__(self, status: int, body: str, headers: Mapping[str, str]) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.retry_after = _seconds(headers.get("Retry-After"))
        self.code: int | None = None
        with suppress(ValueError, TypeError, KeyError):
            self.code = int(json.loads(body)["code"])


class _Broken(Exception):
    """The connection or the time ran out before an answer was read."""

    def __init__(self, cause: BaseException, left: bool) -> None:
        super().__init__(type(cause).__name__)
        self.left = left
        """True if the request, or a part of it, may have left."""


class _HttpClient(AsyncHttpClient):
    """Twilio's HTTP client, with a time-out, without retries, and silent: its requests hold
    numbers. Knows of each failed request whether any of it left."""

    def __init__(self, timeout: float, connections: int) -> None:
        super().__init__(logging.getLogger(__name__), True, timeout)
        self._limits = aiohttp.ClientTimeout(total=timeout, sock_connect=min(3.0, timeout))
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig()

            async def leaving(_session: Any, context: SimpleNamespace, _params: Any) -> None:
                context.trace_request_ctx.left = True

            trace.on_request_headers_sent.append(leaving)
            self._session = aiohttp.ClientSession(
                timeout=self._limits,
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=10),
                trace_configs=[trace],
            )
        return self._session

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # the library's signature
        allow_redirects: bool = False,
    ) -> Response:
        """Make one request. Raises `_Refused` or `_Broken`."""
        marks = SimpleNamespace(left=False)
        try:
            async with self._open().request(
                method,
                uri,
                params=_plain(params),
                data=_plain(data),
                headers={**(headers or {}), **_authorization(auth)},
                allow_redirects=False,
                trace_request_ctx=marks,
            ) as answer:
                body = await answer.text()
                if answer.status >= 300:
                    raise _Refused(answer.status, body, answer.headers)
                return Response(answer.status, body, answer.headers)
        except (aiohttp.ClientError, TimeoutError, OSError, UnicodeDecodeError) as error:
            raise _Broken(error, marks.left) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


class TwilioProvider:
    """Sends through an account's Messaging Service, or from its registered sender."""

    name = NAME
    real = True

    def __init__(self, settings: Settings, vault: Vault) -> None:
        self._vault = vault
        self._callback_base = settings.public_url.rstrip("/")
        self._sender: dict[str, Any] = (
            {"messaging_service_sid": settings.twilio_messaging_service_sid}
            if settings.twilio_messaging_service_sid
            else {"from_": settings.twilio_sender}
        )
        self._http = _HttpClient(settings.twilio_timeout, settings.sms_concurrency)
        self._client = Client(
            settings.twilio_account_sid,
            settings.twilio_auth_token.get_secret_value(),
            http_client=self._http,
        )
        # The library's edge and region cannot name a host of ours; its base can.
        self._client.api.base_url = settings.twilio_base_url.rstrip("/")

    async def send(self, request: Request) -> Answer:
        """POST once, and say what came of it."""
        callback = (
            callback_url(self._callback_base, self._vault, request.ref, request.attempt)
            if self._callback_base
            else unset
        )
        try:
            message = await self._client.messages.create_async(
                to=request.to,
                body=request.body,
                status_callback=callback,
                validity_period=max(1, min(_LONGEST_VALIDITY, int(request.valid_for))),
                **self._sender,
            )
        except _Refused as refusal:
            return classify(refusal.status, refusal.code, refusal.retry_after)
        except _Broken as broken:
            outcome = Outcome.AMBIGUOUS if broken.left else Outcome.NOT_SENT
            return Answer(outcome, code=str(broken)[:20])
        except _UNREADABLE:
            # It said yes in a way that cannot be read: it may well have the message.
            return Answer(Outcome.AMBIGUOUS, code="unreadable")
        if not message.sid:
            return Answer(Outcome.AMBIGUOUS, code="no_sid")
        return Answer(Outcome.ACCEPTED, message.sid)

    async def look_up(self, inquiry: Inquiry) -> Report:
        """Look for the message among those that Twilio has for its number.

        Without a date filter: what is still queued there has no date of sending.
        """
        request = inquiry.request
        since = inquiry.started_at - _CLOCK_SKEW
        try:
            listed = await self._client.messages.list_async(
                to=request.to, limit=_LISTED, page_size=_LISTED
            )
            candidates = [
                message
                for message in listed
                if message.sid not in inquiry.known_refs
                and not str(message.direction or "").startswith("inbound")
                and (message.date_created is None or message.date_created >= since)
            ]
            # The oldest of equal ones: a later one may be a later request's.
            for message in reversed(candidates):
                if message.body == request.body and message.sid:
                    word = _word(str(message.status or ""), message.error_code)
                    code = str(message.error_code) if message.error_code else None
                    return Found(message.sid, word, code)
        except (_Refused, _Broken, *_UNREADABLE):
            return NoTelling()
        if any(not message.body for message in candidates) or len(listed) >= _LISTED:
            # Texts were redacted, or there is more than was read: absence is not proven.
            return NoTelling()
        return Absent()

    async def close(self) -> None:
        """Close connections."""
        await self._http.close()


def classify(http_status: int, code: int | None, retry_after: float | None) -> Answer:
    """Return what an answer that is no success means. Codes that are not in the tables: a refusal
    (4xx) is for good, any other answer is ambiguous."""
    unlisted = (Outcome.REJECTED if 400 <= http_status < 500 else Outcome.AMBIGUOUS), Advice.NOTHING
    outcome, advice = CODES.get(code or 0) or _BY_HTTP_STATUS.get(http_status) or unlisted
    return Answer(
        outcome,
        code=str(code) if code is not None else f"http_{http_status}",
        http_status=http_status,
        retry_after=retry_after,
        advice=advice,
    )


def callback_url(base: str, vault: Vault, ref: str, attempt: int) -> str:
    """Return the address at which Twilio shall tell of a request's fate."""
    query = urlencode({"m": ref, "n": attempt, "k": receipt_token(vault, ref, attempt)})
    return f"{base}{CALLBACK_PATH}?{query}"


def read_callback(
    settings: Settings,
    vault: Vault,
    *,
    query: str,
    form: Mapping[str, str],
    signature: str,
) -> Heard:
    """Return what a status callback says.

    `query` is the raw query string and `form` the posted fields, as they came. Raises `Forged`
    where the signature is not Twilio's (X-Twilio-Signature over the public address, which behind
    a proxy is not the address that the request shows) or the token is not ours.
    """
    address = f"{settings.public_url.rstrip('/')}{CALLBACK_PATH}?{query}"
    token = settings.twilio_auth_token.get_secret_value()
    if not token or not RequestValidator(token).validate(address, dict(form), signature):
        raise Forged("signature")
    asked = dict(parse_qsl(query))
    ref, attempt = asked.get("m", ""), asked.get("n", "")
    if not attempt.isdigit() or not hmac.compare_digest(
        asked.get("k", "").encode(), receipt_token(vault, ref, int(attempt)).encode()
    ):
        raise Forged("token")
    code = form.get("ErrorCode") or None
    return Heard(
        provider=NAME,
        message_ref=ref,
        attempt=int(attempt),
        provider_ref=form.get("MessageSid", ""),
        word=_word(form.get("MessageStatus", ""), int(code) if code and code.isdigit() else None),
        code=code[:20] if code else None,
    )


def _word(status: str, code: int | None) -> Word:
    word = _WORDS.get(status, Word.ACCEPTED)
    if word is Word.UNDELIVERED and code in _WORTH_ANOTHER_TRY:
        return Word.UNREACHABLE
    return word


def _authorization(auth: tuple[str, str] | None) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {}


def _plain(fields: dict[str, object] | None) -> dict[str, str] | None:
    return {name: str(value) for name, value in fields.items()} if fields else None


def _seconds(header: str | None) -> float | None:
    """Read Retry-After in its form in seconds; a date, which Twilio does not send, is ignored."""
    return float(header) if header and header.strip().isdigit() else None
