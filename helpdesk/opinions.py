"""What people say of the answers, as the office reads it: in sums, and the latest.

Ratings hold nobody: a score, a channel, a procedure, a reason. What they say of the service is
`ratings`'.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.models import Rating
from helpdesk.vocabulary import Reason

GOOD = 60
"""From this score on, somebody was helped."""


@dataclass(frozen=True)
class OfProcedure:
    """What was said of the answers about one procedure."""

    procedure: str
    """Its id; empty where the conversation was about none."""
    good: int
    bad: int
    reasons: dict[Reason, int]
    """Why they were no help, the commonest first, where people said."""


@dataclass(frozen=True)
class Vote:
    """One rating of an answer."""

    at: datetime
    channel: str
    procedure: str
    """Its id; empty where the conversation was about none."""
    good: bool
    reason: Reason | None


def of_answers(session: Session, now: datetime, days: int) -> list[OfProcedure]:
    """Return the ratings of the last `days` by procedure, the least helpful first."""
    good: Counter[str] = Counter()
    bad: Counter[str] = Counter()
    reasons: dict[str, Counter[Reason]] = {}
    rows = session.execute(
        select(Rating.procedure, Rating.score, Rating.reason).where(
            Rating.at > now - timedelta(days=days)
        )
    )
    for procedure, score, reason in rows:
        (good if score >= GOOD else bad)[procedure or ""] += 1
        if reason:
            reasons.setdefault(procedure or "", Counter())[reason] += 1
    names = sorted(good.keys() | bad.keys(), key=lambda one: (-bad[one], one))
    return [
        OfProcedure(one, good[one], bad[one], dict(reasons.get(one, Counter()).most_common()))
        for one in names
    ]


def latest_votes(session: Session, now: datetime, days: int, most: int) -> Sequence[Vote]:
    """Return the latest ratings of answers within the last `days`, the newest first."""
    rows = session.scalars(
        select(Rating)
        .where(Rating.at > now - timedelta(days=days))
        .order_by(Rating.at.desc(), Rating.id.desc())
        .limit(most)
    )
    return [
        Vote(one.at, one.channel, one.procedure or "", one.score >= GOOD, one.reason)
        for one in rows
    ]
