"""What messages cost, and the day's budget: what would exceed it is kept back, and let go the day
after.

A day is an office day. What it has cost is read from the requests that left in it and may have been
taken over; what waits to leave in it is reserved. One-time codes are never kept back, and count.
Money is in VND.
"""

from __future__ import annotations

from collections import Counter as Counted
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from prometheus_client import Counter
from sqlalchemy import ColumnElement, func, or_, select, text
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

BILLED_BY_MESSAGE = frozenset({"zns"})
"""Providers that bill a message, whatever its length. The others bill segments."""

_LOCK = 0x6D6F7462
"""Number of the advisory lock on PostgreSQL ("motb"): of two that plan at once, one counts first.
SQLite has one writer."""
_BATCH = 500


@dataclass(frozen=True)
class Budget:
    """What an installation pays and may spend."""

    price: int = 0
    """Of one segment, as planned with: the dearest of the route's providers that bill segments."""
    prices: Mapping[str, int] = field(default_factory=dict)
    """Provider → price of one segment, or of one message where that is what it bills."""
    daily: int | None = None
    """The most that may leave in a day; None for no limit."""
    message_price: int = 0
    """Of one message, as planned with: the dearest of those that bill messages."""

    @classmethod
    def of(cls, settings: Settings) -> Budget:
        """Return the budget of an installation. Raises `InvalidRoute`."""
        made = cls(0, settings.sms_prices, settings.sms_daily_budget)
        used = parse_route(settings.message_route).names

        def dearest(names: Iterable[str]) -> int:
            return max((made.price_of(name) for name in names), default=0)

        return replace(
            made,
            price=dearest(name for name in used if name not in BILLED_BY_MESSAGE),
            message_price=dearest(name for name in used if name in BILLED_BY_MESSAGE),
        )

    def price_of(self, provider: str | None) -> int:
        """Return what one segment, or message, costs: as the dearest where a provider's price is
        not given, and nothing on the demonstration phone."""
        if provider in self.prices:
            return self.prices[provider or ""]
        return 0 if provider == "phone" else max(self.prices.values(), default=0)

    def cost(self, segments: int) -> int:
        """Return what a message of so many segments costs at most, whichever provider of the route
        takes it: what is planned with."""
        return max(segments * self.price, self.message_price)

    def cost_through(self, provider: str, segments: int) -> int:
        """Return what a message of so many segments costs with a provider."""
        units = 1 if provider in BILLED_BY_MESSAGE else segments
        return units * self.price_of(provider)


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
    """Of a segment, as planned with."""
    message_price: int
    """Of a message, as planned with, where a provider of the route bills messages."""
    released_at: datetime
    """When the next day's budget begins."""
    billed: Mapping[str, int]
    """Provider → what left in the day: segments, or messages where that is what it bills."""


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
        if free or room.take(one.not_before, budget.cost(one.rendered.size.segments)):
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
        if room.take(leaves, budget.cost(segments)):
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
    left = _left(session, today)
    held = _by_segments(session, at(State.HELD) & (Message.why == Why.BUDGET))
    billed: Counted[str] = Counted()
    for one in left:
        by_message = one.provider in BILLED_BY_MESSAGE
        billed[one.provider] += one.messages * (1 if by_message else one.segments)
    return Figures(
        day=today,
        limit=budget.daily,
        spent=_cost(left, budget),
        reserved=_waiting(session, budget, today, today),
        held=_planned_cost(held, budget),
        held_messages=sum(held.values()),
        price=budget.price,
        message_price=budget.message_price,
        released_at=_midnight(today + timedelta(days=1)),
        billed=billed,
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
    news: Iterable[tuple[str, int]], *, digest_from: int, digest_segments: int, budget: Budget
) -> Estimate:
    """Return what it costs at most to tell `news`: (index of a person's number, segments of the
    message) of each.

    Somebody with `digest_from` and more pieces of news gets one message of `digest_segments`.
    """
    by_person: dict[str, list[int]] = {}
    for person, segments in news:
        by_person.setdefault(person, []).append(segments)
    messages: list[int] = []
    for sizes in by_person.values():
        messages += [digest_segments] if len(sizes) >= digest_from else sizes
    cost = sum(budget.cost(segments) for segments in messages)
    return Estimate(len(by_person), len(messages), sum(messages), cost)


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
            waiting = _waiting(self._session, self._budget, day, self._today)
            self._left[day] = self._budget.daily - spent - waiting
        return self._left[day]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=VIETNAM)


@dataclass(frozen=True)
class _Billed:
    """Messages of one length that left through one provider."""

    provider: str
    segments: int
    """Of each."""
    messages: int


def _cost(left: Iterable[_Billed], budget: Budget) -> int:
    return sum(one.messages * budget.cost_through(one.provider, one.segments) for one in left)


def _planned_cost(by_segments: Mapping[int, int], budget: Budget) -> int:
    return sum(number * budget.cost(segments) for segments, number in by_segments.items())


def _left(session: Session, day: date) -> list[_Billed]:
    """Return what left on a day, each time that it did."""
    billed = or_(
        Attempt.outcome.is_(None), Attempt.outcome.in_((Outcome.ACCEPTED, Outcome.AMBIGUOUS))
    )
    rows = session.execute(
        select(Attempt.provider, Message.segments, func.count())
        .join(Message, Message.id == Attempt.message_id)
        .where(
            Attempt.started_at >= _midnight(day),
            Attempt.started_at < _midnight(day + timedelta(days=1)),
            billed,
        )
        .group_by(Attempt.provider, Message.segments)
    )
    return [_Billed(*row) for row in rows]


def _by_segments(session: Session, which: ColumnElement[bool]) -> dict[int, int]:
    """Return how many messages there are of each number of segments."""
    counted = select(Message.segments, func.count()).where(which).group_by(Message.segments)
    return dict(session.execute(counted).all())


def _waiting(session: Session, budget: Budget, day: date, today: date) -> int:
    """Return what the messages cost that wait to leave on a day; today's are also those overdue."""
    total = 0
    for state in (State.QUEUED, State.LEASED):
        which = at(state) & (Message.not_before < _midnight(day + timedelta(days=1)))
        if day > today:
            which &= Message.not_before >= _midnight(day)
        total += _planned_cost(_by_segments(session, which), budget)
    return total
