"""The wire: one HTTP request without retries, and whether any of it left when it broke.

What every gateway's module stands on. Silent: requests hold numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import aiohttp

from notifier.providers.base import Answer
from notifier.vocabulary import Advice, Outcome

Meaning = tuple[Outcome, Advice]
"""What a provider's code comes to."""

ACCEPT: Meaning = (Outcome.ACCEPTED, Advice.NOTHING)
RETRY: Meaning = (Outcome.NOT_SENT, Advice.NOTHING)
SLOW: Meaning = (Outcome.THROTTLED, Advice.NOTHING)
STOP: Meaning = (Outcome.NOT_SENT, Advice.PAUSE_PROVIDER)
NEVER: Meaning = (Outcome.REJECTED, Advice.NOTHING)
ELSEWHERE: Meaning = (Outcome.REJECTED, Advice.OTHER_CHANNEL)
OPTED_OUT: Meaning = (Outcome.REJECTED, Advice.OPT_OUT)
UNSURE: Meaning = (Outcome.AMBIGUOUS, Advice.NOTHING)

_BY_HTTP_STATUS: Mapping[int, Meaning] = {
    401: STOP,
    403: STOP,
    404: STOP,
    408: UNSURE,
    429: SLOW,
    503: RETRY,
}


@dataclass(frozen=True)
class Reply:
    """An answer as it was read."""

    status: int
    body: str
    headers: Mapping[str, str]

    def fields(self) -> dict[str, Any]:
        """Return the fields of a JSON object, or none where the body is something else."""
        try:
            read = json.loads(self.body)
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}

    @property
    def retry_after(self) -> float | None:
        """Seconds that it asks us to wait. A date, which no provider of ours sends, is ignored."""
        header = self.headers.get("Retry-After", "").strip()
        return float(header) if header.isdigit() else None


class Broken(Exception):
    """The connection or the time ran out before an answer was read."""

    def __init__(self, cause: BaseException, left: bool) -> None:
        super().__init__(type(cause).__name__)
        self.left = left
        """True if the request, or a part of it, may have left."""

    @property
    def answer(self) -> Answer:
        """What it comes to."""
        outcome = Outcome.AMBIGUOUS if self.left else Outcome.NOT_SENT
        return Answer(outcome, code=str(self)[:20])


@dataclass
class _Marks:
    """What is known of one request on its way."""

    left: bool = False


_MARKS: ContextVar[_Marks] = ContextVar("marks")
"""Of the request that this task is making."""


class _Marked(aiohttp.ClientRequest):
    """A request that marks when it goes to its connection.

    aiohttp's tracing would tell as well, at a tenth of all that a message costs.
    """

    async def send(self, conn: Any) -> aiohttp.ClientResponse:
        """Hand it to a connection that stands."""
        marks = _MARKS.get()
        before, marks.left = marks.left, True
        try:
            return await super().send(conn)
        except aiohttp.ClientConnectionResetError:
            # The connection had been closed already, and took nothing.
            marks.left = before
            raise


class Wire:
    """Connections to one provider. Opened with the first request."""

    def __init__(self, timeout: float, connections: int) -> None:
        self._limits = aiohttp.ClientTimeout(total=timeout, sock_connect=min(3.0, timeout))
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._limits,
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=10),
                cookie_jar=aiohttp.DummyCookieJar(),
                request_class=_Marked,
            )
        return self._session

    async def request(self, method: str, url: str, **options: Any) -> Reply:
        """Make one request, following no redirection; `options` are aiohttp's. Raises `Broken`."""
        marks = _Marks()
        _MARKS.set(marks)
        try:
            async with self._open().request(
                method, url, allow_redirects=False, **options
            ) as answer:
                return Reply(answer.status, await answer.text(), answer.headers)
        except (aiohttp.ClientError, TimeoutError, OSError, UnicodeDecodeError) as error:
            raise Broken(error, marks.left) from error

    async def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def classify(
    status: int, code: str | None, known: Meaning | None, retry_after: float | None
) -> Answer:
    """Return what an answer that is no plain success means: by its code where that is `known`,
    else by its HTTP status. Of what neither tells, a refusal (4xx) is for good and anything else
    ambiguous."""
    unlisted = NEVER if 400 <= status < 500 else UNSURE
    outcome, advice = known or _BY_HTTP_STATUS.get(status) or unlisted
    return Answer(
        outcome,
        code=(code or f"http_{status}")[:20],
        http_status=status,
        retry_after=retry_after,
        advice=advice,
    )
