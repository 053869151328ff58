"""Dispatch: from the queue to a provider and back, whatever the provider does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from core.database import Sessions
from core.privacy import Vault
from dossiers.lifecycle import Status
from dossiers.phones import phone_index
from notifier import circuits, outbox
from notifier.dispatch import Dispatcher
from notifier.models import Attempt, Message, PhoneInbox
from notifier.providers.phone import PhoneProvider, inbox
from notifier.states import State
from notifier.vocabulary import Outcome, Why
from tests.fakes.twilio_server import FakeTwilio, Mood
from tests.notifier.conftest import (
    PHONE,
    SECRET,
    SWIFT,
    MakeDesk,
    MakeTwilio,
    Office,
    Planned,
    Registry,
    plan,
    settled,
)


def states(registry: Registry) -> list[State]:
    return [message.state for message in registry.messages()]


async def test_news_reaches_the_demonstration_phone(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, vault: Vault
) -> None:
    registry.dossier(status=Status.DONE, sample=True)
    plan(sessions, make_desk())
    office = Office(sessions, vault, PhoneProvider(sessions, vault))

    await office.dispatch_until(lambda: states(registry) == [State.ACCEPTED])
    assert office.apply_receipts() == 1

    assert states(registry) == [State.DELIVERED]
    with sessions() as session:
        (shown,) = inbox(session, vault)
        (attempt,) = session.scalars(select(Attempt))
    assert shown.number == PHONE
    assert shown.body.startswith("VPDKDD: Ho so H60.12.01-261102-0001 da co ket qua.")
    assert (shown.segments, shown.state) == (1, State.DELIVERED)
    assert (attempt.n, attempt.outcome) == (1, Outcome.ACCEPTED)
    assert attempt.finished_at is not None


async def test_many_messages_each_reach_the_phone_once(
    planned: Planned, sessions: Sessions, registry: Registry, vault: Vault
) -> None:
    planned(120)
    office = Office(sessions, vault, PhoneProvider(sessions, vault))
    await office.dispatch_until(settled(registry, State.ACCEPTED))
    with sessions() as session:
        assert len(session.scalars(select(PhoneInbox)).all()) == 120


async def test_two_workers_share_a_queue_and_double_nothing(
    planned: Planned,
    sessions: Sessions,
    registry: Registry,
    make_desk: MakeDesk,
    make_twilio: MakeTwilio,
    twilio: FakeTwilio,
    vault: Vault,
) -> None:
    desk = make_desk(real=True, rules=replace(make_desk().rules, quiet_hours=None))
    planned(100, desk=desk)
    first = Office(sessions, vault, make_twilio())
    second = Office(sessions, vault, make_twilio())

    done = settled(registry, State.ACCEPTED)
    await asyncio.gather(first.dispatch_until(done), second.dispatch_until(done))
    assert len(twilio.taken) == 100
    assert len(set(twilio.refs())) == 100


@pytest.mark.parametrize(
    ("mood", "state", "outcome", "taken"),
    [
        ("well", State.ACCEPTED, Outcome.ACCEPTED, 1),
        ("too_many", State.QUEUED, Outcome.THROTTLED, 0),
        ("too_many_later", State.QUEUED, Outcome.THROTTLED, 0),
        ("unavailable", State.QUEUED, Outcome.NOT_SENT, 0),
        ("error_after", State.UNCERTAIN, Outcome.AMBIGUOUS, 1),
        ("error_before", State.UNCERTAIN, Outcome.AMBIGUOUS, 0),
        ("hang_after", State.UNCERTAIN, Outcome.AMBIGUOUS, 1),
        ("hang_before", State.UNCERTAIN, Outcome.AMBIGUOUS, 0),
        ("cut_after", State.UNCERTAIN, Outcome.AMBIGUOUS, 1),
        ("broken_json", State.UNCERTAIN, Outcome.AMBIGUOUS, 1),
        ("no_sid", State.UNCERTAIN, Outcome.AMBIGUOUS, 1),
        ("html", State.UNCERTAIN, Outcome.AMBIGUOUS, 1),
        ("empty", State.UNCERTAIN, Outcome.AMBIGUOUS, 1),
        ("slow_body", State.UNCERTAIN, Outcome.AMBIGUOUS, 1),
        ("redirect", State.UNCERTAIN, Outcome.AMBIGUOUS, 0),
        ("wrong_token", State.QUEUED, Outcome.NOT_SENT, 0),
        ("sender_not_ours", State.QUEUED, Outcome.NOT_SENT, 0),
        ("queue_full", State.QUEUED, Outcome.THROTTLED, 0),
        ("unsubscribed", State.FAILED, Outcome.REJECTED, 0),
        ("not_mobile", State.FAILED, Outcome.REJECTED, 0),
        ("invalid_number", State.FAILED, Outcome.REJECTED, 0),
        ("unheard_of", State.FAILED, Outcome.REJECTED, 0),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_the_provider_does_decides_the_state(
    sessions: Sessions,
    registry: Registry,
    make_desk: MakeDesk,
    make_twilio: MakeTwilio,
    twilio: FakeTwilio,
    vault: Vault,
    mood: Mood,
    state: State,
    outcome: Outcome,
    taken: int,
) -> None:
    twilio.mood = mood
    registry.dossier()
    plan(sessions, make_desk())
    office = Office(sessions, vault, make_twilio())

    def finished() -> bool:
        with sessions() as session:
            return session.scalars(select(Attempt.finished_at)).first() is not None

    await office.dispatch_until(finished)

    (message,) = registry.messages()
    with sessions() as session:
        (attempt,) = session.scalars(select(Attempt))
    assert (message.state, attempt.outcome) == (state, outcome)
    assert (twilio.requests, len(twilio.taken)) == (1, taken)  # never a second request of its own
    if state is State.QUEUED:
        assert message.not_before > datetime.now(UTC)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_provider_that_cannot_be_reached_has_surely_not_got_it(
    sessions: Sessions,
    registry: Registry,
    make_desk: MakeDesk,
    make_twilio: MakeTwilio,
    vault: Vault,
    unused_tcp_port: int,
) -> None:
    registry.dossier()
    plan(sessions, make_desk())
    provider = make_twilio(twilio_base_url=f"http://127.0.0.1:{unused_tcp_port}")
    office = Office(sessions, vault, provider)
    await office.dispatch_until(lambda: registry.messages()[0].attempts == 1)
    (message,) = registry.messages()
    assert (message.state, message.why) == (State.QUEUED, Why.RETRYING)


async def test_a_request_carries_our_name_and_how_long_it_is_news(
    sessions: Sessions,
    registry: Registry,
    make_desk: MakeDesk,
    make_twilio: MakeTwilio,
    twilio: FakeTwilio,
    vault: Vault,
) -> None:
    registry.dossier()
    plan(sessions, make_desk())
    office = Office(sessions, vault, make_twilio())
    await office.dispatch_until(lambda: states(registry) == [State.ACCEPTED])
    (taken,) = twilio.taken
    (message,) = registry.messages()
    assert taken.to == PHONE
    assert taken.ref == message.ref
    assert taken.callback.startswith("https://motcua.example.vn/webhooks/twilio/status?")
    assert taken.validity == "36000"  # news for a day, but Twilio keeps no message longer
    assert message.provider_ref == taken.sid


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_retry_after_is_heeded(
    sessions: Sessions,
    registry: Registry,
    make_desk: MakeDesk,
    make_twilio: MakeTwilio,
    twilio: FakeTwilio,
    vault: Vault,
) -> None:
    twilio.mood = "too_many_later"
    registry.dossier()
    plan(sessions, make_desk())
    office = Office(sessions, vault, make_twilio())
    await office.dispatch_until(lambda: registry.messages()[0].why is Why.RETRYING)
    (message,) = registry.messages()
    assert message.not_before - message.state_at == timedelta(seconds=77)


async def test_a_provider_that_refuses_us_is_left_alone_and_messages_stay_queued(
    sessions: Sessions,
    registry: Registry,
    make_desk: MakeDesk,
    make_twilio: MakeTwilio,
    twilio: FakeTwilio,
    vault: Vault,
) -> None:
    twilio.mood = "wrong_token"
    for i in range(6):
        registry.dossier(phone=f"+8491234{i:04d}")
    plan(sessions, make_desk())
    office = Office(sessions, vault, make_twilio())
    await office.dispatch_until(
        lambda: (
            set(states(registry)) == {State.QUEUED}
            and sum(m.why is Why.PROVIDER_PAUSED for m in registry.messages()) == 5
        ),
        dispatcher=office.dispatcher(concurrency=1),
    )
    assert twilio.requests == 1
    with sessions() as session:
        known = circuits.states(session, ["twilio"])["twilio"]
    assert known is not None
    assert (known.code, known.pauses) == ("20003", 1)


async def test_who_unsubscribed_at_the_provider_is_remembered(
    sessions: Sessions,
    registry: Registry,
    make_desk: MakeDesk,
    make_twilio: MakeTwilio,
    twilio: FakeTwilio,
    vault: Vault,
) -> None:
    twilio.mood = "unsubscribed"
    registry.dossier()
    plan(sessions, make_desk())
    office = Office(sessions, vault, make_twilio())
    await office.dispatch_until(lambda: states(registry) == [State.FAILED])
    index = phone_index(vault, PHONE)
    with sessions() as session:
        assert outbox.opted_out(session, [index]) == {index}


# --- between lease and request -----------------------------------------------------------------


def turn(dispatcher: Dispatcher) -> list[str]:
    """One turn of the loop; the numbers that are about to be texted."""
    return [departure.request.to for departure in dispatcher._turn([])]


def leased(office: Office, now: datetime, **columns: object) -> Dispatcher:
    """A worker that has claimed, before `columns` of all messages are changed under it."""
    dispatcher = office.dispatcher()
    with office.sessions.begin() as session:
        dispatcher._buffer.extend(outbox.claim(session, "worker", 10, 60, now))
        if columns:
            session.execute(update(Message).values(**columns))
    return dispatcher


async def test_an_opt_out_between_lease_and_request_is_honoured(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, vault: Vault
) -> None:
    registry.dossier()
    plan(sessions, make_desk())
    office = Office(sessions, vault, PhoneProvider(sessions, vault))
    dispatcher = leased(office, datetime.now(UTC))
    with sessions.begin() as session:
        outbox.opt_out(session, phone_index(vault, PHONE), "chat:web", datetime.now(UTC))
    assert turn(dispatcher) == []
    assert [(m.state, m.why) for m in registry.messages()] == [(State.SUPPRESSED, Why.OPTED_OUT)]


async def test_a_message_cancelled_between_lease_and_request_does_not_leave(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, vault: Vault
) -> None:
    dossier = registry.dossier(status=Status.PROCESSING)
    plan(sessions, make_desk())
    office = Office(sessions, vault, PhoneProvider(sessions, vault))
    dispatcher = leased(office, datetime.now(UTC))
    registry.move(dossier, Status.DONE)
    plan(sessions, make_desk())
    assert len(turn(dispatcher)) == 1  # the new one alone
    assert states(registry) == [State.CANCELLED, State.SENDING]


async def test_sample_data_is_stopped_at_the_door_too(
    sessions: Sessions,
    registry: Registry,
    make_desk: MakeDesk,
    make_twilio: MakeTwilio,
    twilio: FakeTwilio,
    vault: Vault,
) -> None:
    registry.dossier(sample=True)
    plan(sessions, make_desk(real=False))  # planned for the demonstration phone
    office = Office(sessions, vault, make_twilio())  # and the provider was changed since
    await office.dispatch_until(lambda: states(registry) == [State.SUPPRESSED])
    assert twilio.requests == 0


async def test_night_falls_between_plan_and_request(
    sessions: Sessions,
    registry: Registry,
    make_desk: MakeDesk,
    make_twilio: MakeTwilio,
    vault: Vault,
) -> None:
    registry.dossier()
    plan(sessions, make_desk())
    always = replace(make_desk().rules, quiet_hours=(time(0, 0), time(23, 59, 59)))
    office = Office(sessions, vault, make_twilio(), rules=always)
    assert turn(office.dispatcher()) == []
    (message,) = registry.messages()
    assert (message.state, message.why) == (State.QUEUED, Why.QUIET_HOURS)
    assert message.not_before > datetime.now(UTC)


async def test_old_news_is_dropped(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, vault: Vault
) -> None:
    registry.dossier()
    plan(sessions, make_desk())
    office = Office(sessions, vault, PhoneProvider(sessions, vault))
    now = datetime.now(UTC)
    with sessions.begin() as session:
        session.execute(update(Message).values(expires_at=now - timedelta(seconds=1)))
    assert turn(office.dispatcher()) == []
    assert [(m.state, m.why) for m in registry.messages()] == [(State.EXPIRED, Why.TOO_LATE)]


async def test_nobody_gets_more_than_the_hourly_cap(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, vault: Vault
) -> None:
    for _ in range(7):
        registry.dossier()
    plan(sessions, make_desk(digest_from=100))
    office = Office(sessions, vault, PhoneProvider(sessions, vault))
    assert len(turn(office.dispatcher())) == 5
    rest = [m for m in registry.messages() if m.why is Why.HOURLY_CAP]
    assert len(rest) == 2
    first = min(m.left_at for m in registry.messages() if m.left_at)
    assert {m.not_before for m in rest} == {first + timedelta(hours=1)}


@pytest.mark.parametrize(
    ("column", "sealed"),
    [
        ("body_enc", "written with another key"),
        ("phone_enc", "written with another key"),
        ("values_enc", Vault(SECRET).encrypt('{"code": "H60')),
    ],
)
async def test_a_message_that_cannot_be_put_together_fails_alone(
    planned: Planned,
    sessions: Sessions,
    registry: Registry,
    vault: Vault,
    column: str,
    sealed: str,
) -> None:
    planned(5)
    with sessions.begin() as session:
        first = session.scalars(select(Message).order_by(Message.id)).first()
        assert first is not None
        setattr(first, column, sealed)
    office = Office(sessions, vault, PhoneProvider(sessions, vault))
    await office.dispatch_until(lambda: states(registry)[1:] == [State.ACCEPTED] * 4)
    poisoned = registry.messages()[0]
    assert (poisoned.state, poisoned.why) == (State.FAILED, Why.UNREADABLE)


# --- workers that die or fall asleep --------------------------------------------------------------


async def test_a_worker_that_slept_past_its_deadline_does_not_send(
    sessions: Sessions,
    registry: Registry,
    make_desk: MakeDesk,
    make_twilio: MakeTwilio,
    twilio: FakeTwilio,
    vault: Vault,
) -> None:
    registry.dossier()
    plan(sessions, make_desk())
    office = Office(sessions, vault, make_twilio())
    dispatcher = office.dispatcher()
    (departure,) = dispatcher._turn([])
    await dispatcher._send(replace(departure, deadline=0.0))
    assert twilio.requests == 0
    assert [one.answer.outcome for one in dispatcher._finished] == [Outcome.NOT_SENT]


async def test_a_lease_about_to_run_out_is_not_used(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, vault: Vault
) -> None:
    registry.dossier()
    plan(sessions, make_desk())
    office = Office(sessions, vault, PhoneProvider(sessions, vault), pace=replace(SWIFT, lease=3))
    dispatcher = office.dispatcher()
    assert turn(dispatcher) == []
    assert states(registry) == [State.LEASED]


async def test_stopping_puts_back_what_had_not_left(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, vault: Vault
) -> None:
    registry.dossier()
    plan(sessions, make_desk())
    office = Office(sessions, vault, PhoneProvider(sessions, vault))
    dispatcher = leased(office, datetime.now(UTC))
    dispatcher.stop()
    await dispatcher.run()
    assert [(m.state, m.why) for m in registry.messages()] == [(State.QUEUED, Why.SHUTTING_DOWN)]
