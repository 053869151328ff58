"""Ratings, complaints, and questions that went unanswered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from actions import feedback
from actions.models import UNANSWERED_KEPT, Unanswered, Why
from actions.turn import State, Turn
from helpdesk.models import Rating
from tests.actions.conftest import NOW, Conversation


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("5 sao", 100),
        ("mot sao thoi", 20),
        ("⭐⭐⭐", 60),
        ("9/10", 90),
        ("đánh giá 3/5", 60),
        ("7 trên 10", 70),
        ("cho điểm mười luôn", 100),
        ("8 diem", 80),
        ("rất hài lòng", 100),
        ("không hài lòng", 20),
        ("bình thường", 60),
        ("not helpful at all", 20),
        ("tôi muốn đánh giá", None),
        ("khảo sát", None),
        ("10 điểm", 100),
    ],
)
def test_what_a_rating_is_worth(text: str, score: int | None) -> None:
    assert feedback.score(text) == score


def ratings(talk: Conversation) -> list[tuple[int, str | None]]:
    with talk.rooms.sessions() as session:
        return [(r.score, r.procedure) for r in session.scalars(select(Rating))]


def test_a_rating_is_kept_with_what_it_was_about(talk: Conversation) -> None:
    talk.slots["context"] = {"procedure": "transfer"}
    talk.act("action_rate", payload="rate:good")
    assert ratings(talk) == [(100, "transfer")]


def test_a_bad_rating_is_answered_with_a_person(talk: Conversation) -> None:
    talk.act("action_rate", text="1 sao")
    assert ratings(talk) == [(20, None)]
    assert "0207 123 4567" in talk.text


def test_who_wants_to_rate_is_asked(talk: Conversation) -> None:
    talk.act("action_rate", text="tôi muốn đánh giá")
    assert list(talk.buttons.values()) == ["rate:good", "rate:bad"]
    assert ratings(talk) == []


def test_a_complaint_is_not_taken_but_shown_its_way(talk: Conversation) -> None:
    talk.act("action_complain", text="cán bộ vòi tiền")
    assert "không nhận khiếu nại" in talk.text
    assert "0207 123 4567" in talk.text


def test_unanswered_words_are_encrypted_masked_and_deleted_in_time(talk: Conversation) -> None:
    def keep(text: str, later: timedelta) -> None:
        turn = Turn("web", "visitor-0001", text, "", {}, State(), NOW + later)
        feedback.keep_unanswered(turn, talk.rooms, Why.NOT_UNDERSTOOD)

    keep("gọi tôi 0912345678", timedelta())
    with talk.rooms.sessions() as session:
        (kept,) = session.scalars(select(Unanswered)).all()
    assert "gọi" not in kept.words_enc
    assert talk.rooms.vault.decrypt(kept.words_enc) == "gọi tôi [số điện thoại]"

    keep("câu khác", UNANSWERED_KEPT + timedelta(days=1))
    with talk.rooms.sessions() as session:
        (kept,) = session.scalars(select(Unanswered)).all()
    assert talk.rooms.vault.decrypt(kept.words_enc) == "câu khác"
