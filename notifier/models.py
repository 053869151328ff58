"""The notifier's tables: messages and what became of them.

A message's row is its present state, changed only by compare-and-set on (state, epoch) in
`outbox`; attempts, receipts and decisions are added and stay. Numbers and texts are encrypted;
what a person may see of a number is its last three digits.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime, words
from notifier.segments import Encoding
from notifier.states import State
from notifier.templates import MessageClass, Policy
from notifier.vocabulary import CircuitChange, Outcome, Verdict, Why, Word


def new_ref() -> str:
    """Return a fresh name for a message, for use outside: 96 random bits, 16 signs.

    Row numbers will not do: a database restored from a copy would use them a second time, and a
    provider that deduplicates would swallow the new message as the old one.
    """
    return secrets.token_urlsafe(12)


class Message(Base):
    """A message, from plan to end."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(16), unique=True, default=new_ref)
    """Its name outside: in every request to a provider and every address called back."""
    dedupe_key: Mapped[str] = mapped_column(String(200), unique=True)
    """What it is about and to whom: planning twice makes one."""
    template: Mapped[str] = mapped_column(String(40))
    template_version: Mapped[int]
    message_class: Mapped[MessageClass] = mapped_column(words(MessageClass))
    policy: Mapped[Policy] = mapped_column(words(Policy))
    """What to do when nobody can tell whether it left."""
    priority: Mapped[int]
    """0 first; see `plan.PRIORITIES`."""

    dossier_id: Mapped[int | None] = mapped_column(
        ForeignKey("dossier.id", ondelete="SET NULL"), index=True
    )
    """None for a digest, an OTP or a test."""
    status_version: Mapped[int | None]
    """The dossier's event that it tells of."""
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    sample: Mapped[bool] = mapped_column(default=False)
    """About invented data: never leaves through a real provider."""
    retry_of: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    """The message that a person had sent again as this one."""

    phone_enc: Mapped[str] = mapped_column(Text)
    """Encrypted E.164."""
    phone_index: Mapped[str] = mapped_column(String(64))
    phone_tail: Mapped[str] = mapped_column(String(3))
    """Last three digits, for officers."""
    body_enc: Mapped[str] = mapped_column(Text)
    """The text, encrypted."""
    values_enc: Mapped[str | None] = mapped_column(Text)
    """What fills its template, as encrypted JSON, for providers that hold templates of their own;
    None where the template has no such form."""
    encoding: Mapped[Encoding] = mapped_column(words(Encoding))
    segments: Mapped[int]

    state: Mapped[State] = mapped_column(words(State))
    epoch: Mapped[int] = mapped_column(default=0)
    """Number of the change that brought it here: whoever read an older one has lost."""
    state_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(80), default="")
    """The step of which worker, or who, made the latest change."""
    why: Mapped[Why | None] = mapped_column(words(Why, 30))
    """Why it stands where it stands, where the state alone does not say."""
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    deliveries: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often a provider has taken it over and could not reach the handset."""

    provider: Mapped[str | None] = mapped_column(String(20))
    provider_ref: Mapped[str | None] = mapped_column(String(80))
    """The provider's name for it."""
    code: Mapped[str | None] = mapped_column(String(20))
    """The provider's latest error code."""
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When its latest request left: counts for the recipient's cap."""
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    redacted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When its text and number were blotted out, its time of keeping being over."""
    body_print: Mapped[str | None] = mapped_column(String(64))
    """Keyed fingerprint of the text that was blotted out: proves what it said to whoever has it."""

    __table_args__ = (
        # The queue: small whatever the size of the table, and read in its own order.
        Index(
            "ix_message_due",
            "priority",
            "not_before",
            "id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        # The same by office: who has anything waiting, and the first of it.
        Index(
            "ix_message_due_by_office",
            "priority",
            "office_id",
            "not_before",
            "id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "ix_message_lease",
            "lease_until",
            sqlite_where=text("state IN ('leased', 'sending')"),
            postgresql_where=text("state IN ('leased', 'sending')"),
        ),
        Index(
            "ix_message_uncertain",
            "state_at",
            sqlite_where=text("state = 'uncertain'"),
            postgresql_where=text("state = 'uncertain'"),
        ),
        Index(
            "ix_message_awaiting",
            "accepted_at",
            sqlite_where=text("state IN ('accepted', 'sent')"),
            postgresql_where=text("state IN ('accepted', 'sent')"),
        ),
        Index(
            "ix_message_expiry",
            "expires_at",
            sqlite_where=text("state IN ('queued', 'held')"),
            postgresql_where=text("state IN ('queued', 'held')"),
        ),
        # By the moment of its making, which never changes: no change of state touches it.
        Index(
            "ix_message_unredacted",
            "created_at",
            sqlite_where=text("redacted_at IS NULL"),
            postgresql_where=text("redacted_at IS NULL"),
        ),
        Index(None, "phone_index", "left_at"),
        Index(None, "provider", "provider_ref"),
    )


class Attempt(Base):
    """A request to a provider. Added when it is about to leave, completed once."""

    __tablename__ = "attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"))
    n: Mapped[int]
    """1, 2, 3 … within the message."""
    provider: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """None where the worker did not live to see its end."""
    outcome: Mapped[Outcome | None] = mapped_column(words(Outcome))
    http_status: Mapped[int | None]
    code: Mapped[str | None] = mapped_column(String(20))
    latency_ms: Mapped[int | None]

    __table_args__ = (
        UniqueConstraint("message_id", "n"),
        # How a provider has been doing lately.
        Index(None, "provider", "finished_at"),
        # What a day has cost.
        Index(None, "started_at"),
    )


class Receipt(Base):
    """What a provider said afterwards: stored before it is answered, applied later."""

    __tablename__ = "receipt"

    id: Mapped[int] = mapped_column(primary_key=True)
    payload_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """Of what it says: said twice, it is stored once."""
    provider: Mapped[str] = mapped_column(String(20))
    message_ref: Mapped[str] = mapped_column(String(16), index=True)
    attempt: Mapped[int]
    """Which request of the message it answers."""
    provider_ref: Mapped[str] = mapped_column(String(80))
    word: Mapped[Word] = mapped_column(words(Word))
    code: Mapped[str | None] = mapped_column(String(20))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verdict: Mapped[Verdict | None] = mapped_column(words(Verdict))
    """What it changed; None until applied."""

    __table_args__ = (
        Index(
            "ix_receipt_waiting",
            "id",
            sqlite_where=text("applied_at IS NULL"),
            postgresql_where=text("applied_at IS NULL"),
        ),
    )


class Suppression(Base):
    """A number that wants no messages. STOP by reply is impossible in Vietnam
    (twilio.com/en/guidelines/vn/sms): it comes from the chat, the counter or the hotline."""

    __tablename__ = "suppression"

    phone_index: Mapped[str] = mapped_column(String(64), primary_key=True)
    source: Mapped[str] = mapped_column(String(40))
    """Where it was asked for: chat, counter, hotline, provider."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PlanDecision(Base):
    """What was decided about an event, one an event: told, or why not."""

    __tablename__ = "plan_decision"

    event_id: Mapped[int] = mapped_column(
        ForeignKey("dossier_event.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    why: Mapped[Why] = mapped_column(words(Why, 30))
    message_id: Mapped[int | None] = mapped_column(
        ForeignKey("message.id", ondelete="SET NULL"), index=True
    )
    """The message that tells of it, alone or with others."""


class Reminder(Base):
    """A reminder that was given, one a dossier, state and threshold."""

    __tablename__ = "reminder"

    dossier_id: Mapped[int] = mapped_column(
        ForeignKey("dossier.id", ondelete="CASCADE"), primary_key=True
    )
    status_version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The threshold, in working days."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", ondelete="SET NULL"))
    """The message that reminds, of this dossier alone or of several."""


