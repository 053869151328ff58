"""How a dossier stands to its appointment: waits read off its events, judged by the real rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

import pytest

from core.settings import ROOT
from dossiers.appointments import (
    Appointment,
    Lateness,
    Timing,
    Wait,
    appointment_of,
    paid_on,
    waits,
)
from dossiers.lifecycle import Move, Status
from dossiers.models import Dossier, DossierEvent
from dossiers.offices import OfficeInfo
from procedures.appointments import Reckoner
from procedures.catalogue import load_catalogue
from procedures.deadlines import load_calendar

CATALOGUE = load_catalogue(ROOT / "data" / "procedures")
NATIONAL = Reckoner(lambda: CATALOGUE, load_calendar())
DONG_THAP = Reckoner(lambda: CATALOGUE, load_calendar(), "dong-thap")
LOWLAND, MOUNTAINOUS = (
    OfficeInfo(name="x", mountainous=mountainous) for mountainous in (False, True)
)
SUPPLEMENT, TAX = Status.SUPPLEMENT_NEEDED, Status.TAX_DUE
PROCESSING, DONE = Status.PROCESSING, Status.DONE
DUE = date(2026, 11, 20)
Way = Sequence[tuple[Status, date]]


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(5), tzinfo=UTC)


def a_dossier(
    *way: tuple[Status, date],
    due: date | None = DUE,
    done: date | None = None,
    code: str = "1.012784",
    name: str = "",
    dated: bool = True,
) -> Dossier:
    """Return a dossier that went `way`; it was received on the first day."""
    return Dossier(
        code="H60.12.01-261109-0001",
        procedure_code=code,
        procedure_name=name,
        received_at=_noon(way[0][1]),
        due_on=due,
        done_at=_noon(done) if done else None,
        status=way[-1][0],
        events=[
            DossierEvent(
                version=n, status=status, move=Move.STEP, occurred_at=_noon(on), dated=dated
            )
            for n, (status, on) in enumerate(way, 1)
        ],
    )


def standing(
    dossier: Dossier,
    today: date,
    rules: Reckoner = NATIONAL,
    office: OfficeInfo | None = None,
) -> Appointment:
    return appointment_of(dossier, rules.reckon, office, today)


@pytest.mark.parametrize(
    ("status", "due", "done", "today", "want"),
    [
        (PROCESSING, None, None, DUE, Lateness(Timing.NO_DATE)),
        (PROCESSING, DUE, None, date(2026, 11, 19), Lateness(Timing.ON_TIME)),
        (PROCESSING, DUE, None, DUE, Lateness(Timing.DUE_TODAY)),
        (PROCESSING, DUE, None, date(2026, 11, 23), Lateness(Timing.LATE, 1)),
        # The 24th is a holiday.
        (PROCESSING, DUE, None, date(2026, 11, 25), Lateness(Timing.LATE, 2)),
        (SUPPLEMENT, DUE, None, date(2026, 11, 23), Lateness(Timing.PAUSED)),
        (Status.STOPPED, DUE, None, date(2026, 11, 23), Lateness(Timing.ENDED)),
        (DONE, DUE, DUE, date(2026, 11, 30), Lateness(Timing.ENDED)),
        (DONE, DUE, date(2026, 11, 25), date(2026, 11, 30), Lateness(Timing.ENDED, 2)),
        # Friday's appointment is not a day late on Saturday, by working days.
        (PROCESSING, DUE, None, date(2026, 11, 21), Lateness(Timing.DUE_TODAY)),
    ],
)
def test_lateness_by_working_days(
    status: Status,
    due: date | None,
    done: date | None,
    today: date,
    want: Lateness,
) -> None:
    dossier = a_dossier((Status.ACCEPTED, date(2026, 11, 4)), (status, DUE), due=due, done=done)
    assert standing(dossier, today).lateness == want


# --- what is waited for ---------------------------------------------------------------------------


def test_waits_are_read_off_the_events() -> None:
    dossier = a_dossier(
        (Status.ACCEPTED, date(2026, 11, 4)),
        (SUPPLEMENT, date(2026, 11, 6)),
        (PROCESSING, date(2026, 11, 10)),
        (TAX, date(2026, 11, 12)),
        (PROCESSING, date(2026, 11, 16)),
        (SUPPLEMENT, date(2026, 11, 17)),
    )
    assert waits(dossier.events) == (
        Wait(SUPPLEMENT, date(2026, 11, 6), date(2026, 11, 10)),
        Wait(TAX, date(2026, 11, 12), date(2026, 11, 16)),
        Wait(SUPPLEMENT, date(2026, 11, 17)),
    )
    assert paid_on(dossier.events) == date(2026, 11, 16)
    told = standing(dossier, date(2026, 11, 18))
    assert told.waiting == Wait(SUPPLEMENT, date(2026, 11, 17))
    # 9 and 10; 13 and 16; 18.
    assert told.not_counted == 5
    assert told.due is None


def test_one_wait_may_follow_another_at_once() -> None:
    dossier = a_dossier(
        (Status.ACCEPTED, date(2026, 11, 4)),
        (SUPPLEMENT, date(2026, 11, 6)),
        (SUPPLEMENT, date(2026, 11, 9)),
        (TAX, date(2026, 11, 11)),
    )
    assert waits(dossier.events) == (
        Wait(SUPPLEMENT, date(2026, 11, 6), date(2026, 11, 11)),
        Wait(TAX, date(2026, 11, 11)),
    )
    assert paid_on(dossier.events) is None


@pytest.mark.parametrize("after", [Status.WITHDRAWN, Status.STOPPED], ids=["withdrawn", "stopped"])
def test_a_dossier_that_ended_while_tax_was_due_was_not_paid_for(after: Status) -> None:
    dossier = a_dossier((TAX, date(2026, 11, 6)), (after, date(2026, 11, 10)))
    assert paid_on(dossier.events) is None
    assert waits(dossier.events)[0].until == date(2026, 11, 10)


def test_dates_of_exports_that_cross_make_no_wait_backwards() -> None:
    dossier = a_dossier((TAX, date(2026, 11, 10)), (PROCESSING, date(2026, 11, 9)))
    (wait,) = waits(dossier.events)
    assert wait.since == wait.until == date(2026, 11, 10)


def test_a_wait_known_from_exports_alone_has_no_sure_days() -> None:
    dossier = a_dossier((SUPPLEMENT, date(2026, 11, 10)), dated=False)
    assert not waits(dossier.events)[0].dated


# --- by hand: the date on the receipt, and what does not count ------------------------------------

SPLIT_FILED = (Status.ACCEPTED, date(2026, 11, 4))
"""Twelve working days from Wednesday 4/11: 5, 6, 9–13, 16–20. Due on Friday 20/11."""


@pytest.mark.parametrize(
    ("way", "given", "today", "due", "days_late", "left"),
    [
        # Papers asked for on the 6th came on the 10th: 9 and 10 do not count. Two days more: 23,
        # and, the 24th being a holiday, 25.
        (
            [(SUPPLEMENT, date(2026, 11, 6)), (PROCESSING, date(2026, 11, 10))],
            DUE,
            date(2026, 11, 23),
            date(2026, 11, 25),
            0,
            1,
        ),
        # The same, looked at when it is late by 26 and 27.
        (
            [(SUPPLEMENT, date(2026, 11, 6)), (PROCESSING, date(2026, 11, 10))],
            DUE,
            date(2026, 11, 27),
            date(2026, 11, 25),
            2,
            0,
        ),
        # The office has set its date anew already: two days beyond the limit are not granted twice.
        (
            [(SUPPLEMENT, date(2026, 11, 6)), (PROCESSING, date(2026, 11, 10))],
            date(2026, 11, 25),
            date(2026, 11, 27),
            date(2026, 11, 25),
            2,
            0,
        ),
        # A wait over a weekend takes out the working days alone.
        (
            [(TAX, date(2026, 11, 13)), (PROCESSING, date(2026, 11, 16))],
            DUE,
            date(2026, 11, 20),
            date(2026, 11, 23),
            0,
            1,
        ),
        # What was late before the wait began stays so: the wait does not heal it, nor add to it.
        (
            [(SUPPLEMENT, date(2026, 11, 23)), (PROCESSING, date(2026, 11, 26))],
            DUE,
            date(2026, 11, 27),
            DUE,
            2,
            0,
        ),
        # While it waits there is no date; seven of the twelve days are left: 9–13 and 16, 17 …
        ([(SUPPLEMENT, date(2026, 11, 11))], DUE, date(2026, 11, 18), None, 0, 7),
    ],
)
def test_what_does_not_count_puts_the_date_off(
    way: Way, given: date, today: date, due: date | None, days_late: int, left: int
) -> None:
    told = standing(a_dossier(SPLIT_FILED, *way, due=given), today)
    assert (told.due, told.lateness.days, told.left) == (due, days_late, left)


def test_without_a_date_of_the_office_the_limit_tells_where_it_is_certain() -> None:
    dossier = a_dossier(SPLIT_FILED, (PROCESSING, date(2026, 11, 5)), due=None)
    assert standing(dossier, DUE, office=LOWLAND).due == date(2026, 11, 20)
    # Ten working days more: 23, 25–27, 30, 1–4, 7.
    assert standing(dossier, DUE, office=MOUNTAINOUS).due == date(2026, 12, 7)
    # Nobody has said where the land lies; nothing is promised.
    assert standing(dossier, DUE).due is None
    assert standing(dossier, DUE).lateness == Lateness(Timing.NO_DATE)


def test_where_limits_differ_by_case_none_is_promised() -> None:
    renewal = a_dossier(SPLIT_FILED, due=None, code="1.012783")
    assert standing(renewal, DUE, office=LOWLAND).due is None


def test_an_unknown_procedure_keeps_the_date_of_its_office() -> None:
    way = (SPLIT_FILED, (SUPPLEMENT, date(2026, 11, 6)), (PROCESSING, date(2026, 11, 10)))
    assert standing(a_dossier(*way, code="9.999999"), DUE).due == date(2026, 11, 25)
    assert standing(a_dossier(*way, code="9.999999", due=None), DUE).due is None


def test_the_second_appointment_counts_from_the_payment() -> None:
    """Đồng Tháp: 5 + 3. Tax slip by 11/11; paid on Wednesday 18/11: 19, 20, 23."""
    way = (
        (Status.ACCEPTED, date(2026, 11, 4)),
        (TAX, date(2026, 11, 11)),
    )
    sale = {"code": "1.013831", "name": "Chuyển nhượng"}
    waiting = standing(a_dossier(*way, **sale, due=date(2026, 11, 16)), DUE, DONG_THAP)
    assert (waiting.due, waiting.second_days, waiting.is_second) == (None, 3, False)
    paid = a_dossier(*way, (PROCESSING, date(2026, 11, 18)), **sale, due=date(2026, 11, 16))
    told = standing(paid, DUE, DONG_THAP)
    assert (told.due, told.is_second) == (date(2026, 11, 23), True)
    # The nation as a whole has no two dates of its own: three days of the eight are left.
    nation = standing(paid, DUE)
    assert (nation.due, nation.is_second) == (date(2026, 11, 23), False)


def test_posting_is_told_of_where_it_puts_a_date_off() -> None:
    lost = a_dossier(SPLIT_FILED, due=None, code="1.012786")
    assert standing(lost, DUE, office=LOWLAND).posting
    assert not standing(a_dossier(SPLIT_FILED), DUE).posting
