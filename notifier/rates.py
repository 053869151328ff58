"""Rates: how many messages a provider may be given just now, by all processes together.

A bucket in the database for each provider with a limit, locked from reading to writing: whoever
takes from it takes from what everybody has left. It holds one second's worth.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from notifier.models import RateBucket
from notifier.outbox import insert_new


def filled(tokens: float, elapsed: float, rate: float) -> float:
    """Return what is in a bucket after `elapsed` seconds: at most a second's worth, or one."""
    return min(max(rate, 1.0), tokens + max(0.0, elapsed) * rate)


def available(session: Session, provider: str, rate: float, now: datetime) -> int:
    """Return how many messages may go to a provider now.

    Locks its bucket until the transaction ends; `take` then says how many went.
    """
    # An insert, even of what is there, takes SQLite's one write lock before anything is read.
    row = {"provider": provider, "tokens": max(rate, 1.0), "at": now}
    session.execute(insert_new(session, RateBucket, [row], "provider"))
    bucket = session.scalars(
        select(RateBucket)
        .where(RateBucket.provider == provider)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    # Another machine's clock, or a later turn that committed first, may be ahead of ours.
    tokens = filled(bucket.tokens, (now - bucket.at).total_seconds(), rate)
    session.execute(
        update(RateBucket)
        .where(RateBucket.provider == provider)
        .values(tokens=tokens, at=max(now, bucket.at))
        .execution_options(synchronize_session=False)
    )
    return int(tokens)


def take(session: Session, provider: str, n: int) -> None:
    """Take `n` messages' worth out of a bucket that `available` has locked."""
    session.execute(
        update(RateBucket)
        .where(RateBucket.provider == provider)
        .values(tokens=RateBucket.tokens - n)
        .execution_options(synchronize_session=False)
    )
