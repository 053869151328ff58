"""Measures of the officers' queue, for Prometheus: who waits, for how long, and what is on its way
to them. What there is to alarm of is said in `deploy/monitoring/alerts.yml`."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import Gauge
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk.models import DeskCase, DeskLine
from helpdesk.vocabulary import CaseState, Delivery, Kind

CASES = Gauge("motcua_desk_cases", "Cases that are not closed", ["kind", "state"])
OLDEST = Gauge(
    "motcua_desk_oldest_waiting_seconds",
    "How long the oldest case has waited for somebody to take it",
    ["kind"],
)
LINES = Gauge("motcua_desk_lines_waiting", "Lines for citizens that no channel has taken yet")

LIVING = (CaseState.OPEN, CaseState.TAKEN)


def watch(session: Session, now: datetime) -> None:
    """Set the measures to what the database says at `now`."""
    rows = session.execute(
        select(DeskCase.kind, DeskCase.state, func.count(), func.min(DeskCase.opened_at))
        .where(DeskCase.state.in_(LIVING))
        .group_by(DeskCase.kind, DeskCase.state)
    )
    found = {(kind, state): (count, first) for kind, state, count, first in rows}
    for kind in Kind:
        for state in LIVING:
            count, first = found.get((kind, state), (0, now))
            CASES.labels(kind, state).set(count)
            if state is CaseState.OPEN:
                OLDEST.labels(kind).set(max(0.0, (now - first).total_seconds()))
    LINES.set(
        session.scalar(
            select(func.count()).select_from(DeskLine).where(DeskLine.delivery == Delivery.WAITING)
        )
        or 0
    )


def unknown() -> None:
    """Forget the measures: the database does not answer, and old ones would pass for new."""
    CASES.clear()
    OLDEST.clear()
    LINES.set(float("nan"))
