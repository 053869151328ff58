"""How a dossier stands to its appointment: pure, by dates."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dossiers.lifecycle import Status
from dossiers.lookup import Lateness, Timing, lateness

DUE = date(2026, 11, 20)


def _weekdays(start: date, end: date) -> int:
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(day.weekday() < 5 for day in days)


@pytest.mark.parametrize(
    ("status", "due", "done", "today", "want"),
    [
        (Status.PROCESSING, None, None, DUE, Lateness(Timing.NO_DATE)),
        (Status.PROCESSING, DUE, None, date(2026, 11, 19), Lateness(Timing.ON_TIME)),
        (Status.PROCESSING, DUE, None, DUE, Lateness(Timing.DUE_TODAY)),
        (Status.PROCESSING, DUE, None, date(2026, 11, 23), Lateness(Timing.LATE, 1)),
        (Status.SUPPLEMENT_NEEDED, DUE, None, date(2026, 11, 23), Lateness(Timing.PAUSED)),
        (Status.STOPPED, DUE, None, date(2026, 11, 23), Lateness(Timing.ENDED)),
        (Status.DONE, DUE, DUE, date(2026, 11, 30), Lateness(Timing.ENDED)),
        (Status.DONE, DUE, date(2026, 11, 24), date(2026, 11, 30), Lateness(Timing.ENDED, 2)),
        # Friday's appointment is not a day late on Saturday, by working days.
        (Status.PROCESSING, DUE, None, date(2026, 11, 21), Lateness(Timing.DUE_TODAY)),
    ],
)
def test_lateness_by_working_days(
    status: Status,
    due: date | None,
    done: date | None,
    today: date,
    want: Lateness,
) -> None:
    assert lateness(status, due, done, today, _weekdays) == want


def test_lateness_by_the_calendar_where_there_is_no_other() -> None:
    assert lateness(Status.PROCESSING, DUE, None, date(2026, 11, 23)) == Lateness(Timing.LATE, 3)
