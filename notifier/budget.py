"""What messages cost, and the day's budget: what would exceed it is kept back, and let go the day
after.

A day is an office day. What it has cost is read from the requests that left in it and may have been
taken over; what waits to leave in it is reserved. One-time codes are never kept back, and count.
Money is in VND.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from prometheus_client import Counter
from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from core.clock import VIETNAM, vietnam_date
from core.observability import get_logger
from core.privacy import Vault
from core.settings import Settings
from notifier.models import Attempt, Message
from notifier.outbox import Change, Draft, at, change, put
from notifier.policy import Rules, Step, earliest
from notifier.routing import parse_route
from notifier.states import Cause, State
from notifier.templates import MessageClass
from notifier.vocabulary import Outcome, Why

log = get_logger(__name__)

KEPT_BACK = Counter("motcua_sms_kept_back_total", "Messages held because the budget was used up")

_LOCK = 0x6D6F7462
"""Number of the advisory lock on PostgreSQL ("motb"): of two that plan at once, one counts first.
SQLite has one writer."""
_BATCH = 500


@dataclass(frozen=True)
class Budget:
    """What an installation pays and may spend."""

    price: int = 0
    """Of one segment, as planned with: the dearest provider of the route."""
    prices: Mapping[str, int] = field(default_factory=dict)
    """Provider → price of one segment."""
    daily: int | None = None
    """The most that may leave in a day; None for no limit."""

    @classmethod
    def of(cls, settings: Settings) -> Budget:
        """Return the budget of an installation. Raises `InvalidRoute`."""
        made = cls(0, settings.sms_prices, settings.sms_daily_budget)
        used = parse_route(settings.message_route).names
        return replace(made, price=max(made.price_of(name) for name in used))

    def price_of(self, provider: str | None) -> int:
        """Return what one segment costs: by the dearest where a provider's price is not given, and
        nothing on the demonstration phone."""
        if provider in self.prices:
            return self.prices[provider or ""]
        return 0 if provider == "phone" else max(self.prices.values(), default=0)


@dataclass(frozen=True)
class Figures:
    """A day's budget as it stands, in VND but where said."""

    day: date
    limit: int | None
    spent: int
    """By requests that left, and were or may have been taken over."""
    reserved: int
    """By messages that wait to leave."""
    held: int
    """By messages kept back for want of budget."""
    held_messages: int
    """How many those are."""
    price: int
    released_at: datetime
    """When the next day's budget begins."""
    segments: Mapping[str, int]
    """Provider → segments that left in the day."""


def enqueue(
    session: Session, drafts: Sequence[Draft], budget: Budget, vault: Vault, now: datetime
) -> dict[str, int]:
    """Put messages into the outbox, the most urgent first, and keep back what would exceed the
    budget of the day on which it may leave; return the ids of those that were new, by key."""
    if budget.daily is None or not drafts:
        return put(session, drafts, vault, now)
    room = _Room(session, budget, now)
    admitted: list[Draft] = []
    held: set[str] = set()
    for one in sorted(drafts, key=lambda d: d.priority):
        free = one.state is not State.QUEUED or one.template.message_class is MessageClass.OTP
        if free or room.take(one.not_before, one.rendered.size.segments * budget.price):
            admitted.append(one)
        else:
            admitted.append(replace(one, state=State.HELD, why=Why.BUDGET))
            held.add(one.dedupe_key)
    made = put(session, admitted, vault, now)
    kept_back = len(held & made.keys())
    if kept_back:
        KEPT_BACK.inc(kept_back)
        log.warning("budget used up", kept_back=kept_back, daily_budget=budget.daily)
    return made


def release_within(
    session: Session, budget: Budget, rules: Rules, real: bool, now: datetime
) -> int:
    """Let go what was kept back, as far as the budget reaches; return how many.

    The most urgent first, then the oldest. What has outlived its use is left to expire.
    """
    room = _Room(session, budget, now)
    if not room.any(now):
        return 0
    rows = session.execute(
        select(
            Message.id,
            Message.epoch,
            Message.segments,
            Message.message_class,
            Message.dedupe_key,
        )
        .where(at(State.HELD), Message.why == Why.BUDGET, Message.expires_at > now)
        .order_by(Message.priority, Message.id)
        .limit(_BATCH)
    ).all()
    changes = []
    for id_, epoch, segments, class_, key in rows:
        leaves = earliest(now, rules, class_, key) if real else now
        if room.take(leaves, segments * budget.price):
            changes.append(Change(id_, State.HELD, epoch, Step(Cause.RELEASE, None, leaves)))
    return len(change(session, changes, "budget", now))


