"""Looking a dossier up: what its applicant may know of it, once proven to be the applicant.

Returns plain data; how it is said is left to the channel. Lateness is told by dates; who has the
working calendar passes it in, since the calendar lives in `procedures`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from core.clock import vietnam_date
from dossiers.lifecycle import (
    Language,
    Meaning,
    Status,
    Visit,
    is_final,
    meaning,
    pauses_clock,
    stations,
)
from dossiers.models import Dossier
from dossiers.offices import OfficeBook, OfficeInfo
from dossiers.proof import Proofs, Sender
from language.blocks import Stop

DaysBetween = Callable[[date, date], int]
"""Days that count after the first date, up to and with the second: working days, where the caller
has a calendar."""


class Timing(StrEnum):
    """How a dossier stands to its appointment date."""

    NO_DATE = "no_date"
    """No appointment was given."""
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
    """Days late; working days where the caller has a calendar, else calendar days."""


@dataclass(frozen=True)
class DossierView:
    """What the applicant may know. Holds neither name nor number: the asker knows them."""

    id: int
    code: str
    procedure_code: str
    procedure_name: str
    status: Status
    meaning: Meaning
    """The state's name, what it means, what to do now."""
    stops: tuple[Stop, ...]
    """For a `Progress` block."""
    received_on: date
    due_on: date | None
    done_on: date | None
    returned_on: date | None
    moved_on: date | None
    """When the present state was reached; None where only an export showed it."""
    lateness: Lateness
    note: str
    office_name: str
    office: OfficeInfo | None
    """The office's particulars, if `data/offices/offices.yml` has them."""
    sample: bool
    updated_at: datetime
    """When the registry last heard of the dossier."""


@dataclass(frozen=True)
class ProofNeeded:
    """The sender has not proven a right to the dossier, or there is no such dossier.

    The two are one answer on purpose.
    """

    code: str


def lateness(
    status: Status,
    due_on: date | None,
    done_on: date | None,
    today: date,
    days_between: DaysBetween | None = None,
) -> Lateness:
    """Say how a dossier stands to its appointment date on `today`.

    A result that came late stays late by the days it was; while the clock stands no dossier is
    late.
    """
    if due_on is None:
        return Lateness(Timing.NO_DATE)
    count = days_between or (lambda start, end: (end - start).days)
    if status in (Status.DONE, Status.RETURNED):
        late = count(due_on, done_on) if done_on and done_on > due_on else 0
        return Lateness(Timing.ENDED, max(0, late))
    if is_final(status):
        return Lateness(Timing.ENDED)
    if pauses_clock(status):
        return Lateness(Timing.PAUSED)
    if due_on > today:
        return Lateness(Timing.ON_TIME)
    if due_on == today:
        return Lateness(Timing.DUE_TODAY)
    days = count(due_on, today)
    return Lateness(Timing.LATE, days) if days > 0 else Lateness(Timing.DUE_TODAY)


class Lookup:
    """Looks dossiers up for those who may see them."""

    def __init__(
        self, proofs: Proofs, offices: OfficeBook, days_between: DaysBetween | None = None
    ) -> None:
        self._proofs = proofs
        self._offices = offices
        self._days_between = days_between

    def look_up(
        self, session: Session, sender: Sender, code: str, now: datetime, language: Language = "vi"
    ) -> DossierView | ProofNeeded:
        """Return the dossier with this canonical code, if `sender` has proven a right to it.

        Otherwise `ProofNeeded`, after the same work, whether the code exists or not.
        """
        seen = self._proofs.seen_by(session, sender, now)
        # One query asks for both: what exists but may not be seen is not even loaded.
        dossier = session.scalar(_whole().where(Dossier.code == code, Dossier.id.in_(seen)))
        return self._view(dossier, now, language) if dossier else ProofNeeded(code)

    def all_seen(
        self, session: Session, sender: Sender, now: datetime, language: Language = "vi"
    ) -> list[DossierView]:
        """Return every dossier that `sender` may see now, the latest moved first."""
        seen = self._proofs.seen_by(session, sender, now)
        found = session.scalars(
            _whole().where(Dossier.id.in_(seen)).order_by(Dossier.moved_at.desc(), Dossier.id)
        )
        return [self._view(dossier, now, language) for dossier in found]

    def _view(self, dossier: Dossier, now: datetime, language: Language) -> DossierView:
        events = dossier.events
        done_on = _day(dossier.done_at)
        office_name = dossier.office.name if dossier.office else ""
        return DossierView(
            id=dossier.id,
            code=dossier.code,
            procedure_code=dossier.procedure_code,
            procedure_name=dossier.procedure_name,
            status=dossier.status,
            meaning=meaning(dossier.status, language),
            stops=stations(_visits(dossier), language),
            received_on=vietnam_date(dossier.received_at),
            due_on=dossier.due_on,
            done_on=done_on,
            returned_on=_day(dossier.returned_at),
            moved_on=vietnam_date(events[-1].occurred_at) if events and events[-1].dated else None,
            lateness=lateness(
                dossier.status, dossier.due_on, done_on, vietnam_date(now), self._days_between
            ),
            note=dossier.note,
            office_name=office_name,
            office=self._offices.find(office_name) or self._offices.of_code(dossier.code),
            sample=dossier.sample,
            updated_at=dossier.updated_at,
        )


def _visits(dossier: Dossier) -> list[Visit]:
    """Return the history as known: the events, and what the dossier's own dates add to them."""
    seen = [
        Visit(event.status, vietnam_date(event.occurred_at) if event.dated else None)
        for event in dossier.events
    ] or [Visit(dossier.status)]
    statuses = {visit.status for visit in seen}
    earlier = []
    if Status.REGISTERED not in statuses:
        earlier.append(Visit(Status.REGISTERED, vietnam_date(dossier.received_at)))
    if seen[-1].status == Status.RETURNED and Status.DONE not in statuses and dossier.done_at:
        earlier.append(Visit(Status.DONE, vietnam_date(dossier.done_at)))
    return [*earlier, *seen]


def _day(moment: datetime | None) -> date | None:
    return vietnam_date(moment) if moment else None


def _whole() -> Select[Dossier]:
    return select(Dossier).options(joinedload(Dossier.office), selectinload(Dossier.events))
