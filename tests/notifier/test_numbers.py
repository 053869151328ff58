"""A number that changes while a message waits: nothing goes to the old one, nothing gets lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.database import Sessions
from dossiers.lifecycle import Status
from notifier import operators, outbox
from notifier.desk import Desk
from notifier.outbox import Change
from notifier.plan import follow_numbers, plan_batch
from notifier.policy import Step
from notifier.reminders import remind
from notifier.states import Cause, State
from notifier.vocabulary import Why
from tests.notifier.conftest import NOON, OTHER_PHONE, PHONE, MakeDesk, Office, Registry, from_noon


def plan(sessions: Sessions, desk: Desk) -> None:
    with sessions.begin() as session:
        plan_batch(session, desk, NOON)


def follow(sessions: Sessions, desk: Desk) -> int:
    with sessions.begin() as session:
        return follow_numbers(session, desk, NOON).messages


@pytest.mark.parametrize("waiting", [State.QUEUED, State.HELD, State.LEASED])
def test_what_waits_goes_to_the_new_number_alone(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, waiting: State
) -> None:
    dossier = registry.dossier()
    plan(sessions, make_desk())
    (old,) = registry.messages()
    leased = []
    with sessions.begin() as session:
        if waiting is State.HELD:
            operators.hold(session, [old.id], "operator", NOON)
        if waiting is State.LEASED:
            leased = outbox.claim(session, "worker", 10, 60, NOON)
    registry.renumber(dossier, OTHER_PHONE)

    assert follow(sessions, make_desk()) == 1

    old, new = registry.messages()
    assert (old.state, old.why, old.phone_tail) == (State.CANCELLED, Why.NUMBER_CHANGED, "678")
    held = waiting is State.HELD
    assert (new.state, new.phone_tail) == (State.HELD if held else State.QUEUED, "321")
    assert registry.text(new) == registry.text(old)
    (decision,) = registry.decisions()
    assert (decision.why, decision.message_id) == (Why.TOLD, new.id)
    if leased:  # the worker that has it comes too late
        with sessions.begin() as session:
            send = Change(old.id, State.LEASED, leased[0].epoch, Step(Cause.SEND))
            assert outbox.change(session, [send], "worker", NOON) == set()
    assert follow(sessions, make_desk()) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_dispatcher_sends_to_the_new_number_only(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, twilio, make_twilio
) -> None:  # type: ignore[no-untyped-def]
    dossier = registry.dossier()
    plan(sessions, make_desk())
    registry.renumber(dossier, OTHER_PHONE)
    follow(sessions, make_desk())
    from_noon(sessions)
    office = Office(sessions, registry.vault, make_twilio())
    await office.dispatch_until(lambda: len(twilio.taken) == 1)
    assert [one.to for one in twilio.taken] == [OTHER_PHONE]


def test_there_and_back_again_is_told_once_at_the_end(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = registry.dossier()
    plan(sessions, make_desk())
    for phone in (OTHER_PHONE, PHONE):
        registry.renumber(dossier, phone)
        follow(sessions, make_desk())
    states = [(m.state, m.phone_tail) for m in registry.messages()]
    assert states == [
        (State.CANCELLED, "678"), (State.CANCELLED, "321"), (State.QUEUED, "678"),
    ]  # fmt: skip


def test_a_number_taken_away_is_written_down_as_none(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = registry.dossier()
    plan(sessions, make_desk())
    registry.renumber(dossier, None)
    assert follow(sessions, make_desk()) == 0
    assert [m.state for m in registry.messages()] == [State.CANCELLED]
    assert [d.why for d in registry.decisions()] == [Why.NO_MOBILE]


def test_one_dossier_of_a_digest_leaves_it_and_the_others_stay(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossiers = [registry.dossier(status=Status.DONE) for _ in range(4)]
    plan(sessions, make_desk())
    registry.renumber(dossiers[0], OTHER_PHONE)
    follow(sessions, make_desk())
    digest, *rest = registry.messages()
    assert (digest.template, digest.state) == ("digest", State.CANCELLED)
    assert {(m.template, m.phone_tail, m.state) for m in rest} == {
        ("digest", "678", State.QUEUED),
        ("done", "321", State.QUEUED),
    }
    assert any("3 ho so" in registry.text(m) for m in rest)


def test_what_has_left_has_left(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = registry.dossier()
    plan(sessions, make_desk())
    with sessions.begin() as session:
        (one,) = outbox.claim(session, "worker", 10, 60, NOON)
        send = Change(one.id, State.LEASED, one.epoch, Step(Cause.SEND))
        outbox.change(session, [send], "worker", NOON)
    registry.renumber(dossier, OTHER_PHONE)
    assert follow(sessions, make_desk()) == 0
    assert [m.state for m in registry.messages()] == [State.SENDING]


def test_a_reminder_is_given_again_to_the_new_number(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = registry.dossier(status=Status.DONE, at=NOON - timedelta(days=3), backlog=True)

    def morning() -> int:
        with sessions.begin() as session:
            return remind(session, make_desk(), {Status.DONE: (3,)}, lambda a, b: 3, NOON)

    assert morning() == 1
    registry.renumber(dossier, OTHER_PHONE)
    follow(sessions, make_desk())
    assert morning() == 1
    assert [(m.state, m.phone_tail) for m in registry.messages()] == [
        (State.CANCELLED, "678"),
        (State.QUEUED, "321"),
    ]


def test_a_message_sent_again_by_hand_goes_to_the_present_number(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = registry.dossier()
    plan(sessions, make_desk())
    with sessions.begin() as session:
        (one,) = outbox.claim(session, "worker", 10, 60, NOON)
        reject = Change(one.id, State.LEASED, one.epoch, Step(Cause.REJECT))
        outbox.change(session, [reject], "worker", NOON)
    registry.renumber(dossier, OTHER_PHONE)
    with sessions.begin() as session:
        operators.retry(session, make_desk(), one.id, NOON)
    assert registry.messages()[-1].phone_tail == "321"