def release_all(session: Session, who: str, now: datetime, limit: int = 10_000) -> int:
    """Let go up to `limit` messages that were kept back, whatever it costs, because a person says
    so; return how many."""
    rows = session.execute(
        select(Message.id, Message.epoch)
        .where(at(State.HELD), Message.why == Why.BUDGET, Message.expires_at > now)
        .order_by(Message.priority, Message.id)
        .limit(limit)
    )
    changes = [Change(id_, State.HELD, epoch, Step(Cause.RELEASE)) for id_, epoch in rows]
    return len(change(session, changes, who, now))


def figures(session: Session, budget: Budget, now: datetime) -> Figures:
    """Return how today's budget stands."""
    today = vietnam_date(now)
    segments = _left(session, today)
    held_segments, held = session.execute(
        select(func.coalesce(func.sum(Message.segments), 0), func.count()).where(
            at(State.HELD), Message.why == Why.BUDGET
        )
    ).one()
    return Figures(
        day=today,
        limit=budget.daily,
        spent=_cost(segments, budget),
        reserved=_waiting(session, today, today) * budget.price,
        held=held_segments * budget.price,
        held_messages=held,
        price=budget.price,
        released_at=_midnight(today + timedelta(days=1)),
        segments=segments,
    )


@dataclass(frozen=True)
class Estimate:
    """What telling some news costs at most."""

    people: int
    messages: int
    segments: int
    cost: int
    """In VND."""


def estimate(
    news: Iterable[tuple[str, int]], *, digest_from: int, digest_segments: int, price: int
) -> Estimate:
    """Return what it costs at most to tell `news`: (index of a person's number, segments of the
    message) of each.

    Somebody with `digest_from` and more pieces of news gets one message of `digest_segments`.
    """
    by_person: dict[str, list[int]] = {}
    for person, segments in news:
        by_person.setdefault(person, []).append(segments)
    messages = segments = 0
    for costs in by_person.values():
        together = len(costs) >= digest_from
        messages += 1 if together else len(costs)
        segments += digest_segments if together else sum(costs)
    return Estimate(len(by_person), messages, segments, segments * price)


class _Room:
    """What is left of each day's budget, less what is taken from it here."""

    def __init__(self, session: Session, budget: Budget, now: datetime) -> None:
        self._session = session
        self._budget = budget
        self._today = vietnam_date(now)
        self._left: dict[date, int] = {}
        if budget.daily is not None and session.get_bind().dialect.name == "postgresql":
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})

    def any(self, moment: datetime) -> bool:
        """Tell whether anything is left of the day's budget."""
        return self._budget.daily is None or self._of(moment) > 0

    def take(self, moment: datetime, cost: int) -> bool:
        """Take `cost` from the budget of the day of `moment`, if it has as much left."""
        if self._budget.daily is None:
            return True
        left = self._of(moment)
        if cost > left:
            return False
        self._left[max(vietnam_date(moment), self._today)] = left - cost
        return True

    def _of(self, moment: datetime) -> int:
        day = max(vietnam_date(moment), self._today)
        if day not in self._left:
            assert self._budget.daily is not None
            spent = _cost(_left(self._session, day), self._budget) if day == self._today else 0
            waiting = _waiting(self._session, day, self._today) * self._budget.price
            self._left[day] = self._budget.daily - spent - waiting
        return self._left[day]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=VIETNAM)


def _cost(segments: Mapping[str, int], budget: Budget) -> int:
    return sum(number * budget.price_of(provider) for provider, number in segments.items())


def _left(session: Session, day: date) -> dict[str, int]:
    """Return the segments that left on a day, by provider."""
    billed = or_(
        Attempt.outcome.is_(None), Attempt.outcome.in_((Outcome.ACCEPTED, Outcome.AMBIGUOUS))
    )
    rows = session.execute(
        select(Attempt.provider, func.sum(Message.segments))
        .join(Message, Message.id == Attempt.message_id)
        .where(
            Attempt.started_at >= _midnight(day),
            Attempt.started_at < _midnight(day + timedelta(days=1)),
            billed,
        )
        .group_by(Attempt.provider)
    )
    return {provider: int(segments) for provider, segments in rows}


def _waiting(session: Session, day: date, today: date) -> int:
    """Return the segments that wait to leave on a day; today's are also those overdue."""
    total = 0
    for state in (State.QUEUED, State.LEASED):
        query = select(func.coalesce(func.sum(Message.segments), 0)).where(
            at(state), Message.not_before < _midnight(day + timedelta(days=1))
        )
        if day > today:
            query = query.where(Message.not_before >= _midnight(day))
        total += int(session.execute(query).scalar_one())
    return total
