"""The HTTP side: Rasa's action protocol on loopback, health, and what Prometheus reads.

An action is a function from a turn to a reply; here it meets Rasa's tracker. Whatever goes wrong in
one is logged without the citizen's words, and answered with an apology rather than with silence.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from rasa_sdk import Action, Tracker
from rasa_sdk.endpoint import create_app
from rasa_sdk.events import EventType
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher
from sanic import Request, Sanic
from sanic.response import HTTPResponse, raw
from sqlalchemy.exc import SQLAlchemyError

from actions.retention import forget_old
from actions.table import ACTIONS, handle
from actions.texts import conversation, say
from actions.turn import Reply, Rooms, after, changes, read
from core.clock import vietnam_date
from core.observability import get_logger
from language.blocks import Text, to_dict
from procedures.menu import menu

_log = get_logger(__name__)

ANSWERS = Counter("motcua_answers_total", "Answers by action and outcome", ["action", "outcome"])
SECONDS = Histogram("motcua_answer_seconds", "Time an action takes", ["action"])

FORGET_EVERY = 3600
"""Seconds between two sweeps of what was kept long enough."""


class Answer(Action):
    """One of Rasa's actions: reads the turn, has it answered, remembers what there is to."""

    def __init__(self, name: str, rooms: Rooms, clock: Callable[[], datetime]) -> None:
        self._name = name
        self._rooms = rooms
        self._clock = clock

    def name(self) -> str:
        """Return the name by which the rules call it."""
        return self._name

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Answer one turn. It runs in a thread, because it reaches the database."""
        turn = read(tracker, self._clock())
        began = time.perf_counter()
        try:
            reply = await asyncio.to_thread(handle, self._name, turn, self._rooms)
            ANSWERS.labels(self._name, "missed" if reply.missed else "answered").inc()
        except Exception as error:
            # Where and what kind; the message of an exception may quote a citizen, and is left out.
            _log.error(
                "action_failed",
                action=self._name,
                channel=turn.channel,
                error=type(error).__name__,
                trace="".join(traceback.format_tb(error.__traceback__)),
            )
            ANSWERS.labels(self._name, "failed").inc()
            sorry = Text(say("unavailable", turn.language), tone="warning")
            reply = Reply((sorry,), keep=True)
        SECONDS.labels(self._name).observe(time.perf_counter() - began)
        dispatcher.utter_message(json_message={"blocks": [to_dict(b) for b in reply.blocks]})
        return changes(turn.state, after(turn, reply))


def executor_for(rooms: Rooms, clock: Callable[[], datetime]) -> ActionExecutor:
    """Return rasa_sdk's executor with all our actions.

    Raises what a faulty file of texts or a faulty catalogue raises: better at the start than to a
    citizen.
    """
    conversation(), menu(), rooms.catalogue(), rooms.drafts().titles
    executor = ActionExecutor()
    for name in ACTIONS:
        executor.register_action(Answer(name, rooms, clock))
    return executor


def app_for(executor: ActionExecutor) -> Sanic[Any, Any]:
    """Return the server: rasa_sdk's `/webhook`, `/health` and `/actions`, and `/metrics`."""
    app: Sanic[Any, Any] = create_app(executor, cors_origins=[])

    @app.get("/metrics")
    async def metrics(_request: Request) -> HTTPResponse:
        return raw(generate_latest(), content_type=CONTENT_TYPE_LATEST)

    return app


def read_ahead(app: Sanic[Any, Any], rooms: Rooms, clock: Callable[[], datetime]) -> None:
    """Have the server read the procedures ahead, so that no citizen waits for a file. It answers
    meanwhile."""

    async def read_all() -> None:
        province = rooms.settings.province or None
        await asyncio.to_thread(rooms.catalogue().warm, province, as_of=vietnam_date(clock()))

    app.add_task(read_all())


def forget_regularly(app: Sanic[Any, Any], rooms: Rooms, clock: Callable[[], datetime]) -> None:
    """Have the server delete, while it runs, what the conversation left behind long ago."""

    def sweep() -> None:
        with rooms.sessions.begin() as session:
            forget_old(session, rooms.settings.rating_retention_days, clock())

    async def forget() -> None:
        while True:
            try:
                await asyncio.to_thread(sweep)
            except SQLAlchemyError as error:
                _log.error("forgetting_failed", error=type(error).__name__)
            await asyncio.sleep(FORGET_EVERY)

    app.add_task(forget())
