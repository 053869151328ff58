"""Ratings and unanswered questions go when their time is over."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from actions.models import UNANSWERED_KEPT, Rating, Unanswered, Why
from actions.retention import forget_old
from tests.actions.conftest import NOW, Conversation


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
