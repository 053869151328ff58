"""The base of channels on other people's platforms: acknowledged at once, answered afterwards.

A platform repeats an event that is not acknowledged within seconds, and an answer takes longer
than that when much is going on. So a request is verified, its new messages are noted on disk and
put in their senders' lines, and it is answered 200; then each is answered through the platform's
own interface. What is an officer's to answer is written down before that, so that it is not lost
whatever breaks; the officer's answer comes in by `/say` and goes the same way out. A channel
without its settings is off: it says so once, and takes nothing.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import time
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.channels import notices, tokens
from bot.channels.base import (
    REMEMBERED,
    Blocks,
    Converse,
    Handler,
    Incoming,
    Refused,
    SignedChannel,
    said,
)
from bot.channels.lines import Lines
from bot.channels.notices import Notice
from bot.channels.office import Heard, Office, OfficeUnavailable
from bot.channels.once import Once, Recent
from bot.channels.rendering import Outgoing, Picture, Style, caption_of, render, way_in
from bot.channels.seen import Seen
from language import signing
from language.blocks import Progress

logger = logging.getLogger(__name__)

TIMEOUT = 10.0
"""Seconds in which a platform must take an answer."""
PAUSES = (0.5, 2.0)
"""Seconds before an answer that was surely not taken is sent again."""
PICTURE_WITHIN = 3.0
"""Seconds for which an answer's picture may keep the sender's next message waiting."""
LONGEST_PAUSE = 20.0
"""Seconds for which a platform that asks for patience is given it."""


KNOWN_TO_TALK = 3600.0
"""Seconds for which is remembered that an officer is to answer a sender."""


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
    pictures: ClassVar[bool] = False
    """Whether `send_picture` sends one."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        super().__init__(Office(settings.get("site", ""), settings.get("secret", "")))
        self._settings = settings
        self._missing = [
            variable for name, variable in self.needs.items() if not settings.get(name)
        ]
        self._lines = Lines()
        self._http: aiohttp.ClientSession | None = None
        self._seen: Seen | None = None
        self._talking: Recent[bool] = Recent(KNOWN_TO_TALK)
        self._turned_away: set[str] = set()
        self._told: Once[str] = Once(REMEMBERED)
        self._used: Recent[bool] = Recent(2 * signing.TOLERANCE)
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

    def add_routes(self, routes: Blueprint) -> None:
        """Add the door for officers' answers; the site's door to the world does not lead there."""

        @routes.post("/say")  # type: ignore[misc]
        async def say(request: Request) -> HTTPResponse:
            try:
                self._from_us(request)
                told = as_object(request.body)
            except Refused as refusal:
                logger.warning("%s: say refused: %s", self.name(), refusal.reason)
                return json_response({"error": refusal.reason}, status=refusal.status)
            to, key, blocks = str(told["to"]), str(told["key"]), list(told["blocks"])
            outcome = await self._told.run(key, lambda: self.tell(to, [blocks], key))
            return json_response({"outcome": outcome})

    async def tell(self, to: str, answer: list[Blocks], key: str) -> str:
        """Send what nobody has just asked for; return "sent", "again" where surely nothing of it
        was taken, or "failed". What was sent under `key` lately is not sent again."""
        for place, message in enumerate(render(answer, self.style)):
            problem = await self._deliver(to, message)
            if problem is not None:
                if place == 0 and problem.again_after is not None:
                    # Not remembered: the next try is to be one.
                    self._told.drop(key)
                    return "again"
                return "failed"
        return "sent"

    async def take(self, messages: list[Incoming], converse: Converse) -> HTTPResponse:
        """Note what is new, acknowledge, and answer afterwards, each sender in order."""
        for incoming in messages:
            # Before it is noted as seen: if all breaks in between, the platform's next try finds it
            # written down, or writes it down.
            waits = self._lines.busy(incoming.sender)
            heard = None if waits else await self._hear(incoming)
            if not self._first(incoming):
                continue

            async def answer(
                incoming: Incoming = incoming, heard: Heard | None = heard, waits: bool = waits
            ) -> None:
                # What was sent before may have handed the sender over.
                taken = await self._hear(incoming) if waits else heard
                await self._answer(incoming, converse, taken)
                if incoming.sender in self._turned_away:
                    self._turned_away.discard(incoming.sender)
                    await self._notify(incoming, notices.TOO_MANY)

            if not self._lines.put(incoming.sender, answer):
                logger.warning("%s: a sender's line is full", self.name())
                # Said once, with the next answer: a notice a message would answer a flood by one.
                self._turned_away.add(incoming.sender)
        return json_response({})

    @abstractmethod
    async def send(self, to: str, message: Outgoing) -> None:
        """Send one message through the platform. Raises `NotTaken`."""

    async def send_picture(self, to: str, picture: Picture) -> None:
        """Send a picture, where `pictures` says that the platform takes its bytes. Raises
        `NotTaken`."""
        raise NotTaken("no pictures")

    async def drained(self) -> None:
        """Wait until every message taken so far is answered."""
        await self._lines.drained()

    # --- within ---------------------------------------------------------------------------------

    def _first(self, incoming: Incoming) -> bool:
        if self._seen is None:
            self._seen = Seen(Path(self._settings.get("state") or ".") / "channels.db")
        return self._seen.first(self.name(), f"{incoming.sender} {incoming.message_id}")

    async def _hear(self, incoming: Incoming) -> Heard | None:
        """Have the office take a message that is its own; None where it is for the bot, and where
        the office is away and is not known to be talking with the sender."""
        # A number or a word stands for a button too, but somebody has written it.
        pressed = ":" in incoming.text and tokens.read(incoming.text) is not None
        try:
            heard = await self._office.hear(
                self.name(), incoming.sender, incoming.message_id, incoming.text, pressed
            )
        except OfficeUnavailable as error:
            logger.error("%s: the office does not hear: %s", self.name(), error)
            if self._talking.get(incoming.sender):
                return Heard(said(notices.NO_ANSWER, self.language_of(incoming)), talking=True)
            return None
        if heard is not None and heard.talking:
            self._talking.put(incoming.sender, True)
        else:
            self._talking.drop(incoming.sender)
        return heard

    def _from_us(self, request: Request) -> None:
        """Raise `Refused` unless the site has signed a request, now and for this once."""
        header = request.headers.get(signing.HEADER, "")
        secret = self._settings.get("secret", "")
        try:
            signing.verify(header, request.body, secret, int(time.time()))
        except signing.BadSignature:
            raise Refused(403, "forbidden") from None
        if not secret or self._used.get(header):
            raise Refused(403, "forbidden")
        self._used.put(header, True)

    async def _answer(self, incoming: Incoming, converse: Converse, heard: Heard | None) -> None:
        try:
            answer = await converse(incoming) if heard is None else heard.messages
        except OfficeUnavailable as error:
            logger.error("%s: the office does not answer: %s", self.name(), error)
            answer = said(notices.NO_ANSWER, self.language_of(incoming))
        except Exception:
            logger.exception("%s: a message could not be handled", self.name())
            answer = said(notices.NO_ANSWER, self.language_of(incoming))
        if not answer:
            return
        messages = render(answer, self.style)
        for message in messages:
            if await self._deliver(incoming.sender, message) is not None:
                return
        way = way_in(answer) if self.pictures else None
        if way is not None:
            await self._show(incoming.sender, way, messages[-1])

    async def _notify(self, incoming: Incoming, notice: Notice) -> None:
        for message in render(said(notice, self.language_of(incoming)), self.style):
            await self._deliver(incoming.sender, message)

    async def _show(self, to: str, way: Progress, last: Outgoing) -> None:
        """Send the picture of what has just been told, once: without it nothing is missing."""

        async def send() -> None:
            png = await self._office.draw(way)
            await self.send_picture(to, Picture(png, caption_of(way), last.buttons))

        try:
            await asyncio.wait_for(send(), PICTURE_WITHIN)
        except (OfficeUnavailable, NotTaken, asyncio.TimeoutError) as problem:
            logger.warning("%s: no picture: %s", self.name(), str(problem) or "too slow")

    async def _deliver(self, to: str, message: Outgoing) -> NotTaken | None:
        """Send, again where it was surely not taken; return why it was not, or None."""
        for pause in (*PAUSES, None):
            try:
                await self.send(to, message)
            except NotTaken as problem:
                logger.warning("%s: answer not taken: %s", self.name(), problem)
                if pause is None or problem.again_after is None:
                    return problem
                await asyncio.sleep(min(max(pause, problem.again_after), LONGEST_PAUSE))
            else:
                return None
        raise AssertionError("the last try has no pause")

    async def post(
        self,
        url: str,
        body: Mapping[str, Any] | aiohttp.FormData,
        headers: Mapping[str, str] | None = None,
        *,
        form: bool = False,
    ) -> tuple[int, dict[str, Any]]:
        """POST JSON, or a form (one with a file is `FormData`), to the platform; return the status
        and the answer's object.

        Raises `NotTaken` where there was no answer; a refused connection may be tried again. An
        address may hold a token: it is never logged.
        """
        if self._http is None or self._http.closed:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        try:
            content = {"data": body} if form else {"json": body}
            async with self._http.post(url, headers=headers, **content) as answer:
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
