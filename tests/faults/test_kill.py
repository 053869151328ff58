"""Processes that die, sleep or are stopped: nothing is lost and nothing is doubled."""

from __future__ import annotations

import random
import signal

import pytest
from sqlalchemy import select

from notifier.models import Message
from notifier.states import State
from notifier.vocabulary import Why
from tests.fakes.twilio_server import Mood
from tests.faults.conftest import System, long_form, on_sqlite
from tests.faults.doomed import POINTS

pytestmark = pytest.mark.timeout(300)


@on_sqlite
def test_kill_in_the_middle_of_a_burst(system: System) -> None:
    """The short form: one kill, one restart."""
    system.twilio.latency = 0.05
    system.events(60)
    process = system.start()
    system.wait(lambda: len(system.twilio.taken) >= 20)
    process.kill()
    process.wait(10)
    system.start()
    system.wait_until_settled(60)
    assert system.joined() == (0, 0)
    assert system.states() == {State.ACCEPTED: 60}


@long_form
def test_kill_again_and_again(system: System) -> None:
    system.twilio.latency = 0.05
    system.events(120)
    for goal in (15, 45, 80):
        process = system.start()
        system.wait(lambda goal=goal: len(system.twilio.taken) >= goal)  # type: ignore[misc]
        process.kill()
        process.wait(10)
    system.start()
    system.wait_until_settled(120)
    assert system.joined() == (0, 0)
    assert system.states() == {State.ACCEPTED: 120}


@long_form
def test_kill_among_every_accident_a_provider_can_have(system: System) -> None:
    dice = random.Random(7)
    accidents: list[Mood] = ["error_after", "error_before", "cut_after", "no_sid", "broken_json"]
    system.twilio.latency = 0.02
    system.twilio.moods.extend(
        dice.choice(accidents) if dice.random() < 0.4 else "well" for _ in range(80)
    )
    system.events(60)
    process = system.start()
    system.wait(lambda: len(system.twilio.taken) >= 25)
    process.kill()
    process.wait(10)
    system.start()
    system.wait_until_settled(60)
    assert system.joined() == (0, 0)


@long_form
@pytest.mark.parametrize("point", POINTS)
@on_sqlite
def test_kill_at_each_point_between_lease_and_outcome(system: System, point: str) -> None:
    planner = system.start()
    system.twilio.mood = "unavailable"  # planned, tried, and surely not sent
    system.events(4)
    system.wait(lambda: system.twilio.requests >= 4)
    planner.terminate()
    planner.wait(20)
    system.twilio.mood = "well"
    system.due_now()

    doomed = system.start(point, module="tests.faults.doomed")
    assert doomed.wait(30) == -signal.SIGKILL
    system.start()
    system.wait_until_settled(4)
    assert system.joined() == (0, 0)


@long_form
@on_sqlite
def test_a_worker_that_is_stopped_beyond_its_lease_sends_nothing_when_it_wakes(
    system: System,
) -> None:
    system.twilio.latency = 0.05
    system.events(100)
    sleeper = system.start()
    system.wait(lambda: len(system.twilio.taken) >= 20)
    sleeper.send_signal(signal.SIGSTOP)
    system.start()
    system.wait_until_settled(100)
    sleeper.send_signal(signal.SIGCONT)
    sleeper.terminate()
    assert sleeper.wait(20) == 0
    assert system.joined() == (0, 0)


@long_form
def test_a_leader_that_is_stopped_is_followed_and_does_no_harm_when_it_wakes(
    system: System,
) -> None:
    """While it sleeps another leads; for a moment, both think that they do."""
    system.twilio.latency = 0.05
    system.events(40)
    sleeper = system.start()
    system.wait(lambda: len(system.twilio.taken) >= 20)
    sleeper.send_signal(signal.SIGSTOP)
    system.start()
    system.wait_for_word('"leading": true', times=2)
    system.events(40, first=40)
    system.wait(lambda: sum(system.states().values()) == 80)
    system.events(40, first=80)  # both plan these
    sleeper.send_signal(signal.SIGCONT)
    system.wait_until_settled(120)
    assert system.joined() == (0, 0)
    assert system.states() == {State.ACCEPTED: 120}


@long_form
def test_several_processes_on_one_database(system: System) -> None:
    system.twilio.latency = 0.02
    system.events(150)
    processes = [system.start() for _ in range(3)]
    system.wait(lambda: len(system.twilio.taken) >= 60)
    processes[0].kill()
    system.wait_until_settled(150)
    assert system.joined() == (0, 0)


@long_form
@on_sqlite
def test_a_process_told_to_end_leaves_nothing_in_doubt(system: System) -> None:
    system.twilio.latency = 0.1
    system.events(100)
    process = system.start()
    system.wait(lambda: len(system.twilio.taken) >= 20)
    process.terminate()
    assert process.wait(30) == 0
    assert set(system.states()) <= {State.QUEUED, State.ACCEPTED}
    with system.sessions() as session:
        whys = set(session.scalars(select(Message.why).where(Message.state == State.QUEUED)))
    assert whys <= {None, Why.SHUTTING_DOWN}
    assert '"level": "error"' not in system.logs(), "an end in good order is no error"
    system.start()
    system.wait_until_settled(100)
    assert system.joined() == (0, 0)
