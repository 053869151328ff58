"""The simulated gateway: takes messages over at a moved clock, misbehaves on demand, and keeps the
log with which the outbox is compared at the end. It takes no idempotency key, like most.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from notifier.providers.base import (
    Absent,
    Answer,
    Found,
    Heard,
    Inquiry,
    NoTelling,
    Report,
    Request,
)
from notifier.vocabulary import Outcome, Word

NAME = "simulated"


@dataclass(frozen=True)
class Faults:
    """How often what goes wrong, each a share from 0 to 1."""

    crashes: float = 0.0
    """Of the dispatcher's transactions: it dies just before the commit, or just after."""
    lost_answers: float = 0.0
    """Of the requests: no answer comes back, in half of the cases of one that was taken over."""
    late_receipts: float = 0.0
    """Of the receipts: hours late."""
    repeated_receipts: float = 0.0
    """Of the receipts: told three times."""
    throttling: float = 0.0
    """Of the requests: not now."""


ALL_FAULTS = Faults(
    crashes=0.01, lost_answers=0.02, late_receipts=0.1, repeated_receipts=0.1, throttling=0.05
)
REJECTED = 0.005
"""Share of numbers that the gateway refuses for good."""
SILENT = 0.03
"""Share of messages of which no receipt ever comes."""
UNDELIVERED = 0.01


@dataclass
class Gateway:
    """The gateway. Implements `providers.base.Provider`."""

    clock: Callable[[], datetime]
    faults: Faults = field(default_factory=Faults)
    seed: int = 0
    name: str = NAME
    real: bool = True
    rate: float = 0.0
    taken: dict[str, list[str]] = field(default_factory=dict)
    """Our name for each message that was taken over → the gateway's names, one for each time."""

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._serial = count(1)
        self._coming: list[tuple[datetime, int, Heard]] = []

    def carries(self, request: Request) -> bool:
        """Carry everything."""
        return True

    async def send(self, request: Request) -> Answer:
        """Take a message over, or not, or not say."""
        dice, faults = self._dice, self.faults
        if dice.random() < faults.throttling:
            return Answer(Outcome.THROTTLED, code="429", http_status=429, retry_after=30)
        if random.Random(request.to).random() < REJECTED:  # the same each time
            return Answer(Outcome.REJECTED, code="bad_number", http_status=400)
        lost = dice.random() < faults.lost_answers
        if lost and dice.random() < 0.5:
            return Answer(Outcome.AMBIGUOUS, code="timeout")
        name = f"sim-{next(self._serial)}"
        self.taken.setdefault(request.ref, []).append(name)
        self._announce(request, name)
        if lost:
            return Answer(Outcome.AMBIGUOUS, code="timeout")
        return Answer(Outcome.ACCEPTED, name, http_status=200)

    async def look_up(self, inquiry: Inquiry) -> Report:
        """Say whether a message was taken over; under faults, not always."""
        if self.faults.lost_answers and self._dice.random() < 0.1:
            return NoTelling()
        names = [n for n in self.taken.get(inquiry.request.ref, ()) if n not in inquiry.known_refs]
        return Found(names[-1], Word.ACCEPTED) if names else Absent()

    async def tend(self) -> None:
        """Nothing runs out."""

    async def close(self) -> None:
        """Nothing to let go of."""

    def receipts(self) -> Iterator[Heard]:
        """Yield the receipts that have come by now, each time it is told."""
        now = self.clock()
        while self._coming and self._coming[0][0] <= now:
            yield heapq.heappop(self._coming)[2]

    def _announce(self, request: Request, name: str) -> None:
        dice = self._dice
        if dice.random() < SILENT:
            return
        end = Word.UNDELIVERED if dice.random() < UNDELIVERED else Word.DELIVERED
        for word, seconds in ((Word.SENT, dice.uniform(1, 5)), (end, dice.uniform(3, 60))):
            if dice.random() < self.faults.late_receipts:
                seconds += dice.uniform(3600, 30 * 3600)
            heard = Heard(self.name, request.ref, request.attempt, name, word)
            times = 3 if dice.random() < self.faults.repeated_receipts else 1
            for again in range(times):
                at = self.clock() + timedelta(seconds=seconds + 20 * again)
                heapq.heappush(self._coming, (at, next(self._serial), heard))
