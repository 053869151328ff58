"""Hints on PostgreSQL: who commits work is heard at once; a hint that is lost changes nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import Engine, text

from core.database import EVENTS, MESSAGES, Sessions, hint
from core.privacy import Vault
from core.settings import Settings
from dossiers.offices import OfficeBook
from notifier.hints import listen
from notifier.plan import plan_batch
from notifier.providers.phone import PhoneProvider
from notifier.routing import Gateways
from notifier.scheduler import Notifier
from notifier.states import State
from tests.notifier.conftest import NOON, MakeDesk, Registry

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def sent(registry: Registry) -> bool:
    return any(message.state is not State.QUEUED for message in registry.messages())


class Ears:
    """Somebody who listens, and counts what is heard."""

    def __init__(self, engine: Engine) -> None:
        self.heard = {EVENTS: asyncio.Event(), MESSAGES: asyncio.Event()}
        self._task = asyncio.create_task(
            listen(engine, {name: event.set for name, event in self.heard.items()})
        )

    async def settle(self) -> None:
        """Wait until connected, which calls every handler once, and forget it."""
        for event in self.heard.values():
            await asyncio.wait_for(event.wait(), 20)
            event.clear()

    async def hears(self, channel: str) -> bool:
        """Tell whether the channel is heard within a while."""
        try:
            await asyncio.wait_for(self.heard[channel].wait(), 20)
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


@on_postgresql
async def test_planning_says_that_messages_wait_when_it_commits_and_not_before(
    sessions: Sessions, engine: Engine, registry: Registry, make_desk: MakeDesk
) -> None:
    registry.dossier()
    ears = Ears(engine)
    await ears.settle()
    with sessions.begin() as session:
        plan_batch(session, make_desk(), NOON)
        await asyncio.sleep(0.2)
        assert not ears.heard[MESSAGES].is_set()
    assert await ears.hears(MESSAGES)
    await ears.close()


@on_postgresql
async def test_who_lost_the_connection_connects_again_and_looks(
    sessions: Sessions, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.hints._WAITS", (0.05,))
    ears = Ears(engine)
    await ears.settle()
    with sessions.begin() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    await ears.settle()
    with sessions.begin() as session:
        hint(session, EVENTS)
    assert await ears.hears(EVENTS)
    await ears.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_on_sqlite_there_is_nothing_to_listen_to(sessions: Sessions, engine: Engine) -> None:
    await asyncio.wait_for(listen(engine, {}), 5)
    with sessions.begin() as session:
        hint(session, EVENTS)


@on_postgresql
async def test_a_hint_is_planned_and_sent_without_waiting_for_a_tick(
    sessions: Sessions,
    registry: Registry,
    vault: Vault,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path,  # type: ignore[no-untyped-def]
) -> None:
    """The planner's tick is put off for an hour: only the hint can bring it about."""
    settings = Settings(_env_file=None, state_dir=tmp_path)  # type: ignore[call-arg]
    gateways = Gateways.alone(PhoneProvider(sessions, vault))
    notifier = Notifier(settings, sessions, vault, gateways, lambda a, b: 0, OfficeBook())
    every = notifier._every

    def seldom(seconds: float, name: str, work) -> None:  # type: ignore[no-untyped-def]
        every(3600 if name == "plan" else seconds, name, work)

    monkeypatch.setattr(notifier, "_every", seldom)
    stop = asyncio.Event()
    running = asyncio.create_task(notifier.run(stop))
    try:
        await asyncio.sleep(1)  # connected: what connecting brings about is over
        registry.dossier()
        with sessions.begin() as session:
            hint(session, EVENTS)
        async with asyncio.timeout(20):
            while not sent(registry):  # noqa: ASYNC110  # it is in a database
                await asyncio.sleep(0.05)
    finally:
        stop.set()
        await running
