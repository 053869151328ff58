"""SMS and WhatsApp by Twilio: a question comes as a signed form, and the answer is the response.

One reply is one message, in the response itself (TwiML): Rasa's own channel sends each paragraph
and each button as an SMS that is paid for, checks no signature and takes a repeated message twice.
An officer's answer, which nobody waits for, goes out by Twilio's Messages resource. An SMS goes out
without diacritics; what does not fit follows on request, since each part costs.
Contract: twilio.com/docs/messaging/twiml, twilio.com/docs/usage/webhooks/webhooks-security; Twilio
waits fifteen seconds.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
from collections.abc import Mapping
from hashlib import sha256
from typing import ClassVar
from urllib.parse import parse_qsl

from sanic.request import Request
from sanic.response import HTTPResponse, raw
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from bot.channels import notices
from bot.channels.base import REMEMBERED, Blocks, Converse, Incoming, Refused, said
from bot.channels.office import OfficeUnavailable
from bot.channels.once import Once, Recent
from bot.channels.platforms import NotTaken, PlatformChannel
from bot.channels.rendering import Outgoing, Style, render
from language.folding import fold, has_marks, plain_sms

logger = logging.getLogger(__name__)

PATIENCE = 12.0
"""Seconds in which an answer must be there; Twilio waits a little longer."""
MORE = ("tiep", "xem tiep", "nua", "more", "next", "con nua")
"""What asks for the rest of a long answer, folded."""
REST_KEPT = 1800.0
"""Seconds for which the rest of a long answer can be asked for."""


class TwilioChannel(PlatformChannel):
    """What SMS and WhatsApp share."""

    needs: ClassVar = {
        "auth_token": "MOTCUA_TWILIO_AUTH_TOKEN",
        "public_url": "MOTCUA_PUBLIC_URL",
    }
    plain: ClassVar[bool]
    """True where text goes out in the plain alphabet of SMS."""
    more: ClassVar[tuple[str, str]]
    """What is said under a part of which there is more: in Vietnamese, in English."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        super().__init__(settings)
        self._validator = RequestValidator(settings.get("auth_token", ""))
        self._once: Once[list[Blocks]] = Once(REMEMBERED)
        self._replies: Recent[str] = Recent(REMEMBERED)
        self._rest: Recent[list[str]] = Recent(REST_KEPT)

    def verify(self, request: Request) -> None:
        """Refuse what Twilio has not signed: over the public address, which behind a proxy is not
        the one that the request shows, and the fields of the form."""
        address = f"{self._settings['public_url'].rstrip('/')}/webhooks/{self.name()}/webhook"
        if request.query_string:
            address += f"?{request.query_string}"
        signature = request.headers.get("X-Twilio-Signature", "")
        if not self._validator.validate(address, _form(request), signature):
            raise Refused(403, "forbidden")

    def parse(self, request: Request) -> list[Incoming]:
        """Read the form. The sender's number becomes a name of ours: no conversation holds it."""
        form = _form(request)
        number, sid = form.get("From", ""), form.get("MessageSid", "")
        if not number or not sid:
            raise Refused(400, "From and MessageSid: missing")
        sender = self._called(number)
        address = f"{number} {form.get('To', '')}"
        return [Incoming(sender, sid, form.get("Body", ""), address=address)]

    def _called(self, number: str) -> str:
        secret = self._settings.get("secret", "").encode()
        return hmac.new(secret, f"{self.name()}:{number}".encode(), sha256).hexdigest()[:32]

    async def take(self, messages: list[Incoming], converse: Converse) -> HTTPResponse:
        """Answer in the response; a message that Twilio repeats gets the same reply."""
        (incoming,) = messages
        key = f"{incoming.sender} {incoming.message_id}"
        known = self._replies.get(key)
        if known is None:
            known = await self._reply(incoming, key, converse)
            self._replies.put(key, known)
            self._once.drop(key)  # its parts are kept; the whole need not be
            await self._say_where(incoming)
        twiml = MessagingResponse()
        if known:
            twiml.message(known)
        return raw(str(twiml).encode(), content_type="text/xml; charset=utf-8")

    async def _reply(self, incoming: Incoming, key: str, converse: Converse) -> str:
        heard = await self._hear(incoming)
        rest = self._rest.get(incoming.sender)
        if heard is None and rest and fold(incoming.text).strip(" .!") in MORE:
            return self._part(incoming.sender, rest)
        try:
            answer = (
                await asyncio.wait_for(self._once.run(key, lambda: converse(incoming)), PATIENCE)
                if heard is None
                else heard.messages
            )
        except Exception as error:
            # A failure of ours is an answer too: who wrote has paid for the question.
            logger.error("%s: no answer: %s", self.name(), type(error).__name__)
            answer = said(notices.NO_ANSWER, self.language_of(incoming))
        return self._part(incoming.sender, self._parts(answer)) if answer else ""

    def _parts(self, answer: list[Blocks]) -> list[str]:
        parts = render(answer, self.style)
        if len(parts) > 1:
            # Room for the line that says so.
            parts = render(answer, Style(self.style.longest - max(map(len, self.more)) - 1))
        return [part.text for part in parts]

    async def _say_where(self, incoming: Incoming) -> None:
        """Let the office know the number, which it keeps where an officer is to answer it."""
        try:
            await self._office.reached(self.name(), incoming.sender, incoming.address)
        except OfficeUnavailable as error:
            # Nothing is lost: it is told again with the next message.
            logger.error("%s: the office does not hear: %s", self.name(), error)

    def _part(self, sender: str, texts: list[str]) -> str:
        first, *rest = texts
        self._rest.put(sender, rest)
        text = f"{first}\n{self.more[0 if has_marks(first) else 1]}" if rest else first
        return plain_sms(text) if self.plain else text

    async def tell(self, to: str, answer: list[Blocks], key: str) -> str:
        """Send the first part, as a reply has it; what follows is had by asking for it. `to` is the
        address: the person's number and ours."""
        text = self._part(self._called(to.split()[0]), self._parts(answer))
        problem = await self._deliver(to, Outgoing(text))
        if problem is None:
            return "sent"
        if problem.again_after is None:
            return "failed"
        self._told.drop(key)
        return "again"

    async def send(self, to: str, message: Outgoing) -> None:
        """Send by Twilio's Messages resource, from the number that was written to."""
        number, _, ours = to.partition(" ")
        account = self._settings.get("account_sid", "")
        if not account or not ours:
            raise NotTaken("MOTCUA_TWILIO_ACCOUNT_SID is not set")
        base = self._settings.get("base_url") or "https://api.twilio.com"
        known = base64.b64encode(f"{account}:{self._settings['auth_token']}".encode()).decode()
        status, told = await self.post(
            f"{base}/2010-04-01/Accounts/{account}/Messages.json",
            {"To": number, "From": ours, "Body": message.text},
            {"Authorization": f"Basic {known}"},
            form=True,
        )
        if status == 201 and told.get("sid"):
            return
        again = status in (429, 503)
        raise NotTaken(
            f"status {status}, code {told.get('code')}", again_after=1.0 if again else None
        )


class SmsInput(TwilioChannel):
    """Questions by SMS."""

    # Four segments: the beginning of any answer fits, and nobody pays for ten.
    style: ClassVar = Style(longest=612)
    plain: ClassVar = True
    more: ClassVar = ("Con nua: nhan TIEP de xem tiep.", "There is more: reply MORE to read on.")

    @classmethod
    def name(cls) -> str:
        """Return the channel's name."""
        return "sms"


class WhatsAppInput(TwilioChannel):
    """Questions by WhatsApp."""

    style: ClassVar = Style(longest=1500)
    plain: ClassVar = False
    more: ClassVar = (
        "Còn nữa: Ông/Bà nhắn TIẾP để xem tiếp.",
        "There is more: reply MORE to read on.",
    )

    @classmethod
    def name(cls) -> str:
        """Return the channel's name."""
        return "whatsapp"


def _form(request: Request) -> dict[str, str]:
    # Sanic's own reading drops empty fields, which Twilio has signed like the others.
    try:
        return dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    except ValueError:
        raise Refused(400, "no form") from None
