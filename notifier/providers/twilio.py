"""Twilio: sending, asking afterwards, and reading its status callbacks.

Facts: twilio.com/docs/api/errors, twilio.com/en/guidelines/vn/sms (read 2026-11-23). Its Messages
resource takes no idempotency key, so what is in doubt is asked after (`messages.list`), never
sent again at once. The library's own retries would repeat a POST and its time-outs are none, so
it runs on an HTTP client of ours.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

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
    called_back_at,
    receipt_token,
)
from notifier.providers.wire import (
    NEVER,
    OPTED_OUT,
    RETRY,
    SLOW,
    STOP,
    UNSURE,
    Broken,
    Meaning,
    Reply,
    Wire,
    classify,
)
from notifier.vocabulary import Outcome, Word

NAME = "twilio"

CALLBACK_PATH = "/webhooks/twilio/status"
"""Where the public site takes Twilio's status callbacks."""

CODES: Mapping[int, Meaning] = {
    20429: SLOW,  # too many requests: "never processed and always safe to retry"
    14107: SLOW,  # message rate exceeded
    63018: SLOW,  # channel rate exceeded
    20503: RETRY,  # service unavailable
    21611: SLOW,  # the sender's queue is full
    30001: SLOW,  # queue overflow
    30017: SLOW,  # carrier congestion
    30022: SLOW,  # sender's rate exceeded
    10001: STOP,  # account not active
    20003: STOP,  # wrong credentials
    20005: STOP,  # account not active
    20404: STOP,  # no such account
    90010: STOP,  # account not active
    30002: STOP,  # account suspended
    63038: STOP,  # the account's messages of the day are used up
    21212: STOP,  # sender invalid
    21603: STOP,  # no sender
    21606: STOP,  # sender not ours
    21608: STOP,  # a trial account, which reaches verified numbers alone
    21609: STOP,  # the address to be called back at is none: MOTCUA_PUBLIC_URL
    21612: STOP,  # sender cannot reach this country
    21408: STOP,  # country not enabled for the account
    21701: STOP,  # no such Messaging Service
    21702: STOP,  # the Messaging Service takes nothing
    21703: STOP,  # the Messaging Service has no sender that is free
    21704: STOP,  # the Messaging Service has no sender
    21705: STOP,  # the Messaging Service is invalid
    21709: STOP,  # the sender's name is not authorised
    30018: STOP,  # sender not registered
    30024: STOP,  # sender not provisioned for the carrier
    21211: NEVER,  # invalid number
    21614: NEVER,  # not a mobile number
    21617: NEVER,  # text too long
    21602: NEVER,  # no text
    21610: OPTED_OUT,  # the recipient has unsubscribed
    30500: UNSURE,  # internal error of Twilio's
}
"""What Twilio's error codes mean when it answers a request. What concerns us and not the message
stops the provider: a message that it refuses for our fault is not lost."""

FAILURES: Mapping[int, Word] = {
    **dict.fromkeys((30001, 30017, 30022), Word.UNREACHABLE),  # full queues pass
    30003: Word.UNREACHABLE,  # the handset is off
    **{code: Word.REFUSED for code, meaning in CODES.items() if meaning is STOP},
    30008: Word.LOST,  # unknown error
    30410: Word.LOST,  # the carrier did not answer in time
    21610: Word.OPTED_OUT,
}
"""What error codes mean of a message that was taken over and then not delivered. The others are for
good: no such number (30005, 30006), blocked (30004), filtered (30007) …"""

BAD_NUMBERS = frozenset({"21211", "21614", "30005", "30006"})
"""Codes by which a number is none, or no mobile one: for the office to correct."""

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

_UNREADABLE = (TwilioException, ValueError, TypeError, AttributeError, KeyError)
"""What the library raises where an answer of success is not what it should be."""
_LONGEST_VALIDITY = 36_000
_CLOCK_SKEW = timedelta(minutes=5)
"""How far Twilio's clock may be behind ours when messages are compared by time."""
_LISTED = 50
"""Messages to one number that are looked through."""


class _Refused(Exception):
    """Twilio answered with something else than success."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"HTTP {reply.status}")
        self.status = reply.status
        self.retry_after = reply.retry_after
        self.code: int | None = None
        with suppress(ValueError, TypeError, KeyError):
            self.code = int(reply.fields()["code"])


class _HttpClient(AsyncHttpClient):
    """Twilio's HTTP client, with a time-out, without retries, and silent."""

    def __init__(self, timeout: float, connections: int) -> None:
        super().__init__(logging.getLogger(__name__), True, timeout)
        self.wire = Wire(timeout, connections)

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
        """Make one request. Raises `_Refused` or `Broken`."""
        reply = await self.wire.request(
            method,
            uri,
            params=_plain(params),
            data=_plain(data),
            headers={**(headers or {}), **_authorization(auth)},
        )
        if reply.status >= 300:
            raise _Refused(reply)
        return Response(reply.status, reply.body, reply.headers)


class TwilioProvider:
    """Sends through an account's Messaging Service, or from its registered sender."""

    name = NAME
    real = True

    def __init__(self, settings: Settings, vault: Vault) -> None:
        self.rate = settings.twilio_rate
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

    def carries(self, request: Request) -> bool:
        """Any text."""
        return True

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
            code = str(refusal.code) if refusal.code is not None else None
            known = CODES.get(refusal.code or 0)
            return classify(refusal.status, code, known, refusal.retry_after)
        except Broken as broken:
            return broken.answer
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
        except (_Refused, Broken, *_UNREADABLE):
            return NoTelling()
        if any(not message.body for message in candidates) or len(listed) >= _LISTED:
            # Texts were redacted, or there is more than was read: absence is not proven.
            return NoTelling()
        return Absent()

    async def tend(self) -> None:
        """Nothing runs out."""

    async def close(self) -> None:
        """Close connections."""
        await self._http.wire.close()


def callback_url(base: str, vault: Vault, ref: str, attempt: int) -> str:
    """Return the address at which Twilio shall tell of a request's fate."""
    return called_back_at(base + CALLBACK_PATH, vault, ref, attempt)


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
    # Decimal and short: `int` takes neither "²" nor thousands of digits.
    ours = attempt.isdecimal() and len(attempt) < 4
    if not ours or not hmac.compare_digest(
        asked.get("k", "").encode(), receipt_token(vault, ref, int(attempt)).encode()
    ):
        raise Forged("token")
    code = form.get("ErrorCode", "")[:20] or None
    return Heard(
        provider=NAME,
        message_ref=ref,
        attempt=int(attempt),
        provider_ref=form.get("MessageSid", "")[:80],
        word=_word(form.get("MessageStatus", ""), int(code) if code and code.isdecimal() else None),
        code=code,
    )


def _word(status: str, code: int | None) -> Word:
    word = _WORDS.get(status, Word.ACCEPTED)
    return FAILURES.get(code or 0, word) if word is Word.UNDELIVERED else word


def _authorization(auth: tuple[str, str] | None) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {}


def _plain(fields: dict[str, object] | None) -> dict[str, str] | None:
    return {name: str(value) for name, value in fields.items()} if fields else None
