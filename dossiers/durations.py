"""How long it has taken: an honest range from the office's own finished dossiers.

"8 of 10 such dossiers were done within 6 working days": same procedure, same office, of the last
year, and of those only the ones that took at least as long as this one has already. Told only where
there are enough of them, and never instead of the appointment, which is the law's.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import vietnam_date
from dossiers.models import Dossier

DaysBetween = Callable[[date, date], int]
"""Working days after the first date, up to and with the second."""

ENOUGH = 20
"""Finished dossiers below which nothing is said: a handful says nothing about the next one."""
SHARE = 8
"""Of ten dossiers, so many were done within what is said."""
WITHIN = timedelta(days=365)
MOST = 2000
"""Finished dossiers that are looked at, the latest first."""
BARS = 8
"""Bars of a chart; the last one holds all that took longer."""


@dataclass(frozen=True)
class Bar:
    """A bar of the chart: how many took from `first` to `last` working days."""

    first: int
    last: int | None
    """None: or longer."""
    count: int
    here: bool = False
    """True where the dossier asked about stands now."""


@dataclass(frozen=True)
class Estimate:
    """What the office's own dossiers tell."""

    cases: int
    """Finished dossiers that it rests on."""
    days: int
    """Working days from receipt within which `SHARE` of ten of them were done."""
    elapsed: int
    """Working days since this one was received."""
    bars: tuple[Bar, ...]


def estimate(durations: Sequence[int], elapsed: int = 0) -> Estimate | None:
    """Return what `durations` (working days from receipt to result) tell of a dossier that was
    received `elapsed` working days ago, or None where they are too few to tell anything."""
    comparable = sorted(days for days in durations if days >= elapsed)
    if len(comparable) < ENOUGH:
        return None
    within = comparable[math.ceil(len(comparable) * SHARE / 10) - 1]
    return Estimate(len(comparable), within, elapsed, bars(durations, elapsed))


def bars(durations: Sequence[int], elapsed: int) -> tuple[Bar, ...]:
    """Return a chart's bars: equal steps that hold nine of ten, and one for the rest."""
    ordered = sorted(durations)
    usual = max(1, ordered[math.ceil(len(ordered) * 9 / 10) - 1])
    step = max(1, math.ceil((usual + 1) / (BARS - 1)))
    counted = Counter(min(days // step, BARS - 1) for days in ordered)
    here = min(elapsed // step, BARS - 1)
    return tuple(
        Bar(
            first=n * step,
            last=None if n == BARS - 1 else (n + 1) * step - 1,
            count=counted[n],
            here=n == here,
        )
        for n in range(BARS)
    )


def how_long(
    session: Session,
    dossier: Dossier,
    days_between: DaysBetween,
    now: datetime,
) -> Estimate | None:
    """Return what the office's own history tells of an unfinished dossier, or None.

    Imported backlog counts like all else: its dates are the office's.
    """
    if dossier.done_at is not None or not dossier.procedure_code or dossier.office_id is None:
        return None
    finished = session.execute(
        select(Dossier.received_at, Dossier.done_at)
        .where(
            Dossier.procedure_code == dossier.procedure_code,
            Dossier.office_id == dossier.office_id,
            Dossier.sample == dossier.sample,
            Dossier.done_at.is_not(None),
            Dossier.done_at > now - WITHIN,
        )
        .order_by(Dossier.done_at.desc())
        .limit(MOST)
    )
    days = [
        days_between(vietnam_date(received), vietnam_date(done))
        for received, done in finished
        if done is not None and done >= received
    ]
    elapsed = days_between(vietnam_date(dossier.received_at), vietnam_date(now))
    return estimate(days, elapsed)
