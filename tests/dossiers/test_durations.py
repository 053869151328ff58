"""How long it has taken: the share that is told is true, and little is said of little."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dossiers.models  # noqa: F401
from core.database import Sessions
from dossiers.durations import BARS, ENOUGH, SHARE, estimate, how_long
from dossiers.lifecycle import Status
from dossiers.models import Dossier, Office
from tests.dossiers.exports import NOW

many = st.lists(st.integers(0, 400), min_size=ENOUGH, max_size=200)


def days_between(start: date, end: date) -> int:
    return (end - start).days


@given(many, st.integers(0, 60))
def test_eight_of_ten_comparable_ones_were_done_by_then_and_not_a_day_earlier(
    durations: list[int], elapsed: int
) -> None:
    told = estimate(durations, elapsed)
    comparable = [days for days in durations if days >= elapsed]
    if len(comparable) < ENOUGH:
        assert told is None
        return
    assert told is not None
    assert told.cases == len(comparable)
    by_then = sum(days <= told.days for days in comparable)
    earlier = sum(days <= told.days - 1 for days in comparable)
    assert by_then * 10 >= SHARE * len(comparable) > earlier * 10
    assert told.days >= elapsed


@given(many, st.integers(0, 500))
def test_a_chart_leaves_nobody_out_and_shows_where_one_stands(
    durations: list[int], elapsed: int
) -> None:
    told = estimate([*durations, *[1000] * ENOUGH], elapsed)
    assert told is not None
    assert len(told.bars) == BARS
    assert sum(bar.count for bar in told.bars) == len(durations) + ENOUGH
    assert [bar.here for bar in told.bars].count(True) == 1
    edges = [(bar.first, bar.last) for bar in told.bars]
    assert all(
        last is not None and last + 1 == edges[n + 1][0] for n, (_, last) in enumerate(edges[:-1])
    )
    assert edges[-1][1] is None


def test_worked_by_hand() -> None:
    told = estimate([1] * 10 + [3] * 6 + [9] * 4)
    assert told is not None
    assert (told.cases, told.days) == (20, 3)
    # Of those that took five days or more there are four: too few to say anything.
    assert estimate([1] * 10 + [3] * 6 + [9] * 4, elapsed=5) is None


@pytest.fixture
def history(sessions: Sessions) -> Sessions:
    """Two offices, two procedures, and finished dossiers that took 1, 2, 3 … days."""
    with sessions.begin() as session:
        offices = [Office(key=f"o{n}", name=f"Chi nhánh {n}") for n in range(2)]
        session.add_all(offices)
        session.flush()
        serial = 0
        for office, procedure, days_each, number in (
            (offices[0], "1.013831", 1, 25),
            (offices[1], "1.013831", 7, 25),
            (offices[0], "1.013978", 9, 19),
        ):
            for n in range(number):
                serial += 1
                session.add(dossier(serial, office, procedure, done=days_each * (n % 5 + 1)))
    return sessions


def dossier(
    serial: int, office: Office, procedure: str, done: int | None = None, ago: int = 60
) -> Dossier:
    received = NOW - timedelta(days=ago)
    return Dossier(
        code=f"H60.12.01-261001-{serial:04}",
        procedure_code=procedure,
        procedure_name="x",
        office_id=office.id,
        received_at=received,
        moved_at=received,
        done_at=None if done is None else received + timedelta(days=done),
        sample=False,
        status=Status.PROCESSING if done is None else Status.DONE,
        created_at=NOW,
        updated_at=NOW,
    )


def told_of(sessions: Sessions, procedure: str, office: int, now: datetime = NOW) -> object:
    with sessions() as session:
        offices = session.query(Office).order_by(Office.id).all()
        asked = dossier(9000, offices[office], procedure, ago=0)
        found = how_long(session, asked, days_between, now)
        return found and (found.cases, found.days, found.elapsed)


def test_only_the_same_procedure_at_the_same_office_within_a_year(history: Sessions) -> None:
    assert told_of(history, "1.013831", 0) == (25, 4, 0)
    assert told_of(history, "1.013831", 1) == (25, 28, 0)
    assert told_of(history, "1.013978", 0) is None, "nineteen are not enough"
    assert told_of(history, "1.000000", 0) is None
    assert told_of(history, "1.013831", 0, NOW + timedelta(days=400)) is None
