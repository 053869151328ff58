"""The base of our channels: from a signed request to the blocks of the answer.

verify → parse → once per message → clean → digits to the office → token or understanding → Rasa →
blocks. A subclass says how its requests are signed and read, and how blocks leave.
"""

from __future__ import annotations

import logging
import re
from abc import ABC, abstractmethod
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import remote_actions
from bot.channels import notices, tokens
from bot.channels.incoming import LONGEST, clean
from bot.channels.notices import Notice
from bot.channels.office import Office
from bot.channels.once import Recent
from language.blocks import Text, to_dict
from language.proof_digits import CODE_GIVEN, PROOF, TAKEN_OUT, Given

logger = logging.getLogger(__name__)

REMEMBERED = 600
"""Seconds for which an answer is kept, to be given again to who retries the message."""
BODY_LIMIT = 64 * 1024
"""Bytes of a request; a message of a thousand characters is far below."""

SPOKEN = 3600.0
"""Seconds for which is remembered in which language somebody wrote last."""

UNAWAITED = {4: "proof_given", 6: f"proof_given:{CODE_GIVEN}wrong"}
"""What is heard of digits alone that nobody awaits, by their number: their time may be over."""

Handler = Callable[[UserMessage], Awaitable[Any]]
Blocks = list[dict[str, Any]]
"""One message of an answer: blocks in their dictionary form."""


class Refused(Exception):
    """A request that is not taken: HTTP status and a reason that gives nothing away."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Incoming:
    """A message as a channel delivers it."""

    sender: str
    """Who speaks, within the channel. Rasa knows it as `channel:sender`."""
    message_id: str
    """Unique within the channel: a retry carries the same one."""
    text: str
    language: str = ""
    """Of what was pressed, or of the page; empty where the channel does not know."""
    address: str = ""
    """Where the channel reaches them, where `sender` does not tell. No conversation hears it."""


Converse = Callable[[Incoming], Awaitable[list[Blocks]]]
"""What answers a message. Raises whatever broke."""


class Collector(OutputChannel):  # type: ignore[misc]  # Rasa is not typed
    """Gathers an answer's messages as blocks."""

    def __init__(self) -> None:
        self.messages: list[Blocks] = []

    @classmethod
    def name(cls) -> str:
        """Return the name Rasa records."""
        return "blocks"

    async def send_custom_json(
        self, recipient_id: str, json_message: dict[str, Any], **_kwargs: Any
    ) -> None:
        """Take a message of blocks, which is what our actions send."""
        self.messages.append(list(json_message["blocks"]))

    async def send_text_message(self, recipient_id: str, text: str, **_kwargs: Any) -> None:
        """Take a message of plain text, should Rasa itself say something."""
        self.messages.append([to_dict(Text(text))])


class SignedChannel(InputChannel, ABC):  # type: ignore[misc]  # Rasa is not typed
    """A webhook whose requests are signed, and handled once each.

    `office` checks the digits that people give as proof.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._spoken: Recent[str] = Recent(SPOKEN)

    @abstractmethod
    def verify(self, request: Request) -> None:
        """Raise `Refused` unless the request is signed by whom it must be."""

    @abstractmethod
    def parse(self, request: Request) -> list[Incoming]:
        """Read the messages of a verified request; what is none is left out.

        Raises `Refused` where the request has not the channel's form.
        """

    @abstractmethod
    async def take(self, messages: list[Incoming], converse: Converse) -> HTTPResponse:
        """See that each message is answered once, by `converse`, and respond to the webhook."""

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """Return the routes: `GET /` for health, `POST /webhook` for messages."""
        routes = Blueprint(f"channel_{self.name()}")
        remote_actions.install()

        @routes.listener("before_server_stop")  # type: ignore[misc]
        async def close(_app: Sanic, _loop: AbstractEventLoop) -> None:
            await remote_actions.close()

        @routes.get("/")  # type: ignore[misc]
        async def health(_request: Request) -> HTTPResponse:
            return json({"status": "ok"})

        @routes.post("/webhook")  # type: ignore[misc]
        async def receive(request: Request) -> HTTPResponse:
            try:
                if len(request.body) > BODY_LIMIT:
                    raise Refused(413, "too large")
                self.verify(request)
                messages = self.parse(request)
            except Refused as refusal:
                logger.warning("%s: refused: %s", self.name(), refusal.reason)
                return json({"error": refusal.reason}, status=refusal.status)
            return await self.take(messages, partial(self.converse, on_new_message))

        self.add_routes(routes)
        return routes

    def add_routes(self, routes: Blueprint) -> None:
        """Add what else the platform asks of a webhook; nothing by default."""

    async def converse(self, on_new_message: Handler, incoming: Incoming) -> list[Blocks]:
        """Hand a message to the conversation and return the answer, which is never empty."""
        language = self.language_of(incoming)
        cleaned = clean(incoming.text)
        if not cleaned.text:
            return said(notices.NOTHING_READABLE, language)
        text, outcome = cleaned.text, ""
        if cleaned.given:
            text, outcome = await self._checked(incoming.sender, cleaned.given, text)
        collector = Collector()
        await on_new_message(
            UserMessage(
                text,
                collector,
                sender_id=f"{self.name()}:{incoming.sender}",
                parse_data=tokens.read(text),
                input_channel=self.name(),
                message_id=incoming.message_id,
                metadata={
                    **({PROOF: outcome} if outcome else {}),
                    **({"language": incoming.language} if incoming.language else {}),
                }
                or None,
            )
        )
        if not collector.messages:
            # An action that failed, or a policy that chose silence: silence is no answer.
            logger.error("%s: a message got no answer", self.name())
            return said(notices.NO_ANSWER, language)
        if cleaned.was_cut:
            collector.messages[0].insert(0, to_dict(notices.CUT.said(language)))
        return collector.messages

    def language_of(self, incoming: Incoming) -> str:
        """Return the language in which to say something of a message: its own, its page's, or that
        of what its sender wrote before; empty where none of them tells."""
        found = notices.language_of(incoming.text[:LONGEST]) or incoming.language
        if found:
            self._spoken.put(incoming.sender, found)
        return found or self._spoken.get(incoming.sender) or ""

    async def _checked(self, sender: str, given: Given, text: str) -> tuple[str, str]:
        """Have the office check digits; return what the conversation hears in place of the message,
        `text` where they are not its whole matter, and what came of digits beside a code."""
        outcome = None
        if given.digits:
            outcome = await self._office.proof(self.name(), sender, given)
        if outcome and (not given.code or outcome.startswith(CODE_GIVEN)):
            return f"proof_given:{outcome}", ""
        if outcome is None and given.alone and text == TAKEN_OUT:
            return UNAWAITED[len(re.sub(r"\D", "", given.digits))], ""
        return text, outcome or ""


def said(notice: Notice, language: str) -> list[Blocks]:
    """Return an answer that is a notice alone."""
    return [[to_dict(notice.said(language))]]
