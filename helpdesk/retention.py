"""Keeping no longer than needed: closed cases, spent questions, old ratings of the service."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.clock import vietnam_date
from helpdesk.models import DeskCase, DeskLine, DeskQuestion, ServiceRating

QUESTIONS_KEPT = timedelta(days=1)
"""For which the reply to an answered question is there to be repeated."""


def forget_old(session: Session, case_days: int, rating_days: int, now: datetime) -> int:
    """Delete what was closed more than `case_days` ago, what nobody awaits any more, and ratings
    older than `rating_days`; return how many rows. What is open is never deleted."""
    over = select(DeskCase.id).where(DeskCase.closed_at < now - timedelta(days=case_days))
    gone = 0
    for table, condition in (
        (DeskLine, DeskLine.case_id.in_(over)),
        (DeskCase, DeskCase.closed_at < now - timedelta(days=case_days)),
        (DeskQuestion, DeskQuestion.until < now - QUESTIONS_KEPT),
        (ServiceRating, ServiceRating.on < vietnam_date(now) - timedelta(days=rating_days)),
    ):
        done = session.execute(delete(table).where(condition))
        gone += int(done.rowcount)  # type: ignore[attr-defined]
    return gone
