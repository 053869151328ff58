"""Missed appointments: who is told that a dossier will be late, and what officers must see to.

Where the office has given a new date, the applicant gets it with an apology as soon as it is known;
the office must give it one working day before the appointment at the latest. Where it has not, the
applicant may be warned, without a date: Motcua never makes one up. Decisions are pure functions;
the calendar of working days is handed in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.orm import Session

from core.clock import show_date, vietnam_date
from dossiers.lifecycle import Status
from dossiers.models import Dossier, DossierEvent, Office
from notifier.budget import enqueue
from notifier.desk import Desk, Subject, draft_about, forbidden, subject_columns
from notifier.models import Message
from notifier.outbox import Change, Draft, change, opted_out
from notifier.plan import STILL_OPEN
from notifier.policy import Step
from notifier.reminders import MISSED_MORNINGS, WorkingDays
from notifier.states import UNSENT, Cause, State
from notifier.vocabulary import Why

LateWarning = Literal["off", "likely", "all"]

APOLOGY, WARNING = "late_apology", "late_warning"
NOTICE_DAYS = 1
"""Working days before the appointment by which its applicant must know (Form 04, Thông tư
03/2025/TT-VPCP; one day by the provinces' rules)."""
NOT_STARTED = frozenset({Status.REGISTERED, Status.ACCEPTED})
"""States from which no result is to be expected on the next working day."""
_LOOK_BACK = timedelta(days=30)
"""An appointment missed longer ago than this is no news to anybody."""


class Standing(StrEnum):
    """How an open dossier stands to its appointment, for officers."""

    SOON = "soon"
    """The appointment is near and there is no new date."""
    LAST_DAY = "last_day"
    """Today is the last day to give a new date in time."""
    OVERDUE = "overdue"
    """The appointment is missed or too near, and there is no new date."""
    PUT_OFF = "put_off"
    """The office has given a new date."""


@dataclass(frozen=True, kw_only=True)
class Appointment(Subject):
    """An open dossier and its appointment."""

    status: Status
    due_on: date | None
    new_due_on: date | None

    @property
    def put_off_to(self) -> date | None:
        """The office's new date, if it is later than the appointment."""
        if self.new_due_on is None or (self.due_on is not None and self.new_due_on <= self.due_on):
            return None
        return self.new_due_on


def standing(one: Appointment, days_left: int, ahead: int) -> Standing | None:
    """Return how a dossier with `days_left` working days until its appointment stands, or None
    where that is more than `ahead` away."""
    if one.put_off_to is not None:
        return Standing.PUT_OFF
    if days_left > max(ahead, NOTICE_DAYS):
        return None
    if days_left < NOTICE_DAYS:
        return Standing.OVERDUE
    return Standing.LAST_DAY if days_left == NOTICE_DAYS else Standing.SOON


def says(one: Appointment, days_left: int, warn: LateWarning) -> str | None:
    """Return the template by which a dossier's applicant is to be told of its lateness, or None.

    `days_left` are working days until the appointment, negative where it is past. An apology
    whenever there is a new date; a warning on the last day before the appointment, made up for
    within `MISSED_MORNINGS`.
    """
    if one.put_off_to is not None:
        return APOLOGY
    if warn == "off" or not NOTICE_DAYS - MISSED_MORNINGS <= days_left <= NOTICE_DAYS:
        return None
    return WARNING if warn == "all" or one.status in NOT_STARTED else None


def tell_late(
    session: Session, desk: Desk, warn: LateWarning, working_days: WorkingDays, now: datetime
) -> int:
    """Put the apologies and warnings that are due into the outbox; return how many were new.

    May run any number of times: each is given once for a dossier and date. An apology cancels a
    warning that still waits.
    """
    today = vietnam_date(now)
    wanted: list[tuple[Appointment, str]] = []
    first = _day(today, NOTICE_DAYS - MISSED_MORNINGS, working_days)
    last = _day(today, NOTICE_DAYS, working_days)
    for one in _appointments(session, first, last, since=today - _LOOK_BACK):
        template = says(one, working_days_left(today, one.due_on, working_days), warn)
        if template is not None and one.phone_index is not None:
            wanted.append((one, template))
    given, renumbered = _given(session, {one.dossier_id for one, _ in wanted})
    wanted = [(one, template) for one, template in wanted if _about(one, template) not in given]
    silent = opted_out(session, {one.phone_index or "" for one, _ in wanted})
    drafts: list[Draft] = []
    for one, template in wanted:
        why = forbidden(sample=one.sample, real=desk.real, has_opted_out=one.phone_index in silent)
        again = renumbered[_about(one, template)]
        draft = lateness_draft(desk, one, template, now, why, f"#{again}" if again else "")
        if draft is not None:
            drafts.append(draft)
    apologised = [one.dossier_id for one, template in wanted if template == APOLOGY]
    _withdraw_warnings(session, apologised, now)
    return len(enqueue(session, drafts, desk.budget, desk.vault, now))


def lateness_draft(
    desk: Desk,
    one: Appointment,
    template: str,
    now: datetime,
    why: Why | None = None,
    again: str = "",
) -> Draft | None:
    """Return the apology or the warning about one dossier; see `desk.draft_about`. `again` sets it
    apart from an earlier one that went to another number, and was cancelled."""
    new_due = one.put_off_to
    return draft_about(
        desk,
        template,
        [one],
        {
            "due": show_date(one.due_on) if one.due_on else "",
            "new_due": show_date(new_due) if new_due else "",
        },
        key=f"{_about(one, template)}:{(one.phone_index or '')[:16]}{again}",
        now=now,
        why=why,
    )


@dataclass(frozen=True)
class LateLine:
    """A dossier in the officers' list."""

    code: str
    office: str
    status: Status
    due_on: date | None
    days_left: int
    """Working days; negative where the appointment is past."""
    new_due_on: date | None
    standing: Standing
    told: State | None
    """Where the latest message about its lateness stands; None where there is none."""


def late_list(
    session: Session, working_days: WorkingDays, ahead: int, now: datetime
) -> list[LateLine]:
    """Return the open dossiers whose appointment is within `ahead` working days or past, and those
    put off, the most pressing first."""
    today = vietnam_date(now)
    found = []
    appointments = _appointments(
        session, date.min, _day(today, max(ahead, NOTICE_DAYS), working_days)
    )
    told = _told(session, {one.dossier_id for one in appointments})
    for one in appointments:
        left = working_days_left(today, one.due_on, working_days)
        how = standing(one, left, ahead)
        if how is not None:
            found.append(
                LateLine(
                    one.code,
                    one.office,
                    one.status,
                    one.due_on,
                    left,
                    one.put_off_to,
                    how,
                    told.get(one.dossier_id),
                )
            )
    return sorted(found, key=lambda line: (line.standing is Standing.PUT_OFF, line.days_left))


class NoSuchAppointment(Exception):
    """There is nothing to put off, or not to that date; the text, in Vietnamese, says why."""


def put_off(session: Session, code: str, until: date, now: datetime) -> date | None:
    """Write down the new appointment date that the office has decided on; return the one before it
    where it had been put off already. The apology follows by itself.

    Raises `NoSuchAppointment` for an unknown or ended dossier, and for a date that is not after
    the appointment.
    """
    dossier = session.scalar(select(Dossier).where(Dossier.code == code).with_for_update())
    if dossier is None:
        raise NoSuchAppointment("Không có hồ sơ nào mang mã này.")
    if dossier.status not in STILL_OPEN:
        raise NoSuchAppointment("Hồ sơ đã có kết quả, đã kết thúc hoặc đang tạm dừng tính giờ.")
    if until < vietnam_date(now) or (dossier.due_on is not None and until <= dossier.due_on):
        raise NoSuchAppointment("Ngày hẹn lại phải sau ngày hẹn trả và không ở quá khứ.")
    before = dossier.new_due_on
    session.execute(
        update(Dossier)
        .where(Dossier.id == dossier.id)
        .values(new_due_on=until, new_due_seen_at=now, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    return before


def working_days_left(today: date, due: date | None, working_days: WorkingDays) -> int:
    """Return the working days from today until `due`; negative where it is past, 0 where there is
    no appointment."""
    if due is None:
        return 0
    return working_days(today, due) if due >= today else -working_days(due, today)


def _about(one: Appointment, template: str) -> str:
    """Return what such a message is about, whoever gets it."""
    return f"{one.dossier_id}:{one.put_off_to or one.due_on}:{template}"


def _day(today: date, left: int, working_days: WorkingDays) -> date:
    """Return the day farthest from today until which there are `left` working days; negative: the
    farthest in the past."""
    step = timedelta(days=1 if left >= 0 else -1)
    day = today
    # Working days stretch over the new year's holidays, and no further.
    for _ in range(3 * abs(left) + 30):
        if abs(working_days_left(today, day + step, working_days)) > abs(left):
            break
        day += step
    return day


def _appointments(
    session: Session, start: date, end: date, *, since: date | None = None
) -> list[Appointment]:
    """Return the open dossiers with an appointment within these dates, or put off to a later one.

    With `since`, what is news: put off to a date after it, and not as an office's first import
    found it.
    """
    put_off = and_(
        Dossier.new_due_on > (since or start),
        or_(Dossier.due_on.is_(None), Dossier.new_due_on > Dossier.due_on),
    )
    query = (
        select(
            *subject_columns(),
            Dossier.status_version.label("version"),
            Dossier.status,
            Dossier.due_on,
            Dossier.new_due_on,
        )
        .outerjoin(Office, Office.id == Dossier.office_id)
        .where(Dossier.status.in_(STILL_OPEN), or_(Dossier.due_on.between(start, end), put_off))
        .order_by(Dossier.due_on, Dossier.id)
    )
    if since is not None:
        found_first = exists().where(
            DossierEvent.dossier_id == Dossier.id,
            DossierEvent.version == 1,
            DossierEvent.is_backlog,
            Dossier.new_due_seen_at == Dossier.created_at,
        )
        query = query.where(~found_first)
    return [Appointment(**row._mapping) for row in session.execute(query)]


def _given(session: Session, dossiers: set[int]) -> tuple[set[str], Counter[str]]:
    """Return what has been told about the lateness of these dossiers, and how often it was
    cancelled because the number had changed; by `_about`."""
    found: set[str] = set()
    renumbered: Counter[str] = Counter()
    for key, state, why in _messages(session, dossiers):
        about = ":".join(key.split(":")[:3])
        if state is State.CANCELLED and why is Why.NUMBER_CHANGED:
            renumbered[about] += 1
        else:
            found.add(about)
    return found, renumbered


def _messages(session: Session, dossiers: set[int]) -> Sequence[tuple[str, State, Why | None]]:
    rows: list[tuple[str, State, Why | None]] = []
    ids = sorted(dossiers)
    for begin in range(0, len(ids), 500):
        rows += (
            (key, state, why)
            for key, state, why in session.execute(
                select(Message.dedupe_key, Message.state, Message.why)
                .where(
                    Message.dossier_id.in_(ids[begin : begin + 500]),
                    Message.template.in_((APOLOGY, WARNING)),
                )
                .order_by(Message.id)
            )
        )
    return rows


def _told(session: Session, dossiers: set[int]) -> dict[int, State]:
    return {int(key.split(":")[0]): state for key, state, _ in _messages(session, dossiers)}


def _withdraw_warnings(session: Session, dossiers: Sequence[int], now: datetime) -> None:
    """Cancel warnings that an apology with a date overtakes."""
    rows = session.execute(
        select(Message.id, Message.state, Message.epoch).where(
            Message.dossier_id.in_(dossiers),
            Message.template == WARNING,
            Message.state.in_(UNSENT),
        )
    )
    overtaken = Step(Cause.CANCEL, Why.SUPERSEDED)
    change(
        session, [Change(id_, state, epoch, overtaken) for id_, state, epoch in rows], "plan", now
    )
