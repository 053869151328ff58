"""Missed appointments: who is told that a dossier will be late, and what officers must see to.

Where the office has given a new date, the applicant gets it with an apology as soon as it is known;
the office must give it one working day before the appointment at the latest. Where it has not, the
applicant may be warned, without a date: Motcua never makes one up.

What is late is judged as the look-up judges it (`dossiers.appointments`): days of waiting for the
applicant are taken out, and nothing is late while the clock stands. The calendar and the rules are
handed in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from core.clock import show_date, vietnam_date
from dossiers.appointments import Appointment, Reckon, Timing, appointment_of
from dossiers.lifecycle import PAUSED, Status, official_name
from dossiers.models import Dossier, DossierEvent, Office
from dossiers.offices import OfficeBook
from notifier.budget import enqueue
from notifier.desk import Desk, Subject, draft_about, forbidden, subject_columns, with_events
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
class Promised(Subject):
    """An open dossier and its appointment."""

    status: Status
    due_on: date | None
    """The date on the receipt."""
    due: date | None
    """The date that holds, what does not count taken out; None where nothing tells."""
    days_left: int = 0
    """Working days until `due`; negative where it is past, 0 where there is none."""
    not_counted: int = 0
    """Working days that it waited for its applicant."""
    new_due_on: date | None

    @property
    def put_off_to(self) -> date | None:
        """The office's new date, if it is later than the date that holds anyway."""
        if self.new_due_on is None or (self.due is not None and self.new_due_on <= self.due):
            return None
        return self.new_due_on


def standing(one: Promised, ahead: int) -> Standing | None:
    """Return how a dossier stands, or None where there is no appointment, or where it is more than
    `ahead` working days away."""
    if one.put_off_to is not None:
        return Standing.PUT_OFF
    if one.due is None or one.days_left > max(ahead, NOTICE_DAYS):
        return None
    if one.days_left < NOTICE_DAYS:
        return Standing.OVERDUE
    return Standing.LAST_DAY if one.days_left == NOTICE_DAYS else Standing.SOON


def says(one: Promised, warn: LateWarning) -> str | None:
    """Return the template by which a dossier's applicant is to be told of its lateness, or None.

    An apology whenever there is a new date; a warning on the last day before the date that the
    office gave and that holds, made up for within `MISSED_MORNINGS`.
    """
    if one.put_off_to is not None:
        return APOLOGY
    if warn == "off" or one.due_on is None or one.due is None:
        return None
    if not NOTICE_DAYS - MISSED_MORNINGS <= one.days_left <= NOTICE_DAYS:
        return None
    return WARNING if warn == "all" or one.status in NOT_STARTED else None


@dataclass(frozen=True)
class Judge:
    """By what appointments are judged."""

    reckon: Reckon
    offices: OfficeBook
    working_days: WorkingDays
    """Agrees with `reckon`'s calendar."""

    def of(self, dossier: Dossier, today: date) -> Appointment:
        """Return how a dossier stands to its appointment, as the look-up tells it."""
        office = dossier.office.name if dossier.office else ""
        return appointment_of(dossier, self.reckon, self.offices.of(office, dossier.code), today)


def tell_late(session: Session, desk: Desk, warn: LateWarning, judge: Judge, now: datetime) -> int:
    """Put the apologies and warnings that are due into the outbox; return how many were new.

    May run any number of times: each is given once for a dossier and date. An apology cancels a
    warning that still waits.
    """
    today = vietnam_date(now)
    wanted: list[tuple[Promised, str]] = []
    first = _day(today, NOTICE_DAYS - MISSED_MORNINGS, judge.working_days)
    last = _day(today, NOTICE_DAYS, judge.working_days)
    # A date is only ever put off: what was promised for earlier, and waited, may be due now.
    near = or_(Dossier.due_on.between(first, last), and_(Dossier.due_on < first, _HAS_WAITED))
    put_off = and_(_put_off_after(today - _LOOK_BACK), ~_FOUND_PUT_OFF)
    for one in _promised(session, or_(near, put_off), judge, today):
        template = says(one, warn)
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
    one: Promised,
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
            # The date that holds; none where the office never gave one.
            "due": show_date(one.due) if one.due and one.due_on else "",
            "new_due": show_date(new_due) if new_due else "",
        },
        key=f"{_about(one, template)}:{(one.phone_index or '')[:16]}{again}",
        now=now,
        why=why,
    )


@dataclass(frozen=True)
class LateLine:
    """A dossier in the officers' list. Holds nothing of its applicant."""

    code: str
    office: str
    status: Status
    given: date | None
    """The date on the receipt."""
    due: date | None
    """The date that holds, what does not count taken out; None where nothing but the office's new
    date tells."""
    days_left: int
    """Working days; negative where the appointment is past."""
    not_counted: int
    """Working days that it waited for its applicant."""
    new_due_on: date | None
    standing: Standing
    told: State | None
    """Where the latest message about its lateness stands; None where there is none."""


