"""Ratings and unanswered questions go when their time is over."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from actions.models import UNANSWERED_KEPT, Unanswered, Why
from actions.retention import forget_old
from core.database import Base, make_engine, session_factory
from helpdesk.models import Rating
from tests.actions.conftest import NOW, Conversation
from tests.actions.test_server import serving


def test_what_was_kept_long_enough_goes(talk: Conversation) -> None:
    with talk.rooms.sessions.begin() as session:
        for age in (0, 90, 91, 365, 366):
            at = NOW - timedelta(days=age)
            session.add(Rating(at=at, channel="web", score=age % 100))
            session.add(
                Unanswered(at=at, channel="web", why=Why.NOT_UNDERSTOOD, words_enc=str(age))
            )
        session.flush()
        assert timedelta(days=90) == UNANSWERED_KEPT
        assert forget_old(session, 365, NOW) == 1 + 3
        ages = sorted((NOW - at).days for at in session.scalars(select(Rating.at)))
        assert ages == [0, 90, 91, 365]
        kept = session.scalars(select(Unanswered.words_enc).order_by(Unanswered.id)).all()
        assert kept == ["0", "90"]


def test_the_server_does_it_by_itself(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'motcua.db'}")
    Base.metadata.create_all(engine)
    sessions = session_factory(engine)
    with sessions.begin() as session:
        session.add(Rating(at=datetime.now(UTC) - timedelta(days=1000), channel="web", score=100))

    def left() -> int:
        with sessions() as session:
            return session.scalar(select(func.count()).select_from(Rating)) or 0

    with serving(tmp_path):
        end = time.monotonic() + 60
        while left() and time.monotonic() < end:
            time.sleep(0.1)
    assert left() == 0
    engine.dispose()
