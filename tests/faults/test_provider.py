"""Whatever a provider does, in the middle of a burst: one delivery of each message at most, and
of each that it did not refuse for good exactly one."""

from __future__ import annotations

import socket
from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from core.privacy import Vault
from notifier.models import Attempt, Message
from notifier.states import State
from notifier.vocabulary import Outcome, Why
from tests.fakes.twilio_server import Mood
from tests.faults.conftest import SECRET, System, long_form, on_sqlite

pytestmark = [long_form, pytest.mark.timeout(300), on_sqlite]

N = 40
FEW = 6
"""Fewer than make a provider be left alone for half a minute."""


def outcomes(system: System) -> Counter[Outcome | None]:
    with system.sessions() as session:
        return Counter(session.scalars(select(Attempt.outcome)))


@pytest.mark.parametrize(
    ("mood", "outcome"),
    [
        ("hang_after", Outcome.AMBIGUOUS),
        ("hang_before", Outcome.AMBIGUOUS),
        ("slow_body", Outcome.AMBIGUOUS),
        ("cut_after", Outcome.AMBIGUOUS),
        ("error_after", Outcome.AMBIGUOUS),
        ("error_before", Outcome.AMBIGUOUS),
        ("broken_json", Outcome.AMBIGUOUS),
        ("no_sid", Outcome.AMBIGUOUS),
        ("html", Outcome.AMBIGUOUS),
        ("empty", Outcome.AMBIGUOUS),
        ("too_many", Outcome.THROTTLED),
        ("too_many_later", Outcome.THROTTLED),
        ("queue_full", Outcome.THROTTLED),
        ("unavailable", Outcome.NOT_SENT),
    ],
)
def test_an_accident_in_a_burst(system: System, mood: Mood, outcome: Outcome) -> None:
    system.settings |= {"MOTCUA_SMS_LEASE": "20"}
    system.twilio.moods.extend([*["well"] * 8, *[mood] * FEW])
    system.events(N)
    process = system.start()
    if outcome in (Outcome.THROTTLED, Outcome.NOT_SENT):
        system.wait(lambda: system.states()[State.ACCEPTED] == N - FEW)
        assert len(system.twilio.taken) == N - FEW
        with system.sessions() as session:
            rows = session.scalars(select(Message).where(Message.state == State.QUEUED)).all()
        now = datetime.now(UTC)
        assert {m.why for m in rows} == {Why.RETRYING}
        # By the provider's word where it gave one (77 s), else within half a minute or so.
        waits = [(m.not_before - now).total_seconds() for m in rows]
        assert min(waits) > 40 if mood == "too_many_later" else max(waits) < 37
        system.due_now()
    system.wait_until_settled(N)
    assert system.joined() == (0, 0)
    assert outcomes(system)[outcome] == FEW
    assert process.poll() is None


def test_a_provider_that_cannot_be_reached(system: System) -> None:
    with socket.socket() as nobody:  # bound, and listened to by no one
        nobody.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        system.settings["MOTCUA_TWILIO_BASE_URL"] = closed
        system.events(FEW)
        process = system.start()
        system.wait(lambda: outcomes(system) == {Outcome.NOT_SENT: FEW})
        system.stop(process)
    assert system.states() == {State.QUEUED: FEW}
    del system.settings["MOTCUA_TWILIO_BASE_URL"]
    system.due_now()
    system.start()
    system.wait_until_settled(FEW)
    assert system.joined() == (0, 0)


def test_numbers_and_texts_that_are_poison_fail_alone(system: System) -> None:
    """Numbers that the provider refuses, and messages that cannot be put together."""
    refused = {f"+8491{i:07d}" for i in (3, 11, 19)}
    system.twilio.choose = lambda to: "invalid_number" if to in refused else "well"
    system.settings["MOTCUA_TWILIO_BASE_URL"] = "http://127.0.0.1:9"
    system.events(N)
    planner = system.start()
    system.wait(lambda: sum(system.states().values()) == N)
    system.stop(planner)
    del system.settings["MOTCUA_TWILIO_BASE_URL"]
    with system.sessions.begin() as session:
        for message, (column, sealed) in zip(
            session.scalars(select(Message).order_by(Message.id).limit(3)),
            (
                ("body_enc", "written with another key"),
                ("phone_enc", "written with another key"),
                ("values_enc", Vault(SECRET).encrypt("{")),
            ),
            strict=True,
        ):
            setattr(message, column, sealed)
    system.due_now()
    process = system.start()
    system.wait(lambda: set(system.states()) == {State.ACCEPTED, State.FAILED}, seconds=120)
    with system.sessions() as session:
        failed = session.scalars(select(Message).where(Message.state == State.FAILED)).all()
        accepted = session.scalars(select(Message.ref).where(Message.state == State.ACCEPTED))
        assert Counter(system.twilio.refs()) == Counter(accepted)
    whys = Counter(message.why for message in failed)
    assert whys == {Why.UNREADABLE: 3, Why.PROVIDER_REFUSED: 3}
    assert process.poll() is None
