"""eSMS, a domestic gateway: sending under a brand name, asking afterwards, reading its callbacks.

Facts: developers.esms.vn and its sources (read 2026-11-24). It takes a RequestId once a day: sent
again, it answers 124. So a request in doubt is asked after by sending it again under its id. The
callback is an unsigned GET: what proves it is a token in its address that only we can make.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from prometheus_client import Counter

from core.clock import VIETNAM
from core.clock import now as clock_now
from core.privacy import Vault
from core.settings import Settings
from notifier.providers.base import (
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
    ACCEPT,
    ELSEWHERE,
    NEVER,
    STOP,
    Broken,
    Meaning,
    Wire,
    classify,
)
from notifier.segments import Encoding, encoding_of
from notifier.vocabulary import Outcome, Word

NAME = "esms"

CALLBACK_PATH = "/webhooks/esms/status"
"""Where the public site takes eSMS's callbacks."""

SEND_PATH = "/MainService.svc/json/SendMultipleMessage_V4_post_json/"

CODES: Mapping[str, Meaning] = {
    "100": ACCEPT,  # taken over
    "124": ACCEPT,  # this RequestId has been taken over already
    "99": NEVER,  # the number is blocked there
    "101": STOP,  # wrong keys
    "102": STOP,  # no price list
    "103": STOP,  # out of balance
    "104": STOP,  # no such brand name
    "108": NEVER,  # not a number
    "118": STOP,  # wrong kind of message
    "140": STOP,  # our address is not on its list
    "146": ELSEWHERE,  # the text is not of a template registered there
    "177": ELSEWHERE,  # the brand name is not registered with the recipient's network
}
"""What CodeResult means. A code that is not here refuses the message for good."""

BAD_NUMBERS = frozenset({"108"})
"""Codes by which a number is none: for the office to correct."""

UNHEARD_OF = Counter(
    "motcua_receipts_unheard_of_total", "Receipts with a status that we do not know", ["provider"]
)

_CUSTOMER_CARE = "2"
"""SmsType of what is no advertising."""


class EsmsProvider:
    """Sends under the office's registered brand name."""

    name = NAME
    real = True

    def __init__(self, settings: Settings, vault: Vault) -> None:
        self.rate = settings.esms_rate
        self._vault = vault
        self._settings = settings
        self._callback_base = settings.public_url.rstrip("/")
        self._url = settings.esms_base_url.rstrip("/") + SEND_PATH
        self._wire = Wire(settings.esms_timeout, settings.sms_concurrency)

    def carries(self, request: Request) -> bool:
        """Any text."""
        return True

    async def send(self, request: Request) -> Answer:
        """POST once, and say what came of it."""
        settings, name = self._settings, request_id(request)
        fields = {
            "ApiKey": settings.esms_api_key,
            "SecretKey": settings.esms_secret_key.get_secret_value(),
            "Brandname": settings.esms_brandname,
            "SmsType": _CUSTOMER_CARE,
            "Phone": "0" + request.to.removeprefix("+84"),
            # Networks refuse the ampersand (viettelsolution.com.vn), in text with diacritics too.
            "Content": request.body.replace("&", "và"),
            "IsUnicode": "1" if encoding_of(request.body) is Encoding.UNICODE else "0",
            "Sandbox": "1" if settings.esms_sandbox else "0",
            "RequestId": name,
        }
        if self._callback_base:
            fields["CallbackUrl"] = callback_url(
                self._callback_base, self._vault, name, request.attempt
            )
        try:
            reply = await self._wire.request("POST", self._url, json=fields)
        except Broken as broken:
            return broken.answer
        if reply.status != 200:
            return classify(reply.status, None, None, reply.retry_after)
        code = str(reply.fields().get("CodeResult") or "")
        if not code:
            # It said something that cannot be read: it may well have the message.
            return Answer(Outcome.AMBIGUOUS, code="unreadable", http_status=reply.status)
        outcome, advice = CODES.get(code, NEVER)
        accepted = outcome is Outcome.ACCEPTED
        return Answer(
            outcome,
            # Its own SMSID is not told to who asks again, and the callback leaves the RequestId
            # out: what names the delivery on both sides is the id that we gave it.
            provider_ref=name if accepted else None,
            code=None if accepted else code[:20],
            http_status=reply.status,
            advice=advice,
        )

    async def look_up(self, inquiry: Inquiry) -> Report:
        """Send it again under its id, on the day on which that id is taken once."""
        today = clock_now().astimezone(VIETNAM).date()
        if not inquiry.may_send or inquiry.started_at.astimezone(VIETNAM).date() != today:
            return NoTelling()
        answer = await self.send(inquiry.request)
        if answer.outcome is not Outcome.ACCEPTED or answer.provider_ref is None:
            return NoTelling()
        return Found(answer.provider_ref, Word.ACCEPTED)

    async def tend(self) -> None:
        """Nothing runs out."""

    async def close(self) -> None:
        """Close connections."""
        await self._wire.close()


def request_id(request: Request) -> str:
    """Return the id of a delivery: the same for all of its requests, another for another."""
    return f"{request.ref}-{request.delivery}"


def callback_url(base: str, vault: Vault, name: str, attempt: int) -> str:
    """Return the address at which eSMS shall tell of the fate of the request with this id."""
    return called_back_at(base + CALLBACK_PATH, vault, name, attempt)


def read_callback(vault: Vault, query: Mapping[str, str]) -> Heard:
    """Return what a callback says. Raises `Forged` where its token is not ours."""
    name, attempt = query.get("m", ""), query.get("n", "")
    ours = attempt.isdecimal() and len(attempt) < 4
    if not ours or not hmac.compare_digest(
        query.get("k", "").encode(), receipt_token(vault, name, int(attempt)).encode()
    ):
        raise Forged("token")
    status = query.get("SendStatus", "")
    word = _word(status, query.get("SendSuccess", ""), query.get("SendFailed", ""))
    if word is None:
        UNHEARD_OF.labels(NAME).inc()
    return Heard(
        provider=NAME,
        message_ref=name.rpartition("-")[0],
        attempt=int(attempt),
        provider_ref=name,
        word=word or Word.ACCEPTED,
        code=None if word in (Word.DELIVERED, Word.SENT) else f"status_{status}"[:20],
    )


def _word(status: str, succeeded: str, failed: str) -> Word | None:
    """Return what a SendStatus means, or None where nobody has said. "Sent" (5) is told apart by
    the counts: the status alone is the same for success and failure."""
    match status:
        case "1" | "2":  # waits for approval, waits to be sent
            return Word.ACCEPTED
        case "4":  # refused
            return Word.UNDELIVERED
        case "5" if _count(succeeded):
            return Word.DELIVERED
        case "5" if _count(failed):
            return Word.UNDELIVERED
        case "5" | "7":  # sent, sent and waiting for the network's report
            return Word.SENT
    return None


def _count(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
