"""The base of our channels: from a signed request to the blocks of the answer.

verify → parse → once per message → clean → token or understanding → Rasa → blocks. A subclass says
how its requests are signed and read, and how blocks leave. That one sender's messages are handled
in the order in which they come is kept by Rasa's lock store.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import remote_actions
from bot.channels import notices, tokens
from bot.channels.incoming import clean
from bot.channels.once import Once
from language.blocks import Block, Text, to_dict

logger = logging.getLogger(__name__)

REMEMBERED = 600
"""Seconds for which a message's id is known, and its answer given again."""
BODY_LIMIT = 64 * 1024
"""Bytes of a request; a message of a thousand characters is far below."""

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
    """A webhook whose requests are signed, and handled once each."""

    def __init__(self) -> None:
        self._once: Once[list[Blocks]] = Once(REMEMBERED)

    @abstractmethod
    def verify(self, request: Request) -> None:
        """Raise `Refused` unless the request is signed by whom it must be."""

    @abstractmethod
    def parse(self, body: bytes) -> Incoming:
        """Read a verified body. Raises `Refused` where it has not the channel's form."""

    @abstractmethod
    async def respond(self, incoming: Incoming, answer: Awaitable[list[Blocks]]) -> HTTPResponse:
        """Send the answer in the channel's way, and return the response to the webhook."""

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
                incoming = self.parse(request.body)
            except Refused as refusal:
                logger.warning("%s: refused: %s", self.name(), refusal.reason)
                return json({"error": refusal.reason}, status=refusal.status)
            key = f"{incoming.sender} {incoming.message_id}"
            answer = self._once.run(key, lambda: self._converse(on_new_message, incoming))
            return await self.respond(incoming, answer)

        return routes

    async def _converse(self, on_new_message: Handler, incoming: Incoming) -> list[Blocks]:
        cleaned = clean(incoming.text)
        if not cleaned.text:
            return _said(notices.NOTHING_READABLE)
        collector = Collector()
        await on_new_message(
            UserMessage(
                cleaned.text,
                collector,
                sender_id=f"{self.name()}:{incoming.sender}",
                parse_data=tokens.read(cleaned.text),
                input_channel=self.name(),
                message_id=incoming.message_id,
            )
        )
        if not collector.messages:
            # An action that failed, or a policy that chose silence: silence is no answer.
            logger.error("%s: a message got no answer", self.name())
            return _said(notices.NO_ANSWER)
        if cleaned.was_cut:
            collector.messages[0].insert(0, to_dict(notices.CUT))
        return collector.messages


def _said(*blocks: Block) -> list[Blocks]:
    return [[to_dict(block) for block in blocks]]
