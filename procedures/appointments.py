"""When a dossier is due, truly: the office's own date, put off by what does not count.

One service for everybody who tells or judges an appointment: answers, the look-up, the list of
late dossiers, apologies. The limit is that of the version in force when the dossier was received
(`catalogue`), days are counted by `deadlines`; which days were paused is the registry's to say.

Whoever has promised a date is held to it, so the office's date leads and a limit only helps to
read it. Where the facts leave two readings the later date is taken: no dossier is called late by
a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.clock import vietnam_date
from core.settings import get_settings
from procedures.catalogue import Catalogue, CatalogueError, NoVersion, Version, get_catalogue
from procedures.deadlines import (
    Pause,
    WorkingCalendar,
    appointments,
    due_by_limit,
    get_calendar,
    is_paused,
    run,
)
from procedures.schema import TimeLimit
from procedures.vocabulary import Confidence


@dataclass(frozen=True)
class Reckoned:
    """What is known of one dossier's appointment on one day."""

    due: date | None
    """The day by whose end the result is owed; None while the clock stands, and where neither the
    office nor one certain limit tells."""
    given: bool
    """True where it rests on the office's own date, False where on the limit alone."""
    left: int | None
    """Working days left on the clock; while it stands, those that remain once it runs again."""
    not_counted: int
    """Working days since receipt that the pauses took out."""
    second_days: float | None
    """Where the province gives two dates: working days from proof of payment to the second."""
    is_second: bool
    """Whether `due` is the second date, counted from the payment."""
    posting: bool
    """Whether public posting, which does not count and which no status shows, may put it off."""
    _calendar: WorkingCalendar
    _pauses: tuple[Pause, ...]

    def counted(self, start: date, end: date) -> int:
        """Return the working days after `start`, up to and with `end`, that no pause takes out."""
        return _counted(start, end, self._calendar, self._pauses)


class Reckoner:
    """Reckons appointments by one calendar and the catalogue's limits for one province."""

    def __init__(
        self,
        catalogue: Callable[[], Catalogue],
        calendar: WorkingCalendar,
        province: str | None = None,
    ) -> None:
        self._catalogue = catalogue
        self.calendar = calendar
        self._province = province

    def reckon(
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
    ) -> Reckoned:
        """Return what is known on day `on` of the appointment of a dossier `received` then.

        `given` is the office's date, if any; `mountainous` None where nobody has said. `pauses` are
        (last day that counted, last day that did not), the latter None while it lasts. `paid_on` is
        the day of proof of payment, where tax was due and is paid.
        """
        waits = tuple(Pause(start, end) for start, end in pauses)
        versions = self._versions(procedure_code, procedure_name, vietnam_date(received))
        limits = [limit for version in versions for limit in version.contents.time.limits.values()]
        two_dates = _two_dates(limits)
        stands = any(pause.end is None for pause in waits)
        start = self.calendar.on_or_after(vietnam_date(received))
        plain = self._by_limits(received, limits, mountainous)

        is_second = False
        due: date | None = None
        needed: int | None = None
        shifting = waits
        if given is not None:
            shifting = waits[self._known_to_office(received, given, limits, mountainous, waits) :]
            needed = max(0, self.calendar.between(start, given))
            if not stands:
                # What began once the date had passed moves it no more.
                kept = _counted(start, given, self.calendar, shifting) >= needed
                due = given if kept else run(start, needed, self.calendar, pauses=shifting)
        elif len(plain) == 1:
            needed = self.calendar.between(start, plain[0])
            if not stands:
                due = _only(self._by_limits(received, limits, mountainous, waits))
        if two_dates is not None and paid_on is not None and not stands:
            dates = appointments(received, two_dates, self.calendar, paid_on=paid_on, pauses=waits)
            if dates.second is not None and (given is None or dates.second > given):
                due, is_second = dates.second, True

        left = None
        if due is not None:
            left = max(0, _counted(on, due, self.calendar, waits))
        elif needed is not None:
            left = max(0, needed - _counted(start, on, self.calendar, shifting))
        passed = self.calendar.between(start, on) if on > start else 0
        return Reckoned(
            due=due,
            given=given is not None,
            left=left,
            not_counted=passed - _counted(start, on, self.calendar, waits) if passed else 0,
            second_days=two_dates.second if two_dates is not None else None,
            is_second=is_second,
            posting=any(version.contents.time.posting for version in versions),
            _calendar=self.calendar,
            _pauses=waits,
        )

    def _known_to_office(
        self,
        received: datetime,
        given: date,
        limits: Iterable[TimeLimit],
        mountainous: bool | None,
        waits: Sequence[Pause],
    ) -> int:
        """Return how many of the waits, from the first on, the office's date has in it already.

        An office may set its date anew after a wait, which is then not to be granted a second time.
        It is taken to have done so where its date is to the day what a limit and the wait give,
        and is not what a limit gives without it.
        """
        ended = [pause for pause in waits if pause.end is not None]
        if given in self._by_limits(received, limits, mountainous):
            return 0
        for n in range(len(ended), 0, -1):
            if given in self._by_limits(received, limits, mountainous, ended[:n]):
                return n
        return 0

    def _by_limits(
        self,
        received: datetime,
        limits: Iterable[TimeLimit],
        mountainous: bool | None,
        pauses: Sequence[Pause] = (),
    ) -> list[date]:
        """Return the days on which the limits that may apply end, each once, in order."""
        places = (False, True) if mountainous is None else (mountainous,)
        dates = {
            due_by_limit(received, limit, self.calendar, mountainous=place, pauses=pauses)
            for limit in limits
            for place in places
        }
        return sorted(day for day in dates if day is not None)

    def _versions(self, code: str, name: str, received: date) -> list[Version]:
        """Return the versions that may govern the dossier; several where its code covers several
        procedures and its name does not tell which."""
        catalogue = self._catalogue()
        one = catalogue.find_code(code, name)
        versions = []
        for procedure in (one,) if one else catalogue.find_codes(code):
            try:
                version = catalogue.get(procedure, self._province, as_of=received)
            except (NoVersion, CatalogueError):
                continue
            if version.contents.time.confidence is not Confidence.LOW:
                versions.append(version)
        return versions


def day_if_filed(
    limit: TimeLimit,
    on: date | datetime,
    calendar: WorkingCalendar,
    *,
    mountainous: bool = False,
) -> date:
    """Return when a complete dossier handed in on `on` would be due by `limit` alone.

    A plain date is before the day's cut-off; a moment (office time) may be after it.
    """
    due = due_by_limit(on, limit, calendar, mountainous=mountainous)
    assert due is not None  # only a pause without an end leaves it open
    return due


def get_reckoner() -> Reckoner:
    """Return the service of this installation."""
    return Reckoner(get_catalogue, get_calendar(), get_settings().province or None)


def _counted(start: date, end: date, calendar: WorkingCalendar, pauses: Sequence[Pause]) -> int:
    span = range(start.toordinal() + 1, end.toordinal() + 1)
    days = (date.fromordinal(day) for day in span)
    return sum(calendar.is_working(day) and not is_paused(day, pauses) for day in days)


def _two_dates(limits: Iterable[TimeLimit]) -> TimeLimit | None:
    """Return the limit with two appointment dates, where all that have two have the same."""
    found = {(limit.first, limit.second): limit for limit in limits if limit.second is not None}
    return next(iter(found.values())) if len(found) == 1 else None


def _only(days: Iterable[date]) -> date | None:
    """Return the day that all of `days` are, or None where they differ or there is none."""
    distinct = set(days)
    return distinct.pop() if len(distinct) == 1 else None
