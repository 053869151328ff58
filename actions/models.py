"""What the conversation leaves behind for the office: questions that it did not answer, or answered
unhelpfully.

None says who asked. The words of a question are anonymised before they are kept, encrypted all
the same, because people write of their families, and deleted after `UNANSWERED_KEPT`.
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
    UNHELPFUL = "unhelpful"
    """It was answered, and the answer was rated as no help."""


class Unanswered(Base):
    """A question that got no answer, or none that helped."""

    __tablename__ = "unanswered_question"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    channel: Mapped[str] = mapped_column(String(20))
    why: Mapped[Why] = mapped_column(words(Why))
    words_enc: Mapped[str] = mapped_column(Text)
    """Encrypted; anonymised before (`helpdesk.anonymising`)."""
    procedure: Mapped[str | None] = mapped_column(String(64))
    """What it was answered from, or the likeliest it may mean; None where nothing was near."""
    aspects: Mapped[str] = mapped_column(String(100), default="")
    """What was asked, joined by +; empty where that is not known."""
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When its group was taken into the training data, or put aside."""
