"""Keeping no longer than needed: old ratings and unanswered questions are deleted."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from actions.models import UNANSWERED_KEPT, Unanswered
from helpdesk.models import Rating


def forget_old(session: Session, rating_days: int, now: datetime) -> int:
    """Delete unanswered questions after `UNANSWERED_KEPT` and ratings after `rating_days`; return
    how many rows."""
    over = (
        (Unanswered, Unanswered.at < now - UNANSWERED_KEPT),
        (Rating, Rating.at < now - timedelta(days=rating_days)),
    )
    gone = 0
    for table, condition in over:
        gone += int(session.execute(delete(table).where(condition)).rowcount)  # type: ignore[attr-defined]
    return gone
