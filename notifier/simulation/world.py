"""The simulated office: which dossier moves when. Pure, and the same for the same seed."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from core.clock import VIETNAM
from dossiers.lifecycle import Status

SHARED = 0.13
"""Share of dossiers whose applicant has an earlier one too."""
AGENTS = 0.02
"""Share of dossiers that an agent hands in, who has dozens."""
WITHOUT_MOBILE = 0.06
"""Share of applicants without a mobile number."""
RENUMBERED = 0.01
"""Share of moves at which the applicant's number turns out to be another."""
LATE = 0.08
"""Share of dossiers that are not done by their appointment."""
OFFICES = tuple(f"Chi nhánh {n}" for n in range(1, 13))

_AFTER: dict[Status, tuple[tuple[Status, float], ...]] = {
    Status.REGISTERED: ((Status.ACCEPTED, 0.95), (Status.NOT_ACCEPTED, 0.05)),
    Status.ACCEPTED: ((Status.PROCESSING, 1.0),),
    Status.PROCESSING: (
        (Status.DONE, 0.62),
        (Status.TAX_DUE, 0.22),
        (Status.SUPPLEMENT_NEEDED, 0.13),
        (Status.STOPPED, 0.02),
        (Status.WITHDRAWN, 0.01),
    ),
    Status.TAX_DUE: ((Status.PROCESSING, 1.0),),
    Status.SUPPLEMENT_NEEDED: ((Status.PROCESSING, 1.0),),
    Status.DONE: ((Status.RETURNED, 1.0),),
}
_DAYS: dict[Status, tuple[int, int]] = {
    Status.REGISTERED: (0, 1),
    Status.ACCEPTED: (1, 3),
    Status.PROCESSING: (2, 9),
    Status.TAX_DUE: (2, 12),
    Status.SUPPLEMENT_NEEDED: (2, 12),
    Status.DONE: (0, 14),
}
"""How many days a dossier stays in a state, at least and at most."""


@dataclass(frozen=True, order=True)
class Move:
    """A dossier reaches a state, as the export of `day` shows it."""

    day: date
    serial: int
    """Of the dossier."""
    step: int
    """1, 2, 3 … of the dossier."""
    status: Status
    renumbered: bool
    """Its applicant's number turns out to be wrong, and is corrected the next morning."""


class World:
    """An office to which `dossiers` are handed in evenly over `days` from `start` on."""

    def __init__(self, seed: int, dossiers: int, start: date, days: int) -> None:
        self.seed = seed
        self.dossiers = dossiers
        self.start = start
        self.days = days
        self._dice = random.Random(seed)
        self._coming: list[Move] = []
        self._handed_in = 0

    def moves_of(self, day: date) -> Iterator[Move]:
        """Yield what the export made at the end of `day` shows as new; days in order, each once."""
        until = min(self.dossiers, self.dossiers * ((day - self.start).days + 1) // self.days)
        for serial in range(self._handed_in, until):
            first = Status.REGISTERED if self._dice.random() < 0.3 else Status.ACCEPTED
            heapq.heappush(self._coming, Move(day, serial, 1, first, False))
        self._handed_in = until
        while self._coming and self._coming[0].day <= day:
            move = heapq.heappop(self._coming)
            yield move
            self._follow(move)

    def code(self, serial: int) -> str:
        """Return a dossier's code."""
        day = self.received_on(serial)
        return f"H60.12.{serial % len(OFFICES) + 1:02d}-{day:%y%m%d}-{serial:07d}"

    def received_on(self, serial: int) -> date:
        """Return the day on which a dossier was handed in."""
        return self.start + timedelta(days=serial * self.days // max(1, self.dossiers))

    def received_at(self, serial: int) -> datetime:
        """Return the moment of it."""
        minute = self._draw(serial, "minute") * 8 * 60
        at = datetime.combine(self.received_on(serial), time(8), tzinfo=VIETNAM)
        return (at + timedelta(minutes=minute)).astimezone(UTC)

    def due_on(self, serial: int) -> date:
        """Return a dossier's appointment."""
        return self.received_on(serial) + timedelta(days=14 + int(self._draw(serial, "due") * 10))

    def new_due_on(self, serial: int, day: date) -> date | None:
        """Return the new date that the office has given by `day`, if it has."""
        late = self._draw(serial, "late") < LATE
        known = day >= self.due_on(serial) - timedelta(days=3)
        return self.due_on(serial) + timedelta(days=10) if late and known else None

    def office(self, serial: int) -> str:
        """Return the office that has a dossier."""
        return OFFICES[serial % len(OFFICES)]

    def phone(self, serial: int, changes: int) -> str:
        """Return the number on file after so many changes of it, as written; perhaps none."""
        if self._draw(serial, "mobile") < WITHOUT_MOBILE:
            return ""
        if self._draw(serial, "agent") < AGENTS:
            person = 90_000_000 + serial % max(1, self.dossiers // 1500)
        else:
            shared = self._draw(serial, "shared") < SHARED
            person = int(self._draw(serial, "person") * serial) if shared else serial
        return f"09{(person + 31_000_000 * changes) % 100_000_000:08d}"

    def _draw(self, serial: int, what: str) -> float:
        return random.Random(f"{self.seed}:{serial}:{what}").random()

    def _follow(self, move: Move) -> None:
        after = _AFTER.get(move.status)
        if after is None:
            return
        (status,) = self._dice.choices([s for s, _ in after], [weight for _, weight in after])
        low, high = _DAYS[move.status]
        stay = max(1, self._dice.randint(low, high))
        renumbered = self._dice.random() < RENUMBERED
        day = move.day + timedelta(days=stay)
        heapq.heappush(self._coming, Move(day, move.serial, move.step + 1, status, renumbered))
