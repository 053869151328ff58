"""What a simulation comes to: the outbox compared with the gateway's log. Pure but for reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from statistics import quantiles

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.clock import VIETNAM
from dossiers.models import Dossier, DossierEvent, PendingEvent
from notifier.models import Attempt, Message, PlanDecision
from notifier.states import FINAL, State
from notifier.vocabulary import Why

BELIEVED = frozenset(
    {State.ACCEPTED, State.SENT, State.DELIVERED, State.UNDELIVERED, State.UNCONFIRMED}
)
"""States that say that the gateway has taken a message over."""
STUCK = frozenset(State) - FINAL - {State.HELD, State.ACCEPTED, State.SENT}
"""States in which nothing may be left when all has settled."""


@dataclass(frozen=True)
class Waits:
    """How long news took to be accepted by the gateway, in simulated seconds."""

    number: int
    p50: float
    p95: float

    @classmethod
    def of(cls, seconds: list[float]) -> Waits:
        """Return the waits' figures."""
        if len(seconds) < 2:
            only = seconds[0] if seconds else 0.0
            return cls(len(seconds), only, only)
        cuts = quantiles(seconds, n=20)
        return cls(len(seconds), round(cuts[9], 1), round(cuts[18], 1))


@dataclass
class Reckoning:
    """The end of a simulation."""

    events: int = 0
    decisions: dict[str, int] = field(default_factory=dict)
    messages: dict[str, int] = field(default_factory=dict)
    """By state."""
    templates: dict[str, int] = field(default_factory=dict)
    segments: int = 0
    """That left and were, or may have been, taken over; requests counted, not messages."""
    undecided: int = 0
    """Events without a decision: lost."""
    untaken: int = 0
    """Messages that the outbox believes taken over, and the gateway has not: lost."""
    stuck: int = 0
    """Messages that have not come to an end: lost."""
    doubled: int = 0
    """Messages that the gateway has taken over more than once."""
    unknown: int = 0
    """Messages that the gateway has taken over and the outbox ended otherwise, a person having to
    look: ``uncertain_final``."""
    misdirected: int = 0
    """Messages that left for a number after another had been written down."""
    by_day: Waits = field(default_factory=lambda: Waits(0, 0, 0))
    """From event to acceptance, of news recorded by day."""
    by_morning: Waits = field(default_factory=lambda: Waits(0, 0, 0))
    """From the end of the quiet hours to acceptance, of news recorded in the evening."""

    @property
    def lost(self) -> int:
        """What should have been told and was not, without a reason on record."""
        return self.undecided + self.untaken + self.stuck


def reckon(
    session: Session,
    taken: Mapping[str, list[str]],
    renumbered: Mapping[str, tuple[datetime, str]],
    billed_outcomes: tuple[str, ...],
    morning: time,
) -> Reckoning:
    """Compare the outbox with the gateway's log.

    `taken` is the log: our name → the gateway's names. `renumbered` tells for a dossier's code
    when its number last changed, and from which (its index).
    """
    found = Reckoning()
    found.events = session.scalar(select(func.count()).select_from(DossierEvent)) or 0
    decisions = session.execute(select(PlanDecision.why, func.count()).group_by(PlanDecision.why))
    found.decisions = {why.value: number for why, number in decisions}
    pending = session.scalar(select(func.count()).select_from(PendingEvent)) or 0
    found.undecided = found.events - sum(found.decisions.values())
    assert pending <= found.undecided
    found.segments = int(
        session.scalar(
            select(func.coalesce(func.sum(Message.segments), 0))
            .join(Attempt, Attempt.message_id == Message.id)
            .where(Attempt.outcome.is_(None) | Attempt.outcome.in_(billed_outcomes))
        )
        or 0
    )
    states: Counter[str] = Counter()
    templates: Counter[str] = Counter()
    rows = session.execute(
        select(
            Message.ref,
            Message.state,
            Message.template,
            Message.left_at,
            Message.phone_index,
            Dossier.code,
        )
        .outerjoin(Dossier, Dossier.id == Message.dossier_id)
        .execution_options(yield_per=5000)
    )
    for ref, state, template, left_at, index, code in rows:
        states[state.value] += 1
        templates[template] += 1
        names = taken.get(ref, ())
        found.untaken += state in BELIEVED and not names
        found.stuck += state in STUCK
        found.doubled += len(names) > 1
        found.unknown += state is State.UNCERTAIN_FINAL
        changed_at, before = renumbered.get(code or "", (None, ""))
        late = changed_at is not None and left_at is not None and left_at > changed_at
        found.misdirected += bool(names) and late and index == before
    found.messages, found.templates = dict(states), dict(templates)
    found.by_day, found.by_morning = _waits(session, morning)
    return found


def _waits(session: Session, morning: time) -> tuple[Waits, Waits]:
    day: list[float] = []
    night: list[float] = []
    rows = session.execute(
        select(DossierEvent.recorded_at, Message.accepted_at)
        .join(PlanDecision, PlanDecision.event_id == DossierEvent.id)
        .join(Message, Message.id == PlanDecision.message_id)
        .where(PlanDecision.why == Why.TOLD, Message.accepted_at.is_not(None))
        .execution_options(yield_per=5000)
    )
    for recorded, accepted in rows:
        assert accepted is not None  # by the query
        local = recorded.astimezone(VIETNAM)
        if local.hour < 20:
            day.append((accepted - recorded).total_seconds())
        else:
            wakes = datetime.combine(local.date() + timedelta(days=1), morning, tzinfo=VIETNAM)
            night.append((accepted - wakes).total_seconds())
    return Waits.of(day), Waits.of(night)
