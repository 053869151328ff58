"""The base of channels on other people's platforms: acknowledged at once, answered afterwards.

A platform repeats an event that is not acknowledged within seconds, and an answer takes longer
than that when much is going on. So a request is verified, its new messages are noted on disk and
put in their senders' lines, and it is answered 200; then each is answered through the platform's
own interface. A channel without its settings is off: it says so once, and takes nothing.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.channels import notices
from bot.channels.base import Converse, Handler, Incoming, Refused, SignedChannel
from bot.channels.lines import Lines
from bot.channels.office import Office, OfficeUnavailable
from bot.channels.rendering import Outgoing, Style, render
from bot.channels.seen import Seen
from language.blocks import to_dict

logger = logging.getLogger(__name__)

TIMEOUT = 10.0
"""Seconds in which a platform must take an answer."""
PAUSES = (0.5, 2.0)
"""Seconds before an answer that was surely not taken is sent again."""
LONGEST_PAUSE = 20.0
"""Seconds for which a platform that asks for patience is given it."""


class NotTaken(Exception):
    """A platform did not take an answer."""

    def __init__(self, reason: str, *, again_after: float | None = None) -> None:
        super().__init__(reason)
        self.again_after = again_after
        """Seconds after which it may be sent again, it being sure that it was not taken; None
        where it may have arrived, or never will."""


class PlatformChannel(SignedChannel):
    """A channel that acknowledges first. `settings` are its values of `credentials.yml`."""

    needs: ClassVar[Mapping[str, str]]
    """The settings without which it is off, by the variable that an office sets."""
    style: ClassVar[Style]

    def __init__(self, settings: Mapping[str, str]) -> None:
        super().__init__(Office(settings.get("site", ""), settings.get("secret", "")))
        self._settings = settings
        self._missing = [
            variable for name, variable in self.needs.items() if not settings.get(name)
        ]
        self._lines = Lines()
        self._http: aiohttp.ClientSession | None = None
        self._seen: Seen | None = None
        if self._missing:
            logger.info("%s: off; it needs %s", self.name(), ", ".join(self._missing))

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> PlatformChannel:
        """Return the channel of `credentials.yml`; a variable left unfilled counts as empty."""
        given = {name: str(value or "") for name, value in (credentials or {}).items()}
        return cls({name: "" if "${" in value else value for name, value in given.items()})

    @property
    def on(self) -> bool:
        """True where all its settings are there."""
        return not self._missing

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """Return the routes; of a channel that is off, one that says so."""
        if self.on:
            return super().blueprint(on_new_message)
        routes = Blueprint(f"channel_{self.name()}")

        @routes.get("/")  # type: ignore[misc]
        async def health(_request: Request) -> HTTPResponse:
            return json_response({"status": "off", "needs": self._missing})

        return routes

    async def take(self, messages: list[Incoming], converse: Converse) -> HTTPResponse:
        """Note what is new, acknowledge, and answer afterwards, each sender in order."""
        for incoming in messages:
            if not self._first(incoming):
                continue

            async def answer(incoming: Incoming = incoming) -> None:
                await self._answer(incoming, converse)

            if not self._lines.put(incoming.sender, answer):
                logger.warning("%s: a sender's line is full", self.name())
        return json_response({})

    @abstractmethod
    async def send(self, to: str, message: Outgoing) -> None:
        """Send one message through the platform. Raises `NotTaken`."""

    async def drained(self) -> None:
        """Wait until every message taken so far is answered."""
        await self._lines.drained()

    # --- within ---------------------------------------------------------------------------------

    def _first(self, incoming: Incoming) -> bool:
        if self._seen is None:
            self._seen = Seen(Path(self._settings.get("state") or ".") / "channels.db")
        return self._seen.first(self.name(), f"{incoming.sender} {incoming.message_id}")

    async def _answer(self, incoming: Incoming, converse: Converse) -> None:
        try:
            answer = await converse(incoming)
        except OfficeUnavailable as error:
            logger.error("%s: the office does not answer: %s", self.name(), error)
            answer = [[to_dict(notices.NO_ANSWER)]]
        except Exception:
            logger.exception("%s: a message could not be handled", self.name())
            answer = [[to_dict(notices.NO_ANSWER)]]
        for message in render(answer, self.style):
            if not await self._deliver(incoming.sender, message):
                return

    async def _deliver(self, to: str, message: Outgoing) -> bool:
        """Send, again where it was surely not taken; tell whether it was."""
        for pause in (*PAUSES, None):
            try:
                await self.send(to, message)
            except NotTaken as problem:
                logger.warning("%s: answer not taken: %s", self.name(), problem)
                if pause is None or problem.again_after is None:
                    return False
                await asyncio.sleep(min(max(pause, problem.again_after), LONGEST_PAUSE))
            else:
                return True
        return False

    async def post(
        self, url: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """POST JSON to the platform; return the status and the answer's object.

        Raises `NotTaken` where there was no answer; a refused connection may be tried again. An
        address may hold a token: it is never logged.
        """
        if self._http is None or self._http.closed:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        try:
            async with self._http.post(url, json=body, headers=headers) as answer:
                try:
                    data = await answer.json(content_type=None)
                except ValueError:
                    data = {}
                return answer.status, data if isinstance(data, dict) else {}
        except aiohttp.ClientConnectorError as error:
            raise NotTaken(type(error).__name__, again_after=0) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NotTaken(type(error).__name__) from error


def require_secret(request: Request, header: str, secret: str) -> None:
    """Raise `Refused` unless a header carries the secret that the platform was given."""
    if not hmac.compare_digest(request.headers.get(header, "").encode(), secret.encode()):
        raise Refused(403, "forbidden")


def as_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object. Raises `Refused`."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "not JSON") from None
    if not isinstance(data, dict):
        raise Refused(400, "not an object")
    return data


def at(data: Any, *path: str) -> Any:
    """Return what lies at `path` within nested objects, or None where the way breaks off."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data
