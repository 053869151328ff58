"""Circuits: which providers are out of use, for all processes, and what happened to them.

A provider that refuses us, or fails too often, is left alone for a while (open). When the while
is over, a few messages at a time try whether it is well (half-open); the first that it answers as
it should closes the circuit. A person may stop a provider, and only a person resumes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from notifier.models import Attempt, ProviderEvent, ProviderState
from notifier.outbox import insert_new
from notifier.policy import pause
from notifier.vocabulary import CircuitChange, Outcome

PROBES = 3
"""Messages that try a provider whose while is over."""
PROBE_WAIT = timedelta(seconds=15)
"""Before the next few, where the last ones have not told. Longer than a request takes."""
BURST = 10
BURST_OF = 20
BURST_WITHIN = timedelta(seconds=60)
"""So many failures among the last so many requests, within this time, open a circuit."""
STOPPED_FOR = timedelta(minutes=5)
"""After which a message looks again whether a person has resumed its provider."""

FAILURES = frozenset({Outcome.NOT_SENT, Outcome.THROTTLED, Outcome.AMBIGUOUS})
"""Outcomes that speak against the provider. A refused message speaks against the message."""


class Circuit(StrEnum):
    """How a circuit stands."""

    CLOSED = "closed"
    """In use."""
    OPEN = "open"
    """Left alone."""
    HALF_OPEN = "half_open"
    """A few messages try it."""
    STOPPED = "stopped"
    """Taken out of use by a person."""


def standing(state: ProviderState | None, now: datetime) -> Circuit:
    """Return how a circuit stands. Nothing known means closed."""
    if state is None:
        return Circuit.CLOSED
    if state.stopped is not None:
        return Circuit.STOPPED
    if state.pauses == 0:
        return Circuit.CLOSED
    waiting = state.paused_until is not None and state.paused_until > now
    return Circuit.OPEN if waiting else Circuit.HALF_OPEN


def is_burst(outcomes: Sequence[Outcome]) -> bool:
    """Tell whether a provider's latest outcomes, the newest first, should open its circuit."""
    return sum(outcome in FAILURES for outcome in outcomes[:BURST_OF]) >= BURST


# --- in the database ---------------------------------------------------------------------------


def states(session: Session, names: Iterable[str]) -> dict[str, ProviderState]:
    """Return what all workers know of providers, by name; those never in trouble are left out."""
    found = select(ProviderState).where(ProviderState.name.in_(set(names)))
    found = found.execution_options(populate_existing=True)
    return {state.name: state for state in session.scalars(found)}


@dataclass
class Doors:
    """Which providers a worker may use in one turn."""

    closed: dict[str, datetime] = field(default_factory=dict)
    """Those out of use, and until when."""
    probes: dict[str, int] = field(default_factory=dict)
    """Those that a few messages may try, and how many still."""

    def pass_through(self, name: str, until: datetime) -> None:
        """Count a message that goes to `name`."""
        if name in self.probes:
            self.probes[name] -= 1
            if self.probes[name] == 0:
                self.closed[name] = until


def doors(session: Session, names: Iterable[str], worker: str, now: datetime) -> Doors:
    """Return which of the providers may be used; of one half-open, this worker takes the probes
    unless another has just taken them."""
    made = Doors()
    for name, state in sorted(states(session, names).items()):
        match standing(state, now):
            case Circuit.OPEN:
                assert state.paused_until is not None
                made.closed[name] = state.paused_until
            case Circuit.STOPPED:
                made.closed[name] = now + STOPPED_FOR
            case Circuit.HALF_OPEN:
                if _take_probes(session, state, worker, now):
                    made.probes[name] = PROBES
                else:
                    made.closed[name] = now + PROBE_WAIT
    return made


