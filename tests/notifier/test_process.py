"""The notifier as a whole: leadership, the recurring work, health and measures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select, text, update

from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from dossiers.lifecycle import Status
from dossiers.models import Dossier, ProofAttempt
from dossiers.offices import OfficeBook
from notifier import circuits
from notifier.leadership import Leader
from notifier.models import Leadership, Message
from notifier.providers.phone import PhoneProvider
from notifier.providers.registry import NotConfigured, make_gateways
from notifier.routing import Gateways
from notifier.scheduler import Notifier, _serve
from notifier.states import State
from tests.notifier.conftest import Registry

MakeLeader = Callable[[str], Leader]


@pytest.fixture
def make_leader(sessions: Sessions) -> Iterator[MakeLeader]:
    made: list[Leader] = []

    def make(owner: str) -> Leader:
        made.append(Leader(sessions, owner))
        return made[-1]

    yield make
    for leader in made:
        leader.resign()


def test_one_leads_and_keeps_the_lead(make_leader: MakeLeader) -> None:
    first, second = make_leader("first"), make_leader("second")
    assert first.renew() == 1
    assert second.renew() is None
    assert first.renew() == 1


def test_a_leader_that_resigns_is_followed_at_once_by_another_epoch(
    make_leader: MakeLeader,
) -> None:
    first, second = make_leader("first"), make_leader("second")
    first.renew()
    first.resign()
    assert second.renew() == 2
    assert first.renew() is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_on_sqlite_a_leader_that_died_is_followed_when_its_lease_is_over(
    sessions: Sessions, make_leader: MakeLeader
) -> None:
    first, second = make_leader("first"), make_leader("second")
    first.renew()
    assert second.renew() is None
    with sessions.begin() as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        session.execute(update(Leadership).values(lease_until=past))
    assert second.renew() == 2
    assert first.renew() is None  # the paused one finds out


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_on_postgresql_a_leader_whose_connection_died_is_followed_at_once(
    sessions: Sessions, make_leader: MakeLeader
) -> None:
    first, second = make_leader("first"), make_leader("second")
    first.renew()
    with sessions.begin() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks "
                "WHERE locktype = 'advisory' AND pid <> pg_backend_pid() AND database = "
                "(SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        )
    assert second.renew() == 2
    assert first.renew() is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_on_postgresql_a_leader_that_is_stopped_loses_the_lock_with_its_lease(
    sessions: Sessions, make_leader: MakeLeader
) -> None:
    first, second = make_leader("first"), make_leader("second")
    first.renew()
    assert [second.renew() for _ in range(2)] == [None, None]
    with sessions.begin() as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        session.execute(update(Leadership).values(lease_until=past))
    assert second.renew() is None  # takes the lock from who holds it
    assert second.renew() == 2
    assert first.renew() is None  # the stopped one finds out


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        state_dir=tmp_path,
        digest_settle=0.0,
        hotline="0207 3 822 123",
    )


def make_notifier(settings: Settings, sessions: Sessions, vault: Vault) -> Notifier:
    return Notifier(
        settings,
        sessions,
        vault,
        Gateways.alone(PhoneProvider(sessions, vault)),
        lambda start, end: (end - start).days,
        OfficeBook(),
    )


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not await asyncio.to_thread(done):  # noqa: ASYNC110  # it is in a database
            await asyncio.sleep(0.05)


async def test_an_event_becomes_a_delivered_message_by_itself(
    settings: Settings, sessions: Sessions, vault: Vault, registry: Registry
) -> None:
    notifier = make_notifier(settings, sessions, vault)
    stop = asyncio.Event()
    running = asyncio.create_task(notifier.run(stop))
    registry.dossier(status=Status.DONE, sample=True, at=datetime.now(UTC))
    await until(lambda: [m.state for m in registry.messages()] == [State.DELIVERED])
    assert notifier.healthy
    stop.set()
    await running


async def test_the_leader_forgets_what_was_kept_long_enough(
    settings: Settings, sessions: Sessions, vault: Vault
) -> None:
    now = datetime.now(UTC)
    with sessions.begin() as session:
        for age in (1, settings.lookup_retention_days + 1):
            at = now - timedelta(days=age)
            tried = {"channel": "web", "sender": "somebody", "code": "a", "code_prefix": "a"}
            session.add(ProofAttempt(at=at, **tried))
    notifier = make_notifier(settings, sessions, vault)
    await notifier._forget()  # follows others: theirs to do
    with sessions() as session:
        assert len(session.scalars(select(ProofAttempt)).all()) == 2
    await notifier._lead()
    await notifier._forget()
    with sessions() as session:
        (left,) = session.scalars(select(ProofAttempt)).all()
    assert left.at == now - timedelta(days=1)


async def test_two_processes_on_one_database_tell_each_event_once(
    settings: Settings, sessions: Sessions, vault: Vault, registry: Registry
) -> None:
    for i in range(30):
        registry.dossier(phone=f"+8491234{i:04d}", at=datetime.now(UTC))
    stop = asyncio.Event()
    both = [
        asyncio.create_task(make_notifier(settings, sessions, vault).run(stop)) for _ in range(2)
    ]
    await until(lambda: [m.state for m in registry.messages()] == [State.DELIVERED] * 30)
    stop.set()
    await asyncio.gather(*both)
    assert {m.attempts for m in registry.messages()} == {1}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_health_and_measures_are_served(
    settings: Settings,
    sessions: Sessions,
    vault: Vault,
    registry: Registry,
    unused_tcp_port: int,
) -> None:
    notifier = make_notifier(settings, sessions, vault)
    runner = await _serve(notifier, unused_tcp_port)
    try:
        with sessions.begin() as session:
            circuits.stop(session, "phone", "a drill", "officer", datetime.now(UTC))
        await notifier._watch()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{unused_tcp_port}") as client:
            async with client.get("/healthz") as answer:
                assert (answer.status, await answer.json()) == (200, {"status": "ok"})
            async with client.get("/metrics") as answer:
                measures = await answer.text()
            notifier._last_good -= 3600
            async with client.get("/healthz") as answer:
                assert answer.status == 503
    finally:
        await runner.cleanup()
    assert 'motcua_sms_waiting{state="uncertain"} 0.0' in measures
    assert "motcua_sms_oldest_due_seconds 0.0" in measures
    assert 'motcua_provider_out_of_use{provider="phone"} 1.0' in measures


async def test_the_leader_follows_numbers_tells_of_lateness_and_blots_out(
    settings: Settings, sessions: Sessions, vault: Vault, registry: Registry
) -> None:
    notifier = make_notifier(settings, sessions, vault)
    old, waiting = registry.dossier(), registry.dossier(phone="+84912000001")
    await notifier._plan()
    assert registry.messages() == []  # it does not lead yet
    await notifier._lead()
    await notifier._plan()
    with sessions.begin() as session:
        session.execute(
            update(Message)
            .where(Message.dossier_id == old)
            .values(state=State.DELIVERED, created_at=datetime.now(UTC) - timedelta(days=200))
        )
        session.execute(
            update(Dossier).where(Dossier.id == old).values(new_due_on=date(2099, 1, 1))
        )
    registry.renumber(waiting, "+84912000002")
    await notifier._plan()
    await notifier._tell_late()
    await notifier._redact()
    await notifier._release_within_budget()
    await notifier._watch()
    found = {(m.template, m.phone_tail, m.state) for m in registry.messages()}
    assert found == {
        ("accepted", "", State.DELIVERED),
        ("accepted", "001", State.CANCELLED),
        ("accepted", "002", State.QUEUED),
        ("late_apology", "678", State.QUEUED),
    }
    notifier._schedule()
    names = {job.id for job in notifier._scheduler.get_jobs()}
    assert {"plan", "budget", "late", "redact", "remind"} <= names


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_database_that_is_away_fails_a_tick_and_not_the_process(
    settings: Settings, sessions: Sessions, vault: Vault, registry: Registry
) -> None:
    notifier = make_notifier(settings, sessions, vault)
    await notifier._lead()
    with sessions.begin() as session:
        session.execute(text("ALTER TABLE pending_event RENAME TO elsewhere"))
    await notifier._tick("plan", notifier._plan)()
    with sessions.begin() as session:
        session.execute(text("ALTER TABLE elsewhere RENAME TO pending_event"))
    registry.dossier()
    await notifier._tick("plan", notifier._plan)()
    assert len(registry.messages()) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_provider_without_its_settings_is_refused_by_name(
    settings: Settings, sessions: Sessions, vault: Vault
) -> None:
    assert make_gateways(settings, sessions, vault).route.names == ("phone",)
    twilio = settings.model_copy(update={"sms_provider": "twilio"})
    with pytest.raises(NotConfigured, match="MOTCUA_TWILIO_ACCOUNT_SID"):
        make_gateways(twilio, sessions, vault)
