"""Deadlines: working days of Vietnamese offices, and when a dossier is due.

A calendar is made from the `holidays` package and ``data/calendar/``, which holds what one year's
decision changed; after that all is pure. Which limit applies is the catalogue's; which days were
paused is the registry's; how a date is told is others'.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

import holidays
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.clock import VIETNAM
from core.settings import ROOT
from procedures.schema import TimeLimit
from procedures.vocabulary import Unit

DEFAULT_PATH = ROOT / "data" / "calendar" / "vietnam.yml"

_ONE_DAY = timedelta(days=1)


class CalendarError(Exception):
    """The calendar's file cannot be used; the message names file and field."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Day(_Model):
    date: date
    name: str
    confidence: str = "high"


class _YearlyDay(_Model):
    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)
    from_year: int
    name: str


class CalendarFile(_Model):
    """``data/calendar/vietnam.yml``."""

    confirmed_years: tuple[int, ...]
    days_off: tuple[_Day, ...] = ()
    days_worked: tuple[_Day, ...] = ()
    days_off_each_year: tuple[_YearlyDay, ...] = ()


class WorkingCalendar:
    """Which days offices work: Monday to Friday but for holidays, and Saturdays made up for."""

    def __init__(self, file: CalendarFile) -> None:
        self._off = {day.date: day.name for day in file.days_off}
        self._worked = {day.date: day.name for day in file.days_worked}
        self._yearly = file.days_off_each_year
        self._confirmed = frozenset(file.confirmed_years)
        both = self._off.keys() & self._worked.keys()
        if both:
            raise CalendarError(f"{min(both).isoformat()} is both off and worked")
        self._holidays = holidays.country_holidays("VN", language="vi")

    def is_working(self, day: date) -> bool:
        """Tell whether offices work on `day`."""
        if day in self._worked:
            return True
        # The package knows the Saturdays made up for the days off that it calls swapped.
        return self._holidays.is_working_day(day) and self.holiday(day) is None

    def holiday(self, day: date) -> str | None:
        """Return the name of the holiday on `day`, or None; weekends have none."""
        if day in self._worked:
            return None
        if day in self._off:
            return self._off[day]
        for yearly in self._yearly:
            if (day.month, day.day) == (yearly.month, yearly.day) and day.year >= yearly.from_year:
                return yearly.name
        return self._holidays.get(day)

    def is_confirmed(self, day: date) -> bool:
        """Tell whether the holidays of that year were decided, not only reckoned."""
        return day.year in self._confirmed

    def add(self, day: date, n: int) -> date:
        """Return the `n`-th working day after `day`; before it where `n` is negative.

        Zero gives `day` itself where it is worked, else the next working day.
        """
        if n == 0:
            return self.on_or_after(day)
        step = _ONE_DAY if n > 0 else -_ONE_DAY
        left = abs(n)
        while left:
            day += step
            left -= self.is_working(day)
        return day

    def on_or_after(self, day: date) -> date:
        """Return `day` where it is worked, else the next working day."""
        while not self.is_working(day):
            day += _ONE_DAY
        return day

    def between(self, start: date, end: date) -> int:
        """Return how many working days lie after `start` up to and with `end`.

        Negative where `end` is before `start`: ``between(a, b) == -between(b, a)``.
        """
        if end < start:
            return -self.between(end, start)
        return sum(self.is_working(start + _ONE_DAY * n) for n in range(1, (end - start).days + 1))


@dataclass(frozen=True)
class Pause:
    """A time that does not count: waiting for papers, for tax, or public posting.

    The clock stops after the end of day `start` and runs again the day after `end`; a pause without
    `end` still lasts.
    """

    start: date
    end: date | None = None

    def holds(self, day: date) -> bool:
        """Tell whether `day` does not count because of this pause."""
        return self.start < day and (self.end is None or day <= self.end)


@dataclass(frozen=True)
class Appointments:
    """The two dates of a dossier on which tax is due."""

    first: date | None
    """When the tax slip has gone to the tax office; None while a pause lasts."""
    second: date | None
    """When the result is ready; None until the money is paid."""


def start_of_count(
    received: date | datetime, calendar: WorkingCalendar, cutoff: time | None = None
) -> date:
    """Return the working day on which a dossier counts as received.

    A dossier received on a day off, or after the `cutoff` (office time) of its day, counts as
    received the next working day. An aware moment is read in Vietnam's time, a naive one as it is.
    """
    if isinstance(received, datetime):
        moment = received.astimezone(VIETNAM) if received.tzinfo else received
        day = moment.date()
        if cutoff is not None and moment.time() > cutoff and calendar.is_working(day):
            return calendar.add(day, 1)
        return calendar.on_or_after(day)
    return calendar.on_or_after(received)


