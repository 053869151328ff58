"""When officers are there: hours of the settings, on the days that offices work. Pure."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Protocol

from core.clock import VIETNAM
from core.settings import OfficeHours


class Calendar(Protocol):
    """Which days are worked (`procedures.deadlines.WorkingCalendar`)."""

    def is_working(self, day: date) -> bool:
        """Tell whether offices work on `day`."""


def is_open(now: datetime, hours: OfficeHours, calendar: Calendar) -> bool:
    """Tell whether an officer may be there at the moment `now`."""
    here = now.astimezone(VIETNAM)
    inside = any(start <= here.time() < end for start, end in hours)
    return inside and calendar.is_working(here.date())


def as_words(hours: OfficeHours) -> str:
    """Return the hours as people read them: ``07:30–11:30, 13:30–17:00``."""
    return ", ".join(f"{_clock(start)}–{_clock(end)}" for start, end in hours)


def _clock(moment: time) -> str:
    return f"{moment:%H:%M}"
