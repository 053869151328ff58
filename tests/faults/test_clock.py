"""Clocks that are set by an hour in the middle of a burst: nothing is lost, nothing doubled."""

from __future__ import annotations

import signal

import pytest

from notifier.states import State
from tests.faults.conftest import System, long_form, on_sqlite

pytestmark = [long_form, pytest.mark.timeout(300)]

ON, BACK = signal.SIGUSR1, signal.SIGUSR2
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@on_sqlite
def test_a_clock_that_is_set_on_and_right_again(system: System) -> None:
    """On SQLite the machine's clock is the only one: every lease runs out at once."""
    system.settings["MOTCUA_UNCERTAIN_GRACE"] = "3"  # longer than a request, as it is in use
    system.twilio.latency = 0.2
    system.events(150)
    process = system.start(module="tests.faults.astray")
    for goal, step in ((30, ON), (60, BACK), (90, ON)):
        system.wait(lambda goal=goal: len(system.twilio.taken) >= goal)  # type: ignore[misc]
        process.send_signal(step)
    system.wait_until_settled(150)
    assert system.joined() == (0, 0)
    assert process.poll() is None


@on_sqlite
def test_a_clock_that_is_set_back_delays_what_waits_and_stops_nothing(system: System) -> None:
    system.twilio.latency = 0.2
    system.events(60)
    process = system.start(module="tests.faults.astray")
    system.wait(lambda: len(system.twilio.taken) >= 20)
    process.send_signal(BACK)
    system.events(20, first=60)
    news = {f"+8491{i:07d}" for i in range(60, 80)}
    # News goes on being planned and sent; only what was due by the clock before has to wait.
    system.wait(lambda: news <= {one.to for one in system.twilio.taken})
    process.send_signal(ON)
    system.wait_until_settled(80)
    assert system.joined() == (0, 0)
    assert system.states() == {State.ACCEPTED: 80}


@on_postgresql
def test_machines_whose_clocks_differ_by_two_hours(system: System) -> None:
    """The database's clock is the one that counts."""
    system.twilio.latency = 0.1
    system.events(150)
    processes = [system.start(module="tests.faults.astray") for _ in range(3)]
    system.wait_for_word("notifier started", times=3)
    processes[0].send_signal(ON)
    processes[1].send_signal(BACK)
    system.wait(lambda: len(system.twilio.taken) >= 100)
    processes[0].kill()
    system.events(30, first=150)
    system.wait_until_settled(180)
    assert system.joined() == (0, 0)
    assert system.states() == {State.ACCEPTED: 180}
