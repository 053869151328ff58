"""Looking a dossier up: what its applicant may know of it, once proven to be the applicant.

Returns plain data; how it is said is left to the channel. How it stands to its appointment is
`appointments`'.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from core.clock import vietnam_date
from dossiers.appointments import Appointment, Reckon, appointment_of
from dossiers.durations import DaysBetween, Estimate, how_long
from dossiers.lifecycle import Language, Meaning, Status, Visit, is_final, meaning, stations
from dossiers.models import Dossier
from dossiers.offices import OfficeBook, OfficeInfo
from dossiers.proof import Proofs, Sender
from language.blocks import Stop


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
    appointment: Appointment
    """The office's date, the true one, what was and is waited for."""
    put_off_to: date | None
    """The date that the office has set anew, where it is later than the appointment's."""
    done_on: date | None
    returned_on: date | None
    moved_on: date | None
    """When the present state was reached; None where only an export showed it."""
    note: str
    office_name: str
    office: OfficeInfo | None
    """The office's particulars, if `data/offices/offices.yml` has them."""
    sample: bool
    updated_at: datetime
    """When the registry last heard of the dossier."""
    usual: Estimate | None = None
    """How long such dossiers have taken, of one that is under way; None where too few tell."""


@dataclass(frozen=True)
class ProofNeeded:
    """The sender has not proven a right to the dossier, or there is no such dossier.

    The two are one answer on purpose.
    """

    code: str


class Lookup:
    """Looks dossiers up for those who may see them."""

    def __init__(
        self,
        proofs: Proofs,
        offices: OfficeBook,
        reckon: Reckon,
        days_between: DaysBetween,
    ) -> None:
        self._proofs = proofs
        self._offices = offices
        self._reckon = reckon
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
        return self._view(session, dossier, now, language) if dossier else ProofNeeded(code)

    def all_seen(
        self, session: Session, sender: Sender, now: datetime, language: Language = "vi"
    ) -> list[DossierView]:
        """Return every dossier that `sender` may see now, the latest moved first."""
        seen = self._proofs.seen_by(session, sender, now)
        found = session.scalars(
            _whole().where(Dossier.id.in_(seen)).order_by(Dossier.moved_at.desc(), Dossier.id)
        )
        return [self._view(session, dossier, now, language) for dossier in found]

    def _view(
        self, session: Session, dossier: Dossier, now: datetime, language: Language
    ) -> DossierView:
        events = dossier.events
        usual = None
        if not is_final(dossier.status):
            usual = how_long(session, dossier, self._days_between, now)
        office_name = dossier.office.name if dossier.office else ""
        office = self._offices.of(office_name, dossier.code)
        appointment = appointment_of(dossier, self._reckon, office, vietnam_date(now))
        anew = dossier.new_due_on
        later = anew is not None and (appointment.due is None or anew > appointment.due)
        return DossierView(
            id=dossier.id,
            code=dossier.code,
            procedure_code=dossier.procedure_code,
            procedure_name=dossier.procedure_name,
            status=dossier.status,
            meaning=meaning(dossier.status, language),
            stops=stations(_visits(dossier), language),
            received_on=vietnam_date(dossier.received_at),
            appointment=appointment,
            put_off_to=anew if later and not is_final(dossier.status) else None,
            done_on=_day(dossier.done_at),
            returned_on=_day(dossier.returned_at),
            moved_on=vietnam_date(events[-1].occurred_at) if events and events[-1].dated else None,
            note=dossier.note,
            office_name=office_name,
            office=office,
            sample=dossier.sample,
            updated_at=dossier.updated_at,
            usual=usual,
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
