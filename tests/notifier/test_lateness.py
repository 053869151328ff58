"""Missed appointments: an apology with the office's new date, a warning without, never a made-up
date; the officers' list; and that all of them judge as the look-up does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import update

from core.clock import vietnam_date
from core.database import Sessions
from dossiers.lifecycle import Status
from dossiers.models import Dossier
from dossiers.offices import OfficeBook, OfficeInfo
from notifier.desk import Desk, true_due
from notifier.lateness import (
    APOLOGY,
    WARNING,
    LateWarning,
    NoSuchAppointment,
    Promised,
    Standing,
    late_list,
    put_off,
    says,
    standing,
    tell_late,
    working_days_left,
)
from notifier.plan import follow_numbers, plan_batch
from notifier.states import State
from notifier.vocabulary import Why
from tests.notifier.conftest import CALENDAR, JUDGE, NOON, OTHER_PHONE, MakeDesk, Registry

TODAY = vietnam_date(NOON)  # a Tuesday
TOMORROW = TODAY + timedelta(days=1)
LATER = date(2026, 12, 10)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def tell(sessions: Sessions, desk: Desk, now: datetime = NOON, warn: LateWarning = "likely") -> int:
    with sessions.begin() as session:
        return tell_late(session, desk, warn, JUDGE, now)


def promised(**changes: object) -> Promised:
    values: dict[str, object] = {
        "dossier_id": 1, "code": "H60.12.01-261102-0001", "version": 1, "office_id": None,
        "office": "", "phone_enc": "", "phone_index": "", "sample": False,
        "status": Status.ACCEPTED, "due_on": TOMORROW, "due": TOMORROW, "new_due_on": None,
    }  # fmt: skip
    return Promised(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "new_due_on", "left", "warn", "template"),
    [
        (Status.ACCEPTED, None, 2, "all", None),
        (Status.ACCEPTED, None, 1, "likely", WARNING),
        (Status.REGISTERED, None, 0, "likely", WARNING),
        (Status.ACCEPTED, None, -1, "likely", WARNING),
        (Status.ACCEPTED, None, -2, "all", None),
        (Status.PROCESSING, None, 1, "likely", None),
        (Status.PROCESSING, None, 1, "all", WARNING),
        (Status.ACCEPTED, None, 1, "off", None),
        (Status.PROCESSING, LATER, 9, "off", APOLOGY),
        (Status.PROCESSING, LATER, -5, "likely", APOLOGY),
        # A "new" date that is not later puts nothing off.
        (Status.ACCEPTED, TOMORROW, 1, "likely", WARNING),
    ],
)
def test_who_is_told_what(
    status: Status, new_due_on: date | None, left: int, warn: LateWarning, template: str | None
) -> None:
    one = promised(status=status, new_due_on=new_due_on, days_left=left)
    assert says(one, warn) == template


def test_standings() -> None:
    found = [standing(promised(days_left=left), 3) for left in (4, 3, 1, 0, -8)]
    assert found == [
        None, Standing.SOON, Standing.LAST_DAY, Standing.OVERDUE, Standing.OVERDUE,
    ]  # fmt: skip
    assert standing(promised(new_due_on=LATER, days_left=40), 3) is Standing.PUT_OFF
    assert standing(promised(due_on=None, due=None), 3) is None


def test_a_monday_appointment_is_one_working_day_from_friday() -> None:
    friday, monday = date(2026, 11, 27), date(2026, 11, 30)
    assert working_days_left(friday, monday, CALENDAR.between) == 1
    assert working_days_left(monday, friday, CALENDAR.between) == -1


def test_the_new_date_of_the_office_is_told_with_an_apology_once(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    registry.dossier(status=Status.PROCESSING, due_on=LATER, new_due_on=date(2026, 12, 20))
    registry.dossier(status=Status.DONE, due_on=LATER, new_due_on=date(2026, 12, 20))
    registry.dossier(status=Status.TAX_DUE, due_on=LATER, new_due_on=date(2026, 12, 20))
    assert [tell(sessions, make_desk()) for _ in range(2)] == [1, 0]
    (message,) = registry.messages()
    assert "khong kip hen 10/12/2026. Hen tra lai 20/12/2026" in registry.text(message)


def test_a_warning_says_no_date_and_gives_way_to_the_apology(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = registry.dossier(status=Status.ACCEPTED, due_on=TOMORROW)
    assert [tell(sessions, make_desk()) for _ in range(2)] == [1, 0]
    (warning,) = registry.messages()
    assert "co the cham hen 25/11/2026. Co quan se bao ngay hen moi." in registry.text(warning)

    with sessions.begin() as session:
        assert put_off(session, "H60.12.01-261102-0001", LATER, JUDGE, NOON) is None
    assert tell(sessions, make_desk()) == 1
    warning, apology = registry.messages()
    assert (warning.state, warning.why) == (State.CANCELLED, Why.SUPERSEDED)
    assert (apology.state, apology.dossier_id) == (State.QUEUED, dossier)


def test_a_step_onwards_leaves_an_apology_and_a_result_cancels_it(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = registry.dossier(
        status=Status.ACCEPTED, due_on=TOMORROW, new_due_on=LATER, backlog=True
    )
    tell(sessions, make_desk())
    for status, state in ((Status.PROCESSING, State.QUEUED), (Status.DONE, State.CANCELLED)):
        registry.move(dossier, status)
        with sessions.begin() as session:
            plan_batch(session, make_desk(), NOON)
        apology = next(m for m in registry.messages() if m.template == APOLOGY)
        assert apology.state is state


def test_a_first_imports_old_new_dates_are_not_news(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = registry.dossier(
        status=Status.PROCESSING, new_due_on=date(2026, 12, 20), new_due_seen_at=NOON, backlog=True
    )
    assert tell(sessions, make_desk()) == 0
    with sessions.begin() as session:  # a later export puts it off once more
        session.execute(
            update(Dossier)
            .where(Dossier.id == dossier)
            .values(new_due_on=date(2026, 12, 25), new_due_seen_at=NOON + timedelta(days=1))
        )
    assert tell(sessions, make_desk()) == 1


def test_an_apology_to_a_number_that_changed_is_made_again(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = registry.dossier(status=Status.PROCESSING, new_due_on=date(2026, 12, 20))
    tell(sessions, make_desk())
    registry.renumber(dossier, OTHER_PHONE)
    with sessions.begin() as session:
        follow_numbers(session, make_desk(), NOON)
    assert tell(sessions, make_desk()) == 1
    assert [(m.state, m.phone_tail) for m in registry.messages()] == [
        (State.CANCELLED, "678"),
        (State.QUEUED, "321"),
    ]


def test_the_officers_list(sessions: Sessions, registry: Registry, make_desk: MakeDesk) -> None:
    registry.dossier(status=Status.PROCESSING, due_on=TODAY - timedelta(days=40))
    registry.dossier(status=Status.ACCEPTED, due_on=TOMORROW)
    registry.dossier(status=Status.PROCESSING, due_on=date(2026, 11, 27))
    registry.dossier(status=Status.PROCESSING, due_on=date(2026, 12, 30))
    registry.dossier(status=Status.DONE, due_on=TOMORROW)
    registry.dossier(status=Status.PROCESSING, due_on=TOMORROW, new_due_on=LATER)
    tell(sessions, make_desk())
    with sessions() as session:
        lines = late_list(session, JUDGE, 3, NOON)
    assert [(one.code[-1], one.standing, one.days_left, one.told) for one in lines] == [
        ("1", Standing.OVERDUE, -27, None),  # 24/11 is a holiday
        ("2", Standing.LAST_DAY, 1, State.QUEUED),
        ("3", Standing.SOON, 3, None),
        ("6", Standing.PUT_OFF, 1, State.QUEUED),
    ]


@on_sqlite
def test_what_cannot_be_put_off(sessions: Sessions, registry: Registry) -> None:
    registry.dossier(status=Status.PROCESSING, due_on=LATER)
    registry.dossier(status=Status.DONE, due_on=LATER)
    code = "H60.12.01-261102-000"
    with sessions.begin() as session:
        for which, until in (("9", LATER), ("1", LATER), ("2", date(2027, 1, 4)), ("1", TODAY)):
            with pytest.raises(NoSuchAppointment):
                put_off(session, code + which, until, JUDGE, NOON)
        put_off(session, code + "1", date(2026, 12, 20), JUDGE, NOON)
        assert put_off(session, code + "1", date(2026, 12, 22), JUDGE, NOON) == date(2026, 12, 20)


# --- judged as the look-up judges ---------------------------------------------------------------


def _late(sessions: Sessions, today: date, within: int = 1) -> list[tuple[str, int]]:
    with sessions() as session:
        found = late_list(session, JUDGE, within, datetime.combine(today, time(5), tzinfo=UTC))
    return [(one.code[-4:], one.days_left) for one in found]


def _promise(sessions: Sessions, dossier_id: int, due: date | None) -> None:
    with sessions.begin() as session:
        session.get_one(Dossier, dossier_id).due_on = due


@on_sqlite
def test_what_is_late_or_due_tomorrow_and_nothing_else(
    sessions: Sessions, registry: Registry
) -> None:
    """Everything was received on 24/11; the office of these dates works Monday to Friday."""
    dates: dict[Status, date | None] = {
        Status.PROCESSING: date(2026, 11, 26),  # two days late on the 30th
        Status.ACCEPTED: date(2026, 12, 1),  # due tomorrow
        Status.REGISTERED: date(2026, 12, 2),  # the day after
        Status.TAX_DUE: date(2026, 11, 26),  # its clock stands
        Status.DONE: date(2026, 11, 26),
        Status.WITHDRAWN: date(2026, 11, 26),
    }
    for status, due in dates.items():
        _promise(sessions, registry.dossier(status=status), due)
    _promise(sessions, registry.dossier(status=Status.PROCESSING), None)
    monday = date(2026, 11, 30)
    assert _late(sessions, monday) == [("0001", -2), ("0002", 1)]
    # Even if only what is past is asked for: today is the last day to give it a new date.
    assert _late(sessions, monday, within=0) == [("0001", -2), ("0002", 1)]
    assert _late(sessions, monday, within=2) == [("0001", -2), ("0002", 1), ("0003", 2)]


@on_sqlite
def test_what_waited_is_late_only_after_its_wait_is_taken_out(
    sessions: Sessions, registry: Registry
) -> None:
    dossier = registry.dossier(status=Status.PROCESSING)
    _promise(sessions, dossier, date(2026, 11, 30))
    registry.move(dossier, Status.SUPPLEMENT_NEEDED, at=NOON + timedelta(days=1))
    assert _late(sessions, date(2026, 12, 7)) == []
    registry.move(dossier, Status.PROCESSING, at=NOON + timedelta(days=6))
    # 26, 27 and 30/11 did not count: 30/11 has become 3/12.
    assert _late(sessions, date(2026, 12, 1)) == []
    assert _late(sessions, date(2026, 12, 2)) == [("0001", 1)]
    assert _late(sessions, date(2026, 12, 7)) == [("0001", -2)]


@on_sqlite
def test_an_sms_names_the_date_that_holds_after_a_wait(
    sessions: Sessions, registry: Registry, make_desk: Callable[..., Desk]
) -> None:
    desk = replace(make_desk(), due=true_due(JUDGE.reckon, JUDGE.offices))
    waited = registry.dossier(status=Status.TAX_DUE)
    registry.move(waited, Status.PROCESSING, at=NOON + timedelta(days=7))
    plain = registry.dossier(phone=OTHER_PHONE)
    registry.move(plain, Status.PROCESSING, at=NOON + timedelta(days=7))
    with sessions.begin() as session:
        plan_batch(session, desk, NOON + timedelta(days=7))
    # In on a holiday, both count as received on the 25th. For the first 26, 27, 30/11 and 1/12 did
    # not count: 14/12 has become 18/12.
    texts = {registry.text(message) for message in registry.messages()}
    assert {text.split("Hen tra ket qua ")[1][:10] for text in texts} == {
        "18/12/2026",
        "14/12/2026",
    }


@on_sqlite
def test_the_list_tells_both_dates_and_what_did_not_count(
    sessions: Sessions, registry: Registry
) -> None:
    dossier = registry.dossier(status=Status.PROCESSING)
    _promise(sessions, dossier, date(2026, 11, 30))
    registry.move(dossier, Status.SUPPLEMENT_NEEDED, at=NOON + timedelta(days=1))
    registry.move(dossier, Status.PROCESSING, at=NOON + timedelta(days=6))
    with sessions() as session:
        (line,) = late_list(session, JUDGE, 1, NOON + timedelta(days=8))
    assert (line.given, line.due, line.not_counted, line.days_left, line.standing) == (
        date(2026, 11, 30), date(2026, 12, 3), 3, 1, Standing.LAST_DAY,
    )  # fmt: skip


@on_sqlite
def test_a_wait_puts_the_warning_off_and_it_names_the_date_that_holds(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = registry.dossier(status=Status.PROCESSING, due_on=date(2026, 11, 30))
    registry.move(dossier, Status.SUPPLEMENT_NEEDED, at=NOON + timedelta(days=1))
    assert tell(sessions, make_desk(), NOON + timedelta(days=3), "all") == 0  # the clock stands
    registry.move(dossier, Status.PROCESSING, at=NOON + timedelta(days=6))
    # 26, 27 and 30/11 did not count: 30/11 has become 3/12.
    assert tell(sessions, make_desk(), NOON + timedelta(days=7), "all") == 0
    assert [tell(sessions, make_desk(), NOON + timedelta(days=8), "all") for _ in "ab"] == [1, 0]
    (warning,) = registry.messages()
    assert "co the cham hen 03/12/2026" in registry.text(warning)


@on_sqlite
def test_a_new_date_that_a_wait_has_overtaken_is_no_news(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = registry.dossier(
        status=Status.PROCESSING, due_on=date(2026, 11, 30), new_due_on=date(2026, 12, 2)
    )
    registry.move(dossier, Status.SUPPLEMENT_NEEDED, at=NOON + timedelta(days=1))
    registry.move(dossier, Status.PROCESSING, at=NOON + timedelta(days=6))
    assert tell(sessions, make_desk(), NOON + timedelta(days=6), "off") == 0
    with sessions() as session:
        (line,) = late_list(session, JUDGE, 3, NOON + timedelta(days=6))
    assert (line.standing, line.new_due_on) == (Standing.SOON, None)


@on_sqlite
def test_without_a_given_date_officers_see_what_the_limits_tell_and_nobody_is_warned(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = registry.dossier(status=Status.PROCESSING)
    _promise(sessions, dossier, None)
    with sessions.begin() as session:
        session.get_one(Dossier, dossier).procedure_code = "1.012784"
    # Twelve working days from 25/11, on land that is not mountainous.
    due, lowland = date(2026, 12, 11), OfficeInfo(name="Chi nhánh 1", mountainous=False)
    judge = replace(JUDGE, offices=OfficeBook(offices=(lowland,)))
    with sessions() as session:
        (line,) = late_list(session, judge, 3, datetime(2026, 12, 9, 5, tzinfo=UTC))
        assert late_list(session, JUDGE, 3, datetime(2026, 12, 9, 5, tzinfo=UTC)) == []
    assert (line.given, line.due, line.days_left) == (None, due, 2)
    with sessions.begin() as session:
        told = tell_late(session, make_desk(), "all", judge, datetime(2026, 12, 10, 5, tzinfo=UTC))
    assert told == 0
