"""The helpdesk's tables.

What citizens and officers write is encrypted, and goes with its case `desk_retention_days` after
that is closed, or when the person is erased. What is said of answers and of the service names
neither person nor dossier.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime, words
from helpdesk.vocabulary import Author, Awaited, CaseState, Delivery, Kind, Reason, Topic


class DeskCase(Base):
    """Something that an officer is to see to."""

    __tablename__ = "desk_case"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(9), unique=True)
    """The number that the citizen is told, `K7M4-Q2XP`: chance, not to be guessed."""
    kind: Mapped[Kind] = mapped_column(words(Kind))
    topic: Mapped[Topic | None] = mapped_column(words(Topic))
    """Of a complaint."""
    state: Mapped[CaseState] = mapped_column(words(CaseState))
    channel: Mapped[str] = mapped_column(String(20))
    sender: Mapped[str] = mapped_column(String(64))
    """Fingerprint of who wrote (`dossiers.proof.Sender.key`)."""
    address_enc: Mapped[str | None] = mapped_column(Text)
    """Encrypted: where the channel reaches them. None where it has not said yet, or no more."""
    talking: Mapped[str | None] = mapped_column(String(85), unique=True)
    """`channel:sender` while this is a chat that is not closed: a sender has one at most."""
    language: Mapped[str] = mapped_column(String(2))
    procedure: Mapped[str | None] = mapped_column(String(64))
    """What the conversation was about, where that is known."""
    code: Mapped[str | None] = mapped_column(String(40))
    """Dossier code that a complaint names."""
    phone_enc: Mapped[str | None] = mapped_column(Text)
    """Encrypted: the number to ring."""
    phone_index: Mapped[str | None] = mapped_column(String(64), index=True)
    officer: Mapped[str | None] = mapped_column(String(40))
    """Who has taken it, by the name of their account."""
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the citizen wrote last."""
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(String(40))
    """The officer's name, or `citizen`."""

    __table_args__ = (
        Index("ix_desk_case_queue", "state", "kind", "opened_at"),
        Index("ix_desk_case_sender", "channel", "sender"),
        Index("ix_desk_case_code", "code"),
    )


class DeskLine(Base):
    """Something that was written in a case."""

    __tablename__ = "desk_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("desk_case.id", ondelete="CASCADE"))
    author: Mapped[Author] = mapped_column(words(Author))
    text_enc: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    key: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Fingerprint of a citizen's message: one that the channel repeats is one line."""
    delivery: Mapped[Delivery | None] = mapped_column(words(Delivery))
    """None for the citizen's own."""
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it is handed to the channel (again); whoever does so puts it off first."""

    __table_args__ = (
        Index("ix_desk_line_case", "case_id", "id"),
        Index("ix_desk_line_due", "delivery", "due_at"),
    )


class DeskQuestion(Base):
    """What a sender was asked for; one a sender, the latest."""

    __tablename__ = "desk_question"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    sender: Mapped[str] = mapped_column(String(64), primary_key=True)
    awaited: Mapped[Awaited] = mapped_column(words(Awaited))
    subject: Mapped[str] = mapped_column(String(64), default="")
    """Of a complaint its topic; of stars the dossier's id; of a number the reference of the case
    that waits for it, or the procedure that the talk was about."""
    language: Mapped[str] = mapped_column(String(2))
    until: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    answered_by: Mapped[str | None] = mapped_column(String(64))
    """Fingerprint of the message that answered it: if that comes again it gets the same reply."""
    reply: Mapped[str] = mapped_column(Text, default="")
    """Encrypted: that reply."""


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
    reason: Mapped[Reason | None] = mapped_column(words(Reason))
    """Why it was no help, where the person said."""
    ref: Mapped[str | None] = mapped_column(String(16), unique=True)
    """By which the reason finds the rating, once; chance, and gone when it is given."""


class ServiceRating(Base):
    """What somebody thinks of the service on their dossier. Says of neither which it was."""

    __tablename__ = "service_rating"

    id: Mapped[int] = mapped_column(primary_key=True)
    on: Mapped[date] = mapped_column("on_day", index=True)
    """The day alone: a moment would tell which dossier."""
    channel: Mapped[str] = mapped_column(String(20))
    office: Mapped[str] = mapped_column(String(200))
    procedure_code: Mapped[str] = mapped_column(String(40))
    stars: Mapped[int]
    """1 (bad) to 5."""
    words_enc: Mapped[str | None] = mapped_column(Text)
    """Encrypted; anonymised before."""


class RatingAsked(Base):
    """That the service on a dossier was asked about, or told: no second time."""

    __tablename__ = "rating_asked"

    dossier_id: Mapped[int] = mapped_column(
        ForeignKey("dossier.id", ondelete="CASCADE"), primary_key=True
    )
    asked_on: Mapped[date]
    rated: Mapped[bool] = mapped_column(default=False)
