"""Circuits and rates, as rows that all workers share."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.database import Sessions
from notifier import circuits, rates
from notifier.circuits import BURST, PROBE_WAIT, PROBES, Circuit, is_burst
from notifier.policy import PAUSES
from notifier.states import State
from notifier.vocabulary import CircuitChange, Outcome, Why
from tests.fakes.esms_server import FakeEsms
from tests.fakes.twilio_server import FakeTwilio
from tests.notifier.conftest import (
    NOON,
    OnRoute,
    Planned,
    Registry,
    settled,
)

SECOND = timedelta(seconds=1)


def standing(sessions: Sessions, name: str, now: datetime) -> Circuit:
    with sessions() as session:
        return circuits.standing(circuits.states(session, [name]).get(name), now)


def opened(sessions: Sessions, now: datetime, name: str = "esms") -> bool:
    with sessions.begin() as session:
        return circuits.open_circuit(session, name, "103", "w", now)


def doors(sessions: Sessions, now: datetime, worker: str = "w") -> circuits.Doors:
    with sessions.begin() as session:
        return circuits.doors(session, ["esms", "twilio"], worker, now)


def changes(sessions: Sessions) -> list[CircuitChange]:
    with sessions() as session:
        found = circuits.history(session, ["esms", "twilio"], 50)
    return [one.change for one in reversed(found)]


def test_a_circuit_opens_longer_each_time_and_closes_on_success(sessions: Sessions) -> None:
    now = NOON
    assert doors(sessions, now).closed == {}
    for n, seconds in enumerate((*PAUSES, PAUSES[-1])):
        assert opened(sessions, now)
        assert not opened(sessions, now), "what is still on the wire says nothing new"
        assert doors(sessions, now).closed == {"esms": now + timedelta(seconds=seconds)}
        assert standing(sessions, "esms", now) is Circuit.OPEN
        now += timedelta(seconds=seconds)
        assert standing(sessions, "esms", now) is Circuit.HALF_OPEN
        assert doors(sessions, now).probes == {"esms": PROBES}
        # While the few are under way nobody else tries, and their failure opens it again.
        assert doors(sessions, now, "another").closed == {"esms": now + PROBE_WAIT}, n
    with sessions.begin() as session:
        circuits.close_circuit(session, "esms", "w", now)
        circuits.close_circuit(session, "esms", "w", now)
    assert standing(sessions, "esms", now) is Circuit.CLOSED
    assert doors(sessions, now) == circuits.Doors()
    told = [CircuitChange.OPENED, CircuitChange.PROBED] * 4 + [CircuitChange.CLOSED]
    assert changes(sessions) == told


def test_probes_of_which_nothing_was_heard_are_followed_by_more(sessions: Sessions) -> None:
    opened(sessions, NOON)
    later = NOON + timedelta(seconds=PAUSES[0])
    assert doors(sessions, later).probes
    assert not doors(sessions, later + PROBE_WAIT / 2).probes
    assert doors(sessions, later + PROBE_WAIT).probes == {"esms": PROBES}


def test_only_so_many_pass_a_half_open_door() -> None:
    found = circuits.Doors(probes={"esms": PROBES})
    for _ in range(PROBES):
        assert found.closed == {}
        found.pass_through("esms", NOON)
    assert found.closed == {"esms": NOON}
    found.pass_through("twilio", NOON)


def test_whom_a_person_stops_only_a_person_resumes(sessions: Sessions) -> None:
    with sessions.begin() as session:
        circuits.stop(session, "esms", "the contract has ended", "officer", NOON)
    much_later = NOON + timedelta(days=30)
    assert standing(sessions, "esms", much_later) is Circuit.STOPPED
    assert set(doors(sessions, much_later).closed) == {"esms"}
    with sessions.begin() as session:
        circuits.close_circuit(session, "esms", "w", much_later)
    assert standing(sessions, "esms", much_later) is Circuit.STOPPED
    with sessions.begin() as session:
        assert circuits.resume(session, "esms", "renewed", "officer", much_later)
        assert not circuits.resume(session, "esms", "renewed", "officer", much_later)
    assert standing(sessions, "esms", much_later) is Circuit.CLOSED
    with sessions() as session:
        latest, first = circuits.history(session, ["esms"], 9)
    assert (first.reason, first.by) == ("the contract has ended", "officer")
    assert (latest.change, latest.reason) == (CircuitChange.RESUMED, "renewed")


@given(st.lists(st.sampled_from(Outcome), max_size=40))
def test_a_burst_is_ten_failures_of_the_latest_twenty(outcomes: list[Outcome]) -> None:
    bad = {Outcome.NOT_SENT, Outcome.THROTTLED, Outcome.AMBIGUOUS}
    assert is_burst(outcomes) is (len([one for one in outcomes[:20] if one in bad]) >= 10)


# --- with a dispatcher ---------------------------------------------------------------------------


async def test_a_provider_that_fails_too_often_is_left_alone_and_the_other_takes_over(
    planned: Planned,
    on_route: OnRoute,
    sessions: Sessions,
    registry: Registry,
    esms: FakeEsms,
    twilio: FakeTwilio,
) -> None:
    planned(40)
    esms.mood = "unavailable"
    office = on_route("esms, twilio")
    await office.dispatch_until(
        settled(registry, State.ACCEPTED),
        dispatcher=office.dispatcher(concurrency=8),
    )
    assert sorted(twilio.refs()) == sorted(m.ref for m in registry.messages())
    assert esms.refs() == []
    assert standing(sessions, "esms", datetime.now(UTC)) is Circuit.OPEN
    # Ten failures, and those that were on the wire with the tenth.
    assert BURST <= esms.requests <= BURST + 2 * 8
    assert changes(sessions)[0] is CircuitChange.OPENED
    assert {m.provider for m in registry.messages()} == {"twilio"}
    with sessions() as session:
        assert circuits.sent_since(session, NOON) == {"twilio": 40}
        assert circuits.sent_since(session, datetime.now(UTC) + SECOND) == {}


async def test_a_provider_that_is_well_again_is_tried_by_few_and_then_used(
    planned: Planned,
    on_route: OnRoute,
    sessions: Sessions,
    registry: Registry,
    esms: FakeEsms,
) -> None:
    opened(sessions, datetime.now(UTC) - timedelta(seconds=PAUSES[0]))
    planned(12)
    office = on_route("esms")
    dispatcher = office.dispatcher()
    going = dispatcher._turn([])
    assert len(going) == PROBES
    waiting = [m for m in registry.messages() if m.state is State.QUEUED]
    assert {m.why for m in waiting} == {Why.PROVIDER_PAUSED}
    assert len(waiting) == 12 - PROBES
    for departure in going:
        await dispatcher._send(departure)
    finished, dispatcher._finished = dispatcher._finished, []
    dispatcher._turn(finished)
    assert standing(sessions, "esms", datetime.now(UTC)) is Circuit.CLOSED
    told = [CircuitChange.OPENED, CircuitChange.PROBED, CircuitChange.CLOSED]
    assert changes(sessions) == told


async def test_with_every_provider_out_of_use_messages_wait(
    planned: Planned,
    on_route: OnRoute,
    sessions: Sessions,
    registry: Registry,
    esms: FakeEsms,
    twilio: FakeTwilio,
) -> None:
    with sessions.begin() as session:
        for name in ("esms", "twilio"):
            circuits.stop(session, name, "a drill", "officer", datetime.now(UTC))
    planned(3)
    office = on_route("esms:1 twilio:1")
    assert office.dispatcher()._turn([]) == []
    assert {(m.state, m.why) for m in registry.messages()} == {(State.QUEUED, Why.PROVIDER_PAUSED)}
    assert esms.requests == twilio.requests == 0


# --- rates ---------------------------------------------------------------------------------------


def taken(sessions: Sessions, rate: float, now: datetime, wanted: int = 1000) -> int:
    with sessions.begin() as session:
        n = min(wanted, rates.available(session, "esms", rate, now))
        rates.take(session, "esms", n)
        return n


def test_a_bucket_holds_a_second_and_fills_with_time(sessions: Sessions) -> None:
    assert taken(sessions, 10, NOON) == 10
    assert taken(sessions, 10, NOON) == 0
    assert taken(sessions, 10, NOON + 0.35 * SECOND) == 3
    assert taken(sessions, 10, NOON + 60 * SECOND, wanted=4) == 4
    assert taken(sessions, 10, NOON + 60 * SECOND) == 6
    # A clock that is behind gives nothing, and takes nothing away.
    assert taken(sessions, 10, NOON) == 0
    assert taken(sessions, 10, NOON + 61 * SECOND) == 10


def test_less_than_one_a_second_is_one_now_and_then(sessions: Sessions) -> None:
    given_ = [taken(sessions, 0.5, NOON + n * SECOND) for n in range(8)]
    assert given_ == [1, 0, 1, 0, 1, 0, 1, 0]


def test_workers_at_once_take_from_one_bucket(sessions: Sessions) -> None:
    got: list[int] = []
    ready = threading.Barrier(6)

    def work() -> None:
        ready.wait()
        got.extend(taken(sessions, 20, NOON, wanted=5) for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(got) == 20


async def test_what_a_provider_will_not_take_yet_waits_and_does_not_go_elsewhere(
    planned: Planned,
    on_route: OnRoute,
    registry: Registry,
    esms: FakeEsms,
    twilio: FakeTwilio,
) -> None:
    planned(20)
    office = on_route("esms, twilio", esms_rate=4.0)
    dispatcher = office.dispatcher(concurrency=20)
    assert len(dispatcher._turn([])) == 4
    assert len(dispatcher._buffer) == 16
    await office.dispatch_until(lambda: len(esms.taken) >= 8, dispatcher=dispatcher)
    assert twilio.requests == 0
    # What was left when the worker was told to end went back.
    assert {m.state for m in registry.messages()} <= {
        State.ACCEPTED,
        State.QUEUED,
        State.SENDING,
    }


async def test_what_has_waited_for_long_makes_room_for_what_another_takes(
    planned: Planned,
    on_route: OnRoute,
    sessions: Sessions,
    registry: Registry,
) -> None:
    planned(6)
    # The first tier has no form for a message of this kind, and no limit.
    office = on_route("zns, esms", zns_templates={"accepted": "102"}, esms_rate=1.0)
    dispatcher = office.dispatcher()
    assert len(dispatcher._turn([])) == 1
    assert len(dispatcher._buffer) == 5
    half = timedelta(seconds=office.pace.lease / 2)
    old = [replace(one, lease_until=one.lease_until - half) for one in dispatcher._buffer]
    with sessions.begin() as session:
        _left, waiting = dispatcher._mark(session, old, datetime.now(UTC))
    assert waiting == []
    assert {(m.state, m.why) for m in registry.messages()} == {
        (State.SENDING, None),
        (State.QUEUED, Why.RATE_LIMITED),
    }


async def test_where_every_provider_has_a_limit_no_more_is_claimed_than_goes_soon(
    planned: Planned, on_route: OnRoute, registry: Registry
) -> None:
    """So that an OTP is not behind a minute's worth of news."""
    planned(30)
    office = on_route("esms", esms_rate=3.0)
    office.dispatcher(concurrency=16)._turn([])
    states = [m.state for m in registry.messages()]
    assert states.count(State.SENDING) == 3
    assert states.count(State.LEASED) == 3
    assert states.count(State.QUEUED) == 24
