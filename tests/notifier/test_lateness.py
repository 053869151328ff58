"""Missed appointments: an apology with the office's new date, a warning without, never a made-up
date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import update

from core.clock import vietnam_date
from core.database import Sessions
from dossiers.lifecycle import Status
from dossiers.models import Dossier
from notifier.desk import Desk
from notifier.lateness import (
    APOLOGY,
    WARNING,
    Appointment,
    LateWarning,
    NoSuchAppointment,
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
from tests.notifier.conftest import NOON, OTHER_PHONE, Registry
from tests.notifier.test_reminders import weekdays

MakeDesk = Callable[..., Desk]
TODAY = vietnam_date(NOON)  # a Tuesday
TOMORROW = TODAY + timedelta(days=1)
LATER = date(2026, 12, 10)


def tell(sessions: Sessions, desk: Desk, now: datetime = NOON, warn: LateWarning = "likely") -> int:
    with sessions.begin() as session:
        return tell_late(session, desk, warn, weekdays, now)


def appointment(**changes: object) -> Appointment:
    values: dict[str, object] = {
        "dossier_id": 1, "code": "H60.12.01-261102-0001", "version": 1, "office_id": None,
        "office": "", "phone_enc": "", "phone_index": "", "sample": False,
        "status": Status.ACCEPTED, "due_on": TOMORROW, "new_due_on": None,
    }  # fmt: skip
    return Appointment(**{**values, **changes})  # type: ignore[arg-type]


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
    assert says(appointment(status=status, new_due_on=new_due_on), left, warn) == template


def test_standings() -> None:
    found = [standing(appointment(), left, 3) for left in (4, 3, 1, 0, -8)]
    assert found == [
        None, Standing.SOON, Standing.LAST_DAY, Standing.OVERDUE, Standing.OVERDUE,
    ]  # fmt: skip
    assert standing(appointment(new_due_on=LATER), 40, 3) is Standing.PUT_OFF


def test_a_monday_appointment_is_one_working_day_from_friday() -> None:
    friday, monday = date(2026, 11, 27), date(2026, 11, 30)
    assert working_days_left(friday, monday, weekdays) == 1
    assert working_days_left(monday, friday, weekdays) == -1


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
        assert put_off(session, "H60.12.01-261102-0001", LATER, NOON) is None
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
        lines = late_list(session, weekdays, 3, NOON)
    assert [(one.code[-1], one.standing, one.days_left, one.told) for one in lines] == [
        ("1", Standing.OVERDUE, -28, None),
        ("2", Standing.LAST_DAY, 1, State.QUEUED),
        ("3", Standing.SOON, 3, None),
        ("6", Standing.PUT_OFF, 1, State.QUEUED),
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_put_off(sessions: Sessions, registry: Registry) -> None:
    registry.dossier(status=Status.PROCESSING, due_on=LATER)
    registry.dossier(status=Status.DONE, due_on=LATER)
    code = "H60.12.01-261102-000"
    with sessions.begin() as session:
        for which, until in (("9", LATER), ("1", LATER), ("2", date(2027, 1, 4)), ("1", TODAY)):
            with pytest.raises(NoSuchAppointment):
                put_off(session, code + which, until, NOON)
        put_off(session, code + "1", date(2026, 12, 20), NOON)
        assert put_off(session, code + "1", date(2026, 12, 22), NOON) == date(2026, 12, 20)
