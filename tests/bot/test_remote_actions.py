"""The way to the action server: one connection, a checker made once, and what it refuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot import remote_actions

GOOD = {
    "events": [{"event": "slot", "timestamp": None, "name": "misses", "value": 1}],
    "responses": [{"custom": {"blocks": []}}],
}


@asynccontextmanager
async def action_server(answers: list[Any]) -> AsyncIterator[tuple[EndpointConfig, list[int]]]:
    """A server that speaks HTTP/1.1 and keeps connections open; counts requests of each."""
    requests: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = len(requests)
        requests.append(0)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().lower().splitlines()
                size = next(int(line[15:]) for line in lines if line.startswith("content-length:"))
                await reader.readexactly(size)
                body = json.dumps(answers.pop(0)).encode()
                requests[connection] += 1
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
                writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield EndpointConfig(f"http://127.0.0.1:{port}/webhook"), requests
    finally:
        await remote_actions.close()
        server.close()
        await server.wait_closed()


async def run(endpoint: EndpointConfig) -> list[Any]:
    domain = Domain.empty()
    events: list[Any] = await RemoteAction("action_answer", endpoint).run(
        CollectingOutputChannel(),
        TemplatedNaturalLanguageGenerator({}),
        DialogueStateTracker.from_events("web:visitor", []),
        domain,
    )
    return events


@pytest.fixture(autouse=True)
def installed() -> None:
    remote_actions.install()


async def test_requests_share_one_connection() -> None:
    async with action_server([GOOD, GOOD, GOOD]) as (endpoint, requests):
        for _ in range(3):
            _, slot = await run(endpoint)
            assert (slot.key, slot.value) == ("misses", 1)
        assert requests == [3]


async def test_requests_at_once_have_connections_of_their_own() -> None:
    async with action_server([GOOD, GOOD]) as (endpoint, requests):
        await asyncio.gather(run(endpoint), run(endpoint))
        assert requests == [1, 1]


async def test_a_connection_that_broke_is_made_anew() -> None:
    async with action_server([GOOD, GOOD]) as (endpoint, requests):
        await run(endpoint)
        await remote_actions.close()
        await run(endpoint)
        assert requests == [1, 1]


@pytest.mark.parametrize(
    "bad",
    [
        {"events": [{"name": "misses"}], "responses": []},
        {"events": [{"event": "no such event"}], "responses": []},
        {"events": {}, "responses": []},
        {"events": [], "responses": ["not an object"]},
    ],
)
async def test_an_answer_of_another_form_is_refused_as_rasa_refuses_it(bad: Any) -> None:
    from jsonschema import validate

    with pytest.raises(ValidationError):
        validate(bad, RemoteAction.action_response_format_spec())
    async with action_server([bad]) as (endpoint, _):
        with pytest.raises(ValidationError):
            await run(endpoint)


def test_the_schema_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    action = RemoteAction("action_answer", None)
    remote_actions._checker.cache_clear()
    kind = type(remote_actions._checker())
    monkeypatch.setattr(kind, "check_schema", lambda schema: pytest.fail("checked again"))
    assert action._validate_action_result(GOOD)
    assert action._validate_action_result(GOOD)
