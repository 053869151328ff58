"""Spares Rasa what it does anew for every message on its way to the action server.

Rasa 3.6 checks each answer of the action server against a JSON schema, and each time the schema
itself against the schema of schemas: half of the processor time of a message. And it opens a
connection for each request. Here the checker is made once and the connection is kept; what is
checked and sent is the same. Rasa offers no setting for either, and 3.6.21 is its last version, so
the two methods are put in the place of its own.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp
from jsonschema import Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import EndpointConfig

_own_session = EndpointConfig.session
_kept: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, aiohttp.ClientSession]]
_kept = WeakKeyDictionary()


class _Borrowed:
    """A session that stays open when its user is done with it."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def __aenter__(self) -> aiohttp.ClientSession:
        return self._session

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


def install() -> None:
    """Put both in place; a second time changes nothing."""
    RemoteAction._validate_action_result = check
    EndpointConfig.session = _borrowed


async def close() -> None:
    """Close the connections of the running loop."""
    for session in _kept.pop(asyncio.get_running_loop(), {}).values():
        await session.close()


def check(_action: RemoteAction, result: Any) -> bool:
    """Return True for an answer of the right form. Raises `jsonschema.ValidationError`."""
    problem = best_match(_checker().iter_errors(result))
    if problem is not None:
        raise problem
    return True


@lru_cache(maxsize=1)
def _checker() -> Validator:
    schema = RemoteAction.action_response_format_spec()
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def _borrowed(endpoint: EndpointConfig) -> _Borrowed:
    sessions = _kept.setdefault(asyncio.get_running_loop(), {})
    session = sessions.get(endpoint.url)
    if session is None or session.closed:
        # aiohttp lets go of an idle connection after 15 s, the action server after 120: it is never
        # closed from the other side just as it is taken.
        session = sessions[endpoint.url] = _own_session(endpoint)
    return _Borrowed(session)
