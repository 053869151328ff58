"""Reconciliation: what may or may not have left is asked after, and ends once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core.database import Sessions
from core.privacy import Vault
from dossiers.lifecycle import Status
from notifier.models import Attempt, Message
from notifier.plan import plan_batch
from notifier.policy import Pace
from notifier.providers.phone import PhoneProvider
from notifier.reconcile import close_silent, expire, lapse_leases, settle_doubts
from notifier.states import State
from notifier.vocabulary import Why
from tests.fakes.twilio_server import FakeTwilio, Mood
from tests.notifier.conftest import SWIFT, MakeDesk, MakeTwilio, Office, Registry


@pytest.fixture
def office(sessions: Sessions, vault: Vault, make_twilio: MakeTwilio) -> Office:
    return Office(sessions, vault, make_twilio())


def plan(registry: Registry, make_desk: MakeDesk, status: Status = Status.DONE) -> None:
    registry.dossier(status=status)
    with registry.sessions.begin() as session:
        plan_batch(session, make_desk(), datetime.now(UTC))


def message(registry: Registry) -> Message:
    (one,) = registry.messages()
    return one


async def in_doubt(
    registry: Registry, make_desk: MakeDesk, office: Office, twilio: FakeTwilio, mood: Mood
) -> None:
    """One message of which nobody knows whether it left."""
    twilio.moods.append(mood)
    plan(registry, make_desk)
    await office.dispatch_until(lambda: message(registry).state is State.UNCERTAIN)


async def settle(office: Office, pace: Pace = SWIFT) -> int:
    settled = await settle_doubts(
        office.sessions, office.gateways, office.vault, office.rules, pace
    )
    office.apply_receipts()
    return settled


@pytest.mark.parametrize("mood", ["error_after", "hang_after", "cut_after", "no_sid"])
async def test_what_arrived_is_found_and_not_sent_again(
    registry: Registry, make_desk: MakeDesk, office: Office, twilio: FakeTwilio, mood: Mood
) -> None:
    await in_doubt(registry, make_desk, office, twilio, mood)
    assert await settle(office) == 1
    one = message(registry)
    assert (one.state, one.provider_ref) == (State.ACCEPTED, twilio.taken[0].sid)
    assert twilio.requests == 1


@pytest.mark.parametrize("mood", ["error_before", "hang_before"])
async def test_what_did_not_arrive_is_sent_again_once(
    registry: Registry, make_desk: MakeDesk, office: Office, twilio: FakeTwilio, mood: Mood
) -> None:
    await in_doubt(registry, make_desk, office, twilio, mood)
    assert await settle(office) == 1
    assert message(registry).state is State.QUEUED
    await office.dispatch_until(lambda: message(registry).state is State.ACCEPTED)
    assert len(twilio.taken) == 1
    with registry.sessions() as session:
        assert session.scalars(select(Attempt.n).order_by(Attempt.n)).all() == [1, 2]


async def test_it_is_not_asked_before_a_receipt_had_its_chance(
    registry: Registry, make_desk: MakeDesk, office: Office, twilio: FakeTwilio
) -> None:
    await in_doubt(registry, make_desk, office, twilio, "error_after")
    assert await settle(office, replace(SWIFT, grace=60)) == 0
    assert message(registry).state is State.UNCERTAIN


@pytest.mark.parametrize("listing", ["error", "redacted", "hang"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_list_that_proves_nothing_settles_nothing(
    registry: Registry, make_desk: MakeDesk, office: Office, twilio: FakeTwilio, listing: str
) -> None:
    await in_doubt(registry, make_desk, office, twilio, "error_after")
    twilio.listing = listing  # type: ignore[assignment]
    assert await settle(office) == 0
    assert message(registry).state is State.UNCERTAIN


@pytest.mark.parametrize(
    ("status", "state", "why"),
    [
        (Status.DONE, State.QUEUED, Why.RETRYING),
        (Status.PROCESSING, State.UNCERTAIN_FINAL, Why.NO_WORD),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_cannot_be_found_out_is_decided_by_the_templates_policy(
    registry: Registry,
    make_desk: MakeDesk,
    office: Office,
    twilio: FakeTwilio,
    status: Status,
    state: State,
    why: Why,
) -> None:
    twilio.moods.append("error_after")
    twilio.listing = "error"
    plan(registry, make_desk, status)
    await office.dispatch_until(lambda: message(registry).state is State.UNCERTAIN)
    assert await settle(office, replace(SWIFT, asking=0)) == 1
    assert (message(registry).state, message(registry).why) == (state, why)


async def test_an_equal_text_to_the_same_number_is_not_mistaken_for_it(
    registry: Registry, make_desk: MakeDesk, office: Office, twilio: FakeTwilio
) -> None:
    plan(registry, make_desk)
    await office.dispatch_until(lambda: message(registry).state is State.ACCEPTED)
    with registry.sessions.begin() as session:
        session.execute(update(Message).values(dedupe_key="an earlier one"))
        body, tail = session.execute(select(Message.body_enc, Message.phone_tail)).one()
    # The same text again, of which the server knows nothing.
    twilio.moods.append("error_before")
    registry.dossier(status=Status.DONE)
    with registry.sessions.begin() as session:
        plan_batch(session, make_desk(), datetime.now(UTC))
        second = session.scalars(select(Message).order_by(Message.id.desc())).first()
        assert second is not None
        second.body_enc, second.phone_tail = body, tail
    await office.dispatch_until(lambda: registry.messages()[1].state is State.UNCERTAIN)
    await settle(office)
    assert registry.messages()[1].state is State.QUEUED


async def test_the_demonstration_phone_can_be_asked_too(
    registry: Registry, make_desk: MakeDesk, sessions: Sessions, vault: Vault
) -> None:
    provider = PhoneProvider(sessions, vault)
    office = Office(sessions, vault, provider)
    plan(registry, make_desk)
    dispatcher = office.dispatcher()
    (departure,) = dispatcher._turn([])
    now = datetime.now(UTC)
    with sessions.begin() as session:
        session.execute(update(Message).values(lease_until=now - timedelta(seconds=1)))
        lapse_leases(session, now)
    assert message(registry).state is State.UNCERTAIN
    # Never arrived: back into the queue.
    await settle(office)
    assert message(registry).state is State.QUEUED
    # Now it had arrived, and its receipt with it.
    await provider.send(departure.request)
    office.apply_receipts()
    assert message(registry).state is State.DELIVERED


def test_leases_that_ran_out(
    registry: Registry, make_desk: MakeDesk, sessions: Sessions, vault: Vault
) -> None:
    for _ in range(2):
        registry.dossier()
    with sessions.begin() as session:
        plan_batch(session, make_desk(), datetime.now(UTC))
    office = Office(sessions, vault, PhoneProvider(sessions, vault))
    dispatcher = office.dispatcher(concurrency=1)
    dispatcher._turn([])  # claims two, marks one as sending
    assert [m.state for m in registry.messages()] == [State.SENDING, State.LEASED]
    now = datetime.now(UTC)
    with sessions.begin() as session:
        assert lapse_leases(session, now) == 0
        assert lapse_leases(session, now + timedelta(minutes=1)) == 2
    assert [(m.state, m.why) for m in registry.messages()] == [
        (State.UNCERTAIN, Why.WORKER_LOST),
        (State.QUEUED, Why.WORKER_LOST),
    ]


def test_old_messages_are_closed(
    registry: Registry, make_desk: MakeDesk, sessions: Sessions
) -> None:
    for i in range(4):
        registry.dossier(phone=f"+8491234{i:04d}")
    now = datetime.now(UTC)
    with sessions.begin() as session:
        plan_batch(session, make_desk(), now)
        for one, state in zip(
            session.scalars(select(Message).order_by(Message.id)),
            (State.QUEUED, State.HELD, State.ACCEPTED, State.SENT),
            strict=True,
        ):
            one.state = state
            one.accepted_at = now if state in (State.ACCEPTED, State.SENT) else None
    with sessions.begin() as session:
        assert expire(session, now) == close_silent(session, Pace(), now) == 0
        assert expire(session, now + timedelta(hours=25)) == 2
        assert close_silent(session, Pace(), now + timedelta(hours=73)) == 2
    assert [m.state for m in registry.messages()] == [
        State.EXPIRED,
        State.EXPIRED,
        State.UNCONFIRMED,
        State.UNCONFIRMED,
    ]