class ProviderState(Base):
    """What all workers know of a provider."""

    __tablename__ = "provider_state"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Nothing is sent through it until then."""
    pauses: Mapped[int] = mapped_column(default=0)
    """Pauses since its last acceptance: each is longer than the one before."""
    code: Mapped[str | None] = mapped_column(String(20))
    """The error that paused it."""
    stopped: Mapped[str | None] = mapped_column(String(200))
    """Why a person has taken it out of use; None while it is in use."""
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When its circuit last changed: what was before says nothing of how it is now."""


class ProviderEvent(Base):
    """What happened to a provider's circuit, and why."""

    __tablename__ = "provider_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    change: Mapped[CircuitChange] = mapped_column(words(CircuitChange))
    reason: Mapped[str] = mapped_column(String(200), default="")
    """The provider's error, or what a person said."""
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(String(80), default="")
    """The person, or the worker that noticed."""

    __table_args__ = (Index(None, "provider", "id"),)


class RateBucket(Base):
    """Messages that a provider may be given just now, by all processes together."""

    __tablename__ = "rate_bucket"

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    tokens: Mapped[float] = mapped_column(Float)
    """How many there were at `at`."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProviderToken(Base):
    """A provider's access token, and the single-use token that gets the next one."""

    __tablename__ = "provider_token"

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    access_enc: Mapped[str] = mapped_column(Text)
    """Encrypted; of an empty text where only the refresh token is known yet."""
    refresh_enc: Mapped[str] = mapped_column(Text)
    """Encrypted. Kept until its successor is committed."""
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the access token runs out."""
    version: Mapped[int]
    """Raised with every pair: whoever writes on an older one has lost."""
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Until when one process has the refreshing to itself."""
    lease_by: Mapped[str | None] = mapped_column(String(80))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Leadership(Base):
    """Who does the work that one process does for all."""

    __tablename__ = "leadership"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner: Mapped[str] = mapped_column(String(80))
    epoch: Mapped[int]
    """Raised with every change of leader."""
    lease_until: Mapped[datetime] = mapped_column(UtcDateTime)


class PhoneInbox(Base):
    """A message on the demonstration phone."""

    __tablename__ = "phone_inbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_ref: Mapped[str] = mapped_column(String(16), unique=True)
    """The phone shows a message once, however often it is sent."""
    phone_index: Mapped[str] = mapped_column(String(64), index=True)
    phone_enc: Mapped[str] = mapped_column(Text)
    body_enc: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
