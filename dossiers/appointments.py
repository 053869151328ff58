"""How a dossier stands to its appointment: what it waited for, when it is due, whether it is late.

What was waited for is read off the events. How days are counted is not known here: who has the
calendar and the limits (`procedures`) hands in a `Reckon`, the same for everybody who judges a
dossier, so that the look-up, the list of late dossiers and an apology never disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Protocol

from core.clock import vietnam_date
from dossiers.lifecycle import Status, is_final, pauses_clock
from dossiers.models import Dossier, DossierEvent
from dossiers.offices import OfficeInfo


class Reckoned(Protocol):
    """What the rules say of one dossier on one day; see `procedures.appointments.Reckoned`."""

    @property
    def due(self) -> date | None: ...
    @property
    def given(self) -> bool: ...
    @property
    def left(self) -> int | None: ...
    @property
    def not_counted(self) -> int: ...
    @property
    def second_days(self) -> float | None: ...
    @property
    def is_second(self) -> bool: ...
    @property
    def posting(self) -> bool: ...
    def counted(self, start: date, end: date) -> int:
        """Return the working days after `start`, up to and with `end`, that count."""


class Reckon(Protocol):
    """Reckons an appointment; see `procedures.appointments.Reckoner.reckon`."""

    def __call__(
        self,
        procedure_code: str,
        procedure_name: str,
        received: datetime,
        given: date | None,
        *,
        mountainous: bool | None,
        pauses: Sequence[tuple[date, date | None]],
        paid_on: date | None,
        on: date,
    ) -> Reckoned: ...


@dataclass(frozen=True)
class Wait:
    """A time in which the clock stood, because the applicant had something to do."""

    status: Status
    """For what: papers to be supplemented, or tax to be paid."""
    since: date
    """The day it was asked for; it counts still."""
    until: date | None = None
    """The day it was done, the last that does not count; None while it lasts."""
    dated: bool = True
    """False where the days are those of the exports that first showed it: it may have begun
    sooner."""


class Timing(StrEnum):
    """How a dossier stands to its appointment date."""

    NO_DATE = "no_date"
    """No appointment was given, and no limit tells one with certainty."""
    ON_TIME = "on_time"
    """The appointment lies ahead."""
    DUE_TODAY = "due_today"
    """The appointment is today."""
    LATE = "late"
    """The appointment has passed without a result."""
    PAUSED = "paused"
    """The clock stands (supplement, tax): the appointment will be set anew."""
    ENDED = "ended"
    """There is a result, or the dossier came to another end; the appointment is past use."""


@dataclass(frozen=True)
class Lateness:
    """How a dossier stands to its appointment date, and by how much it missed it."""

    timing: Timing
    days: int = 0
    """Working days late that count: those of a wait do not."""


@dataclass(frozen=True)
class Appointment:
    """What can be said of a dossier's appointment on one day."""

    given: date | None
    """The date on the receipt, where the office gave one."""
    due: date | None
    """The day by whose end the result is owed, what does not count taken out; None while the clock
    stands, or where nothing tells."""
    left: int | None
    """Working days left on the clock; while it stands, those that remain once it runs again."""
    waits: tuple[Wait, ...]
    """What was waited for, oldest first."""
    not_counted: int
    """Working days that the waits took out so far."""
    second_days: float | None
    """Where the province gives two dates: working days from the payment to the second."""
    is_second: bool
    """Whether `due` is the second date."""
    posting: bool
    """Whether public posting may put it off besides, of which no status tells."""
    lateness: Lateness

    @property
    def waiting(self) -> Wait | None:
        """What is being waited for now."""
        return self.waits[-1] if self.waits and self.waits[-1].until is None else None

    @property
    def put_off(self) -> bool:
        """Whether the date on the receipt has moved because of what does not count."""
        return self.given is not None and self.due is not None and self.due > self.given


def waits(events: Sequence[DossierEvent]) -> tuple[Wait, ...]:
    """Return the times in which the clock stood, by a dossier's events in order.

    A pause begins with the state that asks for something and ends with the next movement. One
    supplement asked for after another, without work between, is one wait.
    """
    found: list[Wait] = []
    open_: Wait | None = None
    for event in events:
        on = vietnam_date(event.occurred_at)
        if open_ is not None:
            if event.status == open_.status:
                continue
            # Dates of exports may cross by a day; a wait does not end before it began.
            until = max(on, open_.since)
            found.append(Wait(open_.status, open_.since, until, open_.dated and event.dated))
            open_ = None
        if pauses_clock(event.status):
            open_ = Wait(event.status, on, None, event.dated)
    return (*found, open_) if open_ is not None else tuple(found)


def paid_on(events: Sequence[DossierEvent]) -> date | None:
    """Return the day on which the office took up a dossier again after its tax was paid, which
    stands for the day of proof of payment; None where no tax was due or it is not paid."""
    last: date | None = None
    for before, after in pairwise(events):
        if before.status == Status.TAX_DUE and after.status in (
            Status.PROCESSING,
            Status.DONE,
            Status.RETURNED,
        ):
            last = vietnam_date(after.occurred_at)
        elif after.status == Status.TAX_DUE:
            last = None
    return last


def appointment_of(
    dossier: Dossier, reckon: Reckon, office: OfficeInfo | None, today: date
) -> Appointment:
    """Return how `dossier` stands to its appointment on `today`.

    A result that came late stays late by the days it was. Once there is a result, or another end,
    what comes after does not matter.
    """
    times = waits(dossier.events)
    done_on = vietnam_date(dossier.done_at) if dossier.done_at else None
    reckoned = reckon(
        dossier.procedure_code,
        dossier.procedure_name,
        dossier.received_at,
        dossier.due_on,
        mountainous=office.mountainous if office else None,
        pauses=[(wait.since, wait.until) for wait in times],
        paid_on=paid_on(dossier.events),
        on=done_on or today,
    )
    return Appointment(
        given=dossier.due_on,
        due=reckoned.due,
        left=reckoned.left,
        waits=times,
        not_counted=reckoned.not_counted,
        second_days=reckoned.second_days,
        is_second=reckoned.is_second,
        posting=reckoned.posting,
        lateness=_lateness(dossier.status, reckoned, done_on, today),
    )


def _lateness(status: Status, reckoned: Reckoned, done_on: date | None, today: date) -> Lateness:
    due = reckoned.due
    if status in (Status.DONE, Status.RETURNED):
        late = reckoned.counted(due, done_on) if due and done_on and done_on > due else 0
        return Lateness(Timing.ENDED, late)
    if is_final(status):
        return Lateness(Timing.ENDED)
    if pauses_clock(status):
        return Lateness(Timing.PAUSED)
    if due is None:
        return Lateness(Timing.NO_DATE)
    if due > today:
        return Lateness(Timing.ON_TIME)
    days = reckoned.counted(due, today)
    # An appointment on a Friday is not missed on the Saturday: nobody works.
    return Lateness(Timing.LATE, days) if days else Lateness(Timing.DUE_TODAY)
