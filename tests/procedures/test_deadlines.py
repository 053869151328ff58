"""Working days of the year 2026, pauses, cut-offs and the two appointment dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import VIETNAM
from procedures.catalogue import Catalogue
from procedures.deadlines import (
    Appointments,
    CalendarError,
    Pause,
    WorkingCalendar,
    appointments,
    due_by_limit,
    due_date,
    load_calendar,
    start_of_count,
)
from procedures.vocabulary import Unit

CALENDAR = load_calendar()
days = st.dates(date(2025, 1, 1), date(2027, 12, 31))
THREE = time(15)


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 1, 1), False),  # New Year
        (date(2026, 1, 2), False),  # swapped
        (date(2026, 1, 10), True),  # Saturday that makes up for it
        (date(2026, 2, 13), True),
        *((date(2026, 2, day), False) for day in range(14, 23)),  # Tết, weekends included
        (date(2026, 2, 23), True),
        (date(2026, 4, 26), False),  # Hùng kings, a Sunday
        (date(2026, 4, 27), False),  # made up for
        (date(2026, 4, 30), False),
        (date(2026, 5, 1), False),
        (date(2026, 8, 22), True),  # Saturday that makes up for 31/8
        (date(2026, 8, 29), False),
        (date(2026, 8, 31), False),  # swapped
        (date(2026, 9, 1), False),
        (date(2026, 9, 2), False),
        (date(2026, 9, 3), True),
        (date(2026, 11, 23), True),
        (date(2026, 11, 24), False),  # Vietnam Culture Day, first held in 2026
        (date(2025, 11, 24), True),
        (date(2024, 4, 29), False),  # swapped
        (date(2024, 5, 4), True),  # Saturday that makes up for it
        (date(2025, 4, 26), True),  # Saturday that makes up for 2/5
        (date(2025, 5, 2), False),  # swapped
        (date(2026, 11, 28), False),  # Saturday
        (date(2026, 11, 29), False),  # Sunday
    ],
)
def test_working_days(day: date, works: bool) -> None:
    assert CALENDAR.is_working(day) is works


def test_holidays_have_names_and_years_are_confirmed_or_not() -> None:
    assert CALENDAR.holiday(date(2026, 11, 24)) == (
        "Ngày Văn hóa Việt Nam (Nghị quyết 28/2026/QH16)"
    )
    assert CALENDAR.holiday(date(2027, 11, 24)) == "Ngày Văn hóa Việt Nam"
    assert CALENDAR.holiday(date(2026, 11, 28)) is None, "a weekend is no holiday"
    assert CALENDAR.is_confirmed(date(2026, 11, 24))
    assert not CALENDAR.is_confirmed(date(2027, 2, 6)), "2027 is only proposed"


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        (date(2026, 11, 23), 1, date(2026, 11, 25)),  # over Culture Day
        (date(2026, 11, 20), 8, date(2026, 12, 3)),  # Fri; 23, 25–27, 30, 1–3
        (date(2026, 8, 21), 1, date(2026, 8, 22)),  # the Saturday worked
        (date(2026, 8, 28), 1, date(2026, 9, 3)),
        (date(2026, 2, 13), 1, date(2026, 2, 23)),
        (date(2026, 11, 25), -1, date(2026, 11, 23)),
        (date(2026, 11, 25), 0, date(2026, 11, 25)),
        (date(2026, 11, 24), 0, date(2026, 11, 25)),
    ],
)
def test_adding_working_days(start: date, n: int, expected: date) -> None:
    assert CALENDAR.add(start, n) == expected


def test_between_counts_the_end_and_not_the_start() -> None:
    assert CALENDAR.between(date(2026, 11, 20), date(2026, 12, 3)) == 8
    assert CALENDAR.between(date(2026, 12, 3), date(2026, 11, 20)) == -8
    assert CALENDAR.between(date(2026, 11, 20), date(2026, 11, 22)) == 0


@given(days, st.integers(1, 60))
def test_between_undoes_add(day: date, n: int) -> None:
    end = CALENDAR.add(day, n)
    assert CALENDAR.is_working(end)
    assert CALENDAR.between(day, end) == n


@given(days, days, days)
def test_between_adds_up(a: date, b: date, c: date) -> None:
    first, middle, last = sorted((a, b, c))
    whole = CALENDAR.between(first, last)
    assert whole == CALENDAR.between(first, middle) + CALENDAR.between(middle, last)


@given(days, st.integers(1, 40), st.integers(1, 40))
def test_a_longer_limit_is_never_due_sooner(day: date, n: int, more: int) -> None:
    sooner, later = due_date(day, n, CALENDAR), due_date(day, n + more, CALENDAR)
    assert sooner is not None and later is not None and sooner < later


@given(days, st.integers(1, 30), days, st.integers(0, 40))
def test_a_pause_never_brings_a_date_forward(day: date, n: int, start: date, length: int) -> None:
    end = date.fromordinal(start.toordinal() + length)
    plain = due_date(day, n, CALENDAR)
    paused = due_date(day, n, CALENDAR, pauses=[Pause(start, end)])
    assert plain is not None and paused is not None and paused >= plain
    assert CALENDAR.is_working(paused)


# --- due dates -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "days", "expected"),
    [
        # Transfer, 8 working days, received Friday 20/11/2026.
        (_at(date(2026, 11, 20), 9), 8, date(2026, 12, 3)),
        # Received on a Saturday: counts as received on Monday.
        (_at(date(2026, 11, 21), 9), 8, date(2026, 12, 4)),
        # Half a day ends within its day: 7,5 is due with the eighth.
        (_at(date(2026, 11, 20), 9), 7.5, date(2026, 12, 3)),
        # A plain date.
        (date(2026, 11, 20), 5, date(2026, 11, 30)),
        # 23:30 in Vietnam on the 19th is the 19th, though the 19th at 16:30 UTC.
        (datetime(2026, 11, 19, 16, 30, tzinfo=UTC), 1, date(2026, 11, 20)),
        # 01:00 on the 20th in Vietnam is still the 19th in UTC.
        (datetime(2026, 11, 19, 18, 0, tzinfo=UTC), 1, date(2026, 11, 23)),
    ],
)
def test_due_dates(received: datetime | date, days: float, expected: date) -> None:
    assert due_date(received, days, CALENDAR) == expected


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (_at(date(2026, 11, 23), 9), date(2026, 11, 23)),
        (_at(date(2026, 11, 23), 15, 0), date(2026, 11, 23)),
        (_at(date(2026, 11, 23), 15, 1), date(2026, 11, 25)),  # the 24th is a holiday
        (_at(date(2026, 11, 27), 16), date(2026, 11, 30)),
        (_at(date(2026, 11, 28), 9), date(2026, 11, 30)),
        (_at(date(2026, 11, 28), 16), date(2026, 11, 30)),  # Saturday: no second delay
    ],
)
def test_same_day_procedures_have_a_cut_off(received: datetime, expected: date) -> None:
    assert start_of_count(received, CALENDAR, THREE) == expected
    assert due_date(received, 1, CALENDAR, cutoff=THREE) == expected


def test_pauses_do_not_count() -> None:
    received = date(2026, 11, 20)
    waited = Pause(date(2026, 11, 25), date(2026, 12, 2))
    # 23 and 25 counted; 26–2/12 waited; 3, 4, 7, 8, 9, 10 make eight.
    assert due_date(received, 8, CALENDAR, pauses=[waited]) == date(2026, 12, 10)
    twice = [waited, Pause(date(2026, 12, 1), date(2026, 12, 4))]
    assert due_date(received, 8, CALENDAR, pauses=twice) == date(2026, 12, 14)


def test_while_a_pause_lasts_there_is_no_date() -> None:
    assert due_date(date(2026, 11, 20), 8, CALENDAR, pauses=[Pause(date(2026, 11, 25))]) is None


def test_calendar_days_that_end_on_a_day_off_run_on() -> None:
    received = date(2026, 11, 12)
    on = due_date(received, 15, CALENDAR, unit=Unit.CALENDAR)
    assert on == date(2026, 11, 27)
    # Twelve days end on Culture Day.
    assert due_date(received, 12, CALENDAR, unit=Unit.CALENDAR) == date(2026, 11, 25)


def test_a_limit_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        due_date(date(2026, 11, 20), 0, CALENDAR)


# --- with the catalogue --------------------------------------------------------------------------


def test_mountainous_communes_have_ten_days_more(catalogue: Catalogue) -> None:
    contents = catalogue.get("transfer", as_of=date(2026, 3, 2)).contents
    limit = contents.time.limits["usual"]
    received = date(2026, 3, 2)
    assert due_by_limit(received, limit, CALENDAR) == date(2026, 3, 12)
    assert due_by_limit(received, limit, CALENDAR, mountainous=True) == date(2026, 3, 26)


def test_a_same_day_procedure_with_days_for_the_mountains(catalogue: Catalogue) -> None:
    contents = catalogue.get("debt_deletion", "hai-phong", as_of=date(2026, 11, 20)).contents
    limit = contents.time.limits["usual"]
    morning = _at(date(2026, 11, 20), 9)
    assert due_by_limit(morning, limit, CALENDAR) == date(2026, 11, 20)
    assert due_by_limit(morning, limit, CALENDAR, mountainous=True) == CALENDAR.add(
        date(2026, 11, 20), 11
    )


def test_two_appointments_where_tax_is_due(catalogue: Catalogue) -> None:
    contents = catalogue.get("transfer", "dong-thap", as_of=date(2026, 11, 20)).contents
    limit = contents.time.limits["usual"]
    received = date(2026, 11, 20)
    unpaid = appointments(received, limit, CALENDAR)
    assert unpaid == Appointments(first=date(2026, 11, 30), second=None)
    paid = appointments(received, limit, CALENDAR, paid_on=date(2026, 12, 4))
    assert paid == Appointments(first=date(2026, 11, 30), second=date(2026, 12, 9))
    with pytest.raises(ValueError, match="two appointment dates"):
        appointments(
            received,
            catalogue.get("transfer", as_of=received).contents.time.limits["usual"],
            CALENDAR,
        )


# --- the file ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("days_off: []", "vietnam.yml: confirmed_years: Field required"),
        ("confirmed_years: [2026]\ndays_off: [{date: soon, name: x}]", r"days_off\.0\.date"),
        ("confirmed_years: [", "not YAML"),
        (
            "confirmed_years: []\ndays_off: [{date: 2026-01-02, name: a}]\n"
            "days_worked: [{date: 2026-01-02, name: b}]",
            "2026-01-02 is both off and worked",
        ),
    ],
)
def test_a_faulty_calendar_names_file_and_field(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "vietnam.yml"
    path.write_text(text)
    with pytest.raises(CalendarError, match=said):
        load_calendar(path)


def test_a_missing_calendar_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CalendarError, match="missing"):
        load_calendar(tmp_path / "vietnam.yml")


def test_the_project_calendar_loads(calendar: WorkingCalendar) -> None:
    assert calendar.is_working(date(2026, 11, 25))