def due_date(
    received: date | datetime,
    days: float,
    calendar: WorkingCalendar,
    *,
    unit: Unit = Unit.WORKING,
    cutoff: time | None = None,
    pauses: Sequence[Pause] = (),
) -> date | None:
    """Return the day by whose end a dossier is due, or None while a pause has no end yet.

    Counting begins the first day after receipt. A half day (7,5) ends within its day, so it is
    rounded up. One day with a `cutoff` is a same-day procedure: due on the day it counts as
    received. Calendar days that end on a day off run to the next working day (Bộ luật Dân sự 2015,
    Điều 148). Raises `ValueError` where `days` is not positive.
    """
    if days <= 0:
        raise ValueError("days must be positive")
    start = start_of_count(received, calendar, cutoff)
    same_day = cutoff is not None and days == 1 and unit is Unit.WORKING
    if any(pause.end is None for pause in pauses):
        return None
    return run(start, 0 if same_day else math.ceil(days), calendar, unit=unit, pauses=pauses)


def run(
    start: date,
    days: int,
    calendar: WorkingCalendar,
    *,
    unit: Unit = Unit.WORKING,
    pauses: Sequence[Pause] = (),
) -> date:
    """Return the working day by whose end `days` after `start` have counted.

    Every pause must have an end; raises `ValueError` where one has none.
    """
    if any(pause.end is None for pause in pauses):
        raise ValueError("a pause lasts: the count does not end")
    day, left = start, days
    while left or is_paused(day, pauses):
        day += _ONE_DAY
        counts = unit is Unit.CALENDAR or calendar.is_working(day)
        if left and counts and not is_paused(day, pauses):
            left -= 1
    return calendar.on_or_after(day)


def due_by_limit(
    received: date | datetime,
    limit: TimeLimit,
    calendar: WorkingCalendar,
    *,
    mountainous: bool = False,
    pauses: Sequence[Pause] = (),
) -> date | None:
    """Return when a dossier under one of the catalogue's limits is due; see `due_date`."""
    return due_date(
        received,
        days_of(limit, mountainous),
        calendar,
        unit=limit.unit,
        # With days added for the mountains a same-day procedure is none any more.
        cutoff=None if mountainous and limit.mountainous is not None else limit.cutoff,
        pauses=pauses,
    )


def days_of(limit: TimeLimit, mountainous: bool = False) -> float:
    """Return the days of a limit, for a mountainous commune or another."""
    if mountainous and limit.mountainous is not None:
        return limit.mountainous
    return limit.days


def appointments(
    received: date | datetime,
    limit: TimeLimit,
    calendar: WorkingCalendar,
    *,
    paid_on: date | None = None,
    pauses: Sequence[Pause] = (),
) -> Appointments:
    """Return the two appointment dates of a dossier on which tax is due.

    The second counts from proof of payment. Raises `ValueError` where the limit has no two dates.
    """
    if limit.first is None or limit.second is None:
        raise ValueError("this limit has no two appointment dates")
    first = due_date(received, limit.first, calendar, unit=limit.unit, pauses=pauses)
    second = None
    if paid_on is not None:
        later = [pause for pause in pauses if pause.end is None or pause.end > paid_on]
        second = due_date(paid_on, limit.second, calendar, unit=limit.unit, pauses=later)
    return Appointments(first, second)


def load_calendar(path: Path = DEFAULT_PATH) -> WorkingCalendar:
    """Read the calendar's file. Raises `CalendarError` where it is missing or faulty."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        return WorkingCalendar(CalendarFile.model_validate(raw))
    except FileNotFoundError:
        raise CalendarError(f"{path.name}: missing") from None
    except yaml.YAMLError as error:
        raise CalendarError(f"{path.name}: not YAML: {error}") from error
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in error.errors())
        raise CalendarError(f"{path.name}: " + "; ".join(faults)) from error


@lru_cache(maxsize=1)
def get_calendar() -> WorkingCalendar:
    """Return this process's calendar."""
    return load_calendar()


def is_paused(day: date, pauses: Iterable[Pause]) -> bool:
    """Tell whether `day` does not count because of any of `pauses`."""
    return any(pause.holds(day) for pause in pauses)