def _take_probes(session: Session, state: ProviderState, worker: str, now: datetime) -> bool:
    taken = session.execute(
        update(ProviderState)
        .where(
            ProviderState.name == state.name,
            ProviderState.pauses == state.pauses,
            ProviderState.paused_until == state.paused_until,
        )
        .values(paused_until=now + PROBE_WAIT)
        .returning(ProviderState.name)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        return False
    _record(session, state.name, CircuitChange.PROBED, now, by=worker, until=now + PROBE_WAIT)
    return True


def open_circuit(session: Session, name: str, reason: str, worker: str, now: datetime) -> bool:
    """Leave a provider alone, longer each time; return whether it was in use until now."""
    _ensure(session, name, now)
    state = states(session, [name])[name]
    if standing(state, now) is Circuit.OPEN and not _probing(session, name):
        # What is still on the wire says what is known already.
        return False
    until = now + pause(state.pauses)
    opened = session.execute(
        update(ProviderState)
        .where(ProviderState.name == name, ProviderState.pauses == state.pauses)
        .values(
            paused_until=until, pauses=ProviderState.pauses + 1, code=reason[:20], updated_at=now
        )
        .returning(ProviderState.name)
        .execution_options(synchronize_session=False)
    ).first()
    if opened is None:
        return False
    _record(session, name, CircuitChange.OPENED, now, reason=reason, by=worker, until=until)
    return True


def close_circuit(session: Session, name: str, worker: str, now: datetime) -> None:
    """A provider has answered as it should."""
    closed = session.execute(
        update(ProviderState)
        .where(ProviderState.name == name, ProviderState.pauses > 0)
        .values(paused_until=None, pauses=0, code=None, updated_at=now)
        .returning(ProviderState.name)
        .execution_options(synchronize_session=False)
    ).first()
    if closed is not None:
        _record(session, name, CircuitChange.CLOSED, now, by=worker)


def stop(session: Session, name: str, reason: str, who: str, now: datetime) -> None:
    """Take a provider out of use, for a reason that a person gives."""
    _ensure(session, name, now)
    session.execute(
        update(ProviderState).where(ProviderState.name == name).values(stopped=reason[:200])
    )
    _record(session, name, CircuitChange.STOPPED, now, reason=reason, by=who)


def resume(session: Session, name: str, reason: str, who: str, now: datetime) -> bool:
    """Put a provider back into use, its circuit closed; return whether it was out of use."""
    resumed = session.execute(
        update(ProviderState)
        .where(
            ProviderState.name == name,
            ProviderState.stopped.is_not(None) | (ProviderState.pauses > 0),
        )
        .values(stopped=None, paused_until=None, pauses=0, code=None, updated_at=now)
        .returning(ProviderState.name)
        .execution_options(synchronize_session=False)
    ).first()
    if resumed is None:
        return False
    _record(session, name, CircuitChange.RESUMED, now, reason=reason, by=who)
    return True


def lately(session: Session, name: str, now: datetime) -> list[Outcome]:
    """Return the outcomes of a provider's latest requests, the newest first, since its circuit
    last changed."""
    state = states(session, [name]).get(name)
    since = now - BURST_WITHIN
    if state is not None:
        since = max(since, state.updated_at)
    found = session.scalars(
        select(Attempt.outcome)
        .where(Attempt.provider == name, Attempt.finished_at > since)
        .order_by(Attempt.finished_at.desc(), Attempt.id.desc())
        .limit(BURST_OF)
    )
    return [outcome for outcome in found if outcome is not None]


def history(session: Session, names: Sequence[str], limit: int) -> list[ProviderEvent]:
    """Return what last happened to the providers' circuits, the newest first."""
    return list(
        session.scalars(
            select(ProviderEvent)
            .where(ProviderEvent.provider.in_(names))
            .order_by(ProviderEvent.id.desc())
            .limit(limit)
        )
    )


def sent_since(session: Session, since: datetime) -> Mapping[str, int]:
    """Return how many requests each provider has accepted since then."""
    rows = session.execute(
        select(Attempt.provider, func.count())
        .where(Attempt.finished_at >= since, Attempt.outcome == Outcome.ACCEPTED)
        .group_by(Attempt.provider)
    )
    return dict(rows.all())


def _probing(session: Session, name: str) -> bool:
    """Tell whether the latest that happened to a provider is that it was tried again."""
    latest = session.scalars(
        select(ProviderEvent.change)
        .where(ProviderEvent.provider == name)
        .order_by(ProviderEvent.id.desc())
        .limit(1)
    ).first()
    return latest is CircuitChange.PROBED


def _ensure(session: Session, name: str, now: datetime) -> None:
    row = {"name": name, "pauses": 0, "updated_at": now}
    session.execute(insert_new(session, ProviderState, [row], "name"))


def _record(
    session: Session,
    name: str,
    change: CircuitChange,
    now: datetime,
    *,
    reason: str = "",
    by: str = "",
    until: datetime | None = None,
) -> None:
    session.add(
        ProviderEvent(
            provider=name, at=now, change=change, reason=reason[:200], until=until, by=by[:80]
        )
    )
