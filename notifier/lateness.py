"""Which dossiers are late, or will be by the next working day: whom an office owes an apology.

Judged as the look-up judges them (`dossiers.appointments`), so that an office apologises for
exactly what its applicants see as late. That an apology goes, and to which new date, the office
decides (`direct.apologise`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from dossiers.appointments import Reckon, Timing, appointment_of
from dossiers.lifecycle import FINAL, PAUSED, Status
from dossiers.models import Dossier
from dossiers.offices import OfficeBook

DUE_SOON = 1
"""Working days: an apology is to leave a day before the appointment at the latest."""

_AHEAD = (Timing.ON_TIME, Timing.DUE_TODAY)
_OPEN = frozenset(Status) - FINAL - PAUSED - {Status.DONE}
"""States in which the clock runs."""


@dataclass(frozen=True)
class Behind:
    """A dossier that is late or soon due. Holds nothing of its applicant."""

    code: str
    office: str
    status: Status
    given: date | None
    """The date on the receipt."""
    due: date
    """The date that holds, what does not count taken out."""
    days_late: int
    """Working days; zero where it is still in time."""
    days_left: int
    not_counted: int
    """Working days that it waited for its applicant."""


def behind(
    session: Session, reckon: Reckon, offices: OfficeBook, today: date, within: int = DUE_SOON
) -> list[Behind]:
    """Return the dossiers that are late, or due within `within` working days; the latest first."""
    # A date is only ever put off: what is promised for later than this cannot be due yet. Between
    # working days lie weekends and holidays, at most the nine days of a Tết.
    horizon = today + timedelta(days=3 * within + 10)
    found = session.scalars(
        select(Dossier)
        .options(joinedload(Dossier.office), selectinload(Dossier.events))
        .where(Dossier.status.in_(_OPEN), or_(Dossier.due_on.is_(None), Dossier.due_on <= horizon))
    )
    late = []
    for dossier in found:
        office = dossier.office.name if dossier.office else ""
        standing = appointment_of(dossier, reckon, offices.of(office, dossier.code), today)
        timing = standing.lateness.timing
        soon = timing in _AHEAD and standing.left is not None and standing.left <= within
        if standing.due is not None and (soon or timing is Timing.LATE):
            late.append(
                Behind(
                    code=dossier.code,
                    office=office,
                    status=dossier.status,
                    given=standing.given,
                    due=standing.due,
                    days_late=standing.lateness.days,
                    days_left=standing.left or 0,
                    not_counted=standing.not_counted,
                )
            )
    return sorted(late, key=lambda one: (-one.days_late, one.due, one.code))
