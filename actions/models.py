"""What the conversation leaves behind for the office: ratings, and questions that went unanswered.

Neither says who asked. The words of a question are encrypted, because people write of their
families, and are deleted after `UNANSWERED_KEPT`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime, words

UNANSWERED_KEPT = timedelta(days=90)
"""How long a question stays, so that whoever keeps the catalogue can mend it."""


class Why(StrEnum):
    """Why a question went unanswered."""

    NOT_UNDERSTOOD = "not_understood"
    """Neither a procedure nor anything else was recognised."""
    NOT_IN_CATALOGUE = "not_in_catalogue"
    """A land question on which the catalogue has nothing."""


class Rating(Base):
    """Somebody's word on the answers."""

    __tablename__ = "rating"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    channel: Mapped[str] = mapped_column(String(20))
    score: Mapped[int]
    """0 (no help at all) to 100."""
    procedure: Mapped[str | None] = mapped_column(String(64))
    """What the conversation was about, where that is known."""


class Unanswered(Base):
    """A question that got no answer."""

    __tablename__ = "unanswered_question"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    channel: Mapped[str] = mapped_column(String(20))
    why: Mapped[Why] = mapped_column(words(Why))
    words_enc: Mapped[str] = mapped_column(Text)
    """Encrypted; what looks like a telephone or ID number was masked before."""