def late_list(session: Session, judge: Judge, ahead: int, now: datetime) -> list[LateLine]:
    """Return the open dossiers whose appointment is within `ahead` working days or past, and those
    put off, the most pressing first.

    Where the office gave no date, by the one that the limits tell with certainty.
    """
    today = vietnam_date(now)
    horizon = _day(today, max(ahead, NOTICE_DAYS), judge.working_days)
    near = or_(Dossier.due_on.is_(None), Dossier.due_on <= horizon, _put_off_after(date.min))
    found = []
    for one in _promised(session, near, judge, today):
        how = standing(one, ahead)
        if how is not None:
            found.append((one, how))
    told = _told(session, {one.dossier_id for one, _ in found})
    lines = [
        LateLine(
            code=one.code,
            office=one.office,
            status=one.status,
            given=one.due_on,
            due=one.due,
            days_left=one.days_left,
            not_counted=one.not_counted,
            new_due_on=one.put_off_to,
            standing=how,
            told=told.get(one.dossier_id),
        )
        for one, how in found
    ]
    return sorted(lines, key=_urgency)


def _urgency(line: LateLine) -> tuple[bool, int, date, str]:
    put_off = line.standing is Standing.PUT_OFF
    return put_off, line.days_left, line.due or date.max, line.code


class NoSuchAppointment(Exception):
    """There is nothing to put off, or not to that date; the text, in Vietnamese, says why."""


def put_off(session: Session, code: str, until: date, judge: Judge, now: datetime) -> date | None:
    """Write down the new appointment date that the office has decided on; return the one before it
    where it had been put off already. The apology follows by itself.

    Raises `NoSuchAppointment` for an unknown dossier, where there is nothing to apologise for (a
    result is there, or the clock stands and the appointment moves by itself), and for a date that
    is past, or no later than the date that holds anyway.
    """
    today = vietnam_date(now)
    dossier = session.scalar(select(Dossier).where(Dossier.code == code).with_for_update())
    if dossier is None:
        raise NoSuchAppointment("Không có hồ sơ nào mang mã này.")
    appointment = judge.of(dossier, today)
    state = official_name(dossier.status)
    if appointment.lateness.timing is Timing.ENDED:
        raise NoSuchAppointment(f"Hồ sơ không còn hẹn trả để lùi: {state}.")
    if appointment.lateness.timing is Timing.PAUSED:
        raise NoSuchAppointment(f"Hồ sơ đang tạm dừng tính giờ nên chưa trễ: {state}.")
    if appointment.due is not None and until <= appointment.due:
        raise NoSuchAppointment(
            f"Ngày hẹn lại phải sau ngày hẹn trả đang có hiệu lực, {show_date(appointment.due)}."
        )
    if until < today:
        raise NoSuchAppointment("Ngày hẹn lại không được ở quá khứ.")
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


def _about(one: Promised, template: str) -> str:
    """Return what such a message is about, whoever gets it."""
    return f"{one.dossier_id}:{one.put_off_to or one.due}:{template}"


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


_HAS_WAITED = exists().where(DossierEvent.dossier_id == Dossier.id, DossierEvent.status.in_(PAUSED))
_FOUND_PUT_OFF = exists().where(
    DossierEvent.dossier_id == Dossier.id,
    DossierEvent.version == 1,
    DossierEvent.is_backlog,
    Dossier.new_due_seen_at == Dossier.created_at,
)
"""Put off as an office's first import found it: no news."""


def _put_off_after(day: date) -> ColumnElement[bool]:
    """Return the condition that a dossier may be put off to a date after `day`."""
    later = or_(Dossier.due_on.is_(None), Dossier.new_due_on > Dossier.due_on)
    return and_(Dossier.new_due_on > day, later)


def _promised(
    session: Session, which: ColumnElement[bool], judge: Judge, today: date
) -> list[Promised]:
    """Return those of the open dossiers, and how each stands to its appointment."""
    query = (
        select(
            *subject_columns(),
            Dossier.status_version.label("version"),
            Dossier.status,
            Dossier.due_on,
            Dossier.due_on.label("due"),
            Dossier.new_due_on,
            or_(Dossier.due_on.is_(None), _HAS_WAITED).label("to_judge"),
        )
        .outerjoin(Office, Office.id == Dossier.office_id)
        .where(Dossier.status.in_(STILL_OPEN), which)
        .order_by(Dossier.due_on, Dossier.id)
    )
    found: list[Promised] = []
    judged: set[int] = set()
    for row in session.execute(query):
        values = dict(row._mapping)
        if values.pop("to_judge"):
            judged.add(values["dossier_id"])
        left = working_days_left(today, row.due_on, judge.working_days)
        found.append(Promised(**values, days_left=left))
    # Of one that never waited the date on the receipt holds: no need to read its events.
    standings = {one.id: judge.of(one, today) for one in with_events(session, judged)}
    return [_as_judged(one, standings.get(one.dossier_id)) for one in found]


def _as_judged(one: Promised, appointment: Appointment | None) -> Promised:
    if appointment is None:
        return one
    return replace(
        one,
        due=appointment.due,
        days_left=(appointment.left or -appointment.lateness.days) if appointment.due else 0,
        not_counted=appointment.not_counted,
    )


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
