"""The registry's tables: offices, dossiers, their events, and who may see them.

A dossier's present state is in its row; its history is in events, which are only ever added. Who
moves a dossier writes both, and the pending event from which the notifier plans, in one
transaction. Personal data is kept as `core.privacy` leaves it: encrypted, or as a keyed
fingerprint, never plain.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import Base, UtcDateTime, words
from dossiers.lifecycle import Move, Status
from dossiers.phones import NoSms


class Purpose(StrEnum):
    """What a person's data is used for beyond handling the dossier itself."""

    STATUS_SMS = "status_sms"
    """Messages as their dossier moves."""
    LINKED_CHAT = "linked_chat"
    """Knowing their account on a platform again."""


class Key(StrEnum):
    """What a person is known by."""

    PHONE = "phone"
    """`phones.phone_index` of a mobile number."""
    ID = "id"
    """The fingerprint of an ID number, as in `Dossier.id_index`."""


class Office(Base):
    """An office as exports name it. Its address and hours are in `data/offices/offices.yml`."""

    __tablename__ = "office"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    """The folded name: what two spellings of one office share."""
    name: Mapped[str] = mapped_column(String(200))
    """The name as first seen in an export."""
    first_import_id: Mapped[int | None] = mapped_column(ForeignKey("import_report.id"))
    """The first import of this office that came to its end. Until then everything that is read of
    it is backlog, by the rule of `Settings.first_import`."""


class Dossier(Base):
    """A dossier as it stands."""

    __tablename__ = "dossier"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    """Canonical form, e.g. H60.12.01-261029-0001."""
    procedure_code: Mapped[str] = mapped_column(String(30), default="")
    """Code of the administrative procedure as exported, e.g. 1.013831; may be unknown to us."""
    procedure_name: Mapped[str] = mapped_column(String(400), default="")
    """Name of the procedure as exported."""
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"), index=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_on: Mapped[date | None]
    """Appointment date, where one was given."""
    new_due_on: Mapped[date | None]
    """The date to which the office has put the appointment off (phiếu xin lỗi và hẹn lại), where
    it has. Only ever the office's own word."""
    new_due_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When that date became known here."""
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the result was there."""
    returned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the result was handed over."""
    status: Mapped[Status] = mapped_column(words(Status))
    status_version: Mapped[int] = mapped_column(default=1)
    """Number of the latest event; a writer that finds another number than it read has lost a race
    and reads again."""
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the present state was reached, as well as known: `occurred_at` of the latest event."""
    submitted_by: Mapped[str] = mapped_column(String(60), default="")
    """How it was handed in, as exported: at the desk, online, by post."""
    note: Mapped[str] = mapped_column(Text, default="")
    """The export's remark; written for officers, not shown without proof of identity."""

    phone_enc: Mapped[str | None] = mapped_column(Text)
    """Encrypted mobile number in E.164 (+84912345678); None where there is none."""
    phone_index: Mapped[str | None] = mapped_column(String(64), index=True)
    """`phones.phone_index` of that number: to find the dossiers of one number, or its opt-out."""
    no_sms_reason: Mapped[NoSms | None] = mapped_column(words(NoSms))
    """Why there is no mobile number; None where there is one."""
    id_index: Mapped[str | None] = mapped_column(String(64), index=True)
    """Keyed fingerprint of the applicant's ID number."""
    applicant_enc: Mapped[str | None] = mapped_column(Text)
    """Encrypted name of the applicant."""
    language: Mapped[str] = mapped_column(String(2), default="vi", server_default="vi")
    """In which the applicant wants to be written to: vi or en."""
    proofs: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Keyed fingerprints, bound to this dossier's code, of the last four digits of each number on
    file (phones and IDs): see `dossiers.proof`."""

    content: Mapped[str] = mapped_column(String(64), default="")
    """Keyed fingerprint of the exported row: an equal row changes nothing."""
    sample: Mapped[bool] = mapped_column(default=False)
    """Invented: shown as such, and never texted through a real provider."""
    as_of: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The moment up to which the export told that wrote this row last: an older one does not undo
    it. None where no export did."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    office: Mapped[Office | None] = relationship()
    events: Mapped[list[DossierEvent]] = relationship(
        back_populates="dossier", order_by="DossierEvent.version"
    )

    __table_args__ = (Index(None, "status", "moved_at"),)


class DossierEvent(Base):
    """A movement of a dossier. Never changed, never deleted but with its dossier."""

    __tablename__ = "dossier_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id", ondelete="CASCADE"))
    version: Mapped[int]
    """1, 2, 3 … within the dossier."""
    status: Mapped[Status] = mapped_column(words(Status))
    """The state that was reached."""
    move: Mapped[Move] = mapped_column(words(Move))
    """How it follows the state before."""
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it happened, as well as known; see `dated`."""
    dated: Mapped[bool] = mapped_column(default=True)
    """False where it is only known to have happened by `occurred_at`: the date is not shown."""
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(Text, default="")
    """The remark that came with it; see `Dossier.note`."""
    source: Mapped[str] = mapped_column(String(60))
    """Where it came from, e.g. ``import:12``, the number of an `ImportReport`."""
    is_backlog: Mapped[bool] = mapped_column(default=False)
    """Old news found by an office's first import: nobody is told."""

    dossier: Mapped[Dossier] = relationship(back_populates="events")

    __table_args__ = (UniqueConstraint("dossier_id", "version"),)


class PendingEvent(Base):
    """An event that the notifier has not planned yet. Written with the event; deleted with the
    plan."""

    __tablename__ = "pending_event"

    event_id: Mapped[int] = mapped_column(
        ForeignKey("dossier_event.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )


class ChangedNumber(Base):
    """A dossier whose telephone number has changed, and whose waiting messages the notifier has
    not seen to yet. Written with the number; deleted when no message waits for the old one."""

    __tablename__ = "changed_number"

    dossier_id: Mapped[int] = mapped_column(
        ForeignKey("dossier.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )


class ImportState(StrEnum):
    """How far an import came."""

    RUNNING = "running"
    """Begun; still so in a finished process means that it was killed. Importing again mends it."""
    COMPLETE = "complete"
    """Every row was read and either applied or reported."""
    FAILED = "failed"
    """Broke off with an error; what had been applied stands, and importing again completes it."""


class ImportReport(Base):
    """What one import of one file did. Holds no personal value."""

    __tablename__ = "import_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[ImportState] = mapped_column(words(ImportState))
    sample: Mapped[bool] = mapped_column(default=False)
    as_of: Mapped[datetime] = mapped_column(UtcDateTime)
    """The moment up to which the file tells: its newest date, if none was given."""
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rows: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """The report as `./motcua import --json` prints it: rejected rows and warnings by row,
    column, shape of the value and reason."""


_COUNTING: dict[str, Any] = {"sqlite_where": text("counts = 1"), "postgresql_where": text("counts")}
"""In each engine's own words, as its queries say it: else it does not see that the index serves."""


class ProofAttempt(Base):
    """A try to prove that a dossier is one's own. Limits are counted over these."""

    __tablename__ = "proof_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    sender: Mapped[str] = mapped_column(String(64))
    """`dossiers.proof.sender_key`: the sender may be a telephone number."""
    code: Mapped[str] = mapped_column(String(40))
    """The code asked for, whether or not there is such a dossier."""
    code_prefix: Mapped[str] = mapped_column(String(40))
    """Agency and day of the code: who tries serial numbers one after another stays within it."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    counts: Mapped[bool] = mapped_column(default=True)
    """Whether it counts as wrong: so from the start, until it proves right, or is turned away
    unjudged because there were too many."""
    succeeded: Mapped[bool] = mapped_column(default=False)

    # Of what counts alone: else each try of a siege looks through all that were turned away before.
    __table_args__ = (
        Index("ix_proof_attempt_counting_sender", "channel", "sender", "at", **_COUNTING),
        Index("ix_proof_attempt_counting_code", "code", "at", **_COUNTING),
        Index("ix_proof_attempt_counting_prefix", "code_prefix", "at", **_COUNTING),
    )


class PendingProof(Base):
    """The dossier for which a sender was asked for proof; one a sender."""

    __tablename__ = "pending_proof"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    sender: Mapped[str] = mapped_column(String(64), primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class Verification(Base):
    """A sender's proven right to see a dossier, for a while."""

    __tablename__ = "verification"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    sender: Mapped[str] = mapped_column(String(64), primary_key=True)
    dossier_id: Mapped[int] = mapped_column(
        ForeignKey("dossier.id", ondelete="CASCADE"), primary_key=True
    )
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    full_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Until when the sender may also see everything and decide about messages, having read out a
    code that was sent to the phone on file; None without one."""


class OneTimeCode(Base):
    """A code that was sent to the phone on a dossier's file, for one sender."""

    __tablename__ = "one_time_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    sender: Mapped[str] = mapped_column(String(64))
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id", ondelete="CASCADE"))
    phone_index: Mapped[str] = mapped_column(String(64))
    salt: Mapped[str] = mapped_column(String(32))
    fingerprint: Mapped[str] = mapped_column(String(64))
    """The code's, under the salt; the code itself is nowhere but in the message."""
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    closed: Mapped[bool] = mapped_column(default=False)
    """Used, or replaced by a newer one."""

    __table_args__ = (
        Index("ix_one_time_code_sender", "channel", "sender", "sent_at"),
        Index("ix_one_time_code_phone", "phone_index", "sent_at"),
    )


class DossierLink(Base):
    """A link to a dossier's page: see `dossiers.links`."""

    __tablename__ = "dossier_link"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of the word in the link, which is nowhere but in what was sent."""
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id", ondelete="CASCADE"))
    until: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_dossier_link_until", "until"),)


class LinkedIdentity(Base):
    """A person's account on a platform, tied by a one-time code to a number on file."""

    __tablename__ = "linked_identity"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    sender: Mapped[str] = mapped_column(String(64), primary_key=True)
    phone_index: Mapped[str] = mapped_column(String(64), index=True)
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Consent(Base):
    """What a person agreed to or withdrew: added, never changed."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    phone_index: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[Purpose] = mapped_column(words(Purpose))
    given: Mapped[bool]
    """True: agreed; False: withdrawn."""
    channel: Mapped[str] = mapped_column(String(20))
    """Where it was said: a channel, or `counter`."""
    text: Mapped[str] = mapped_column(Text)
    """The words that were agreed to, as they stood."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_consent_phone", "phone_index", "purpose", "id"),)


class Erasure(Base):
    """A number or ID whose holder had their data erased: no export brings it back.

    Only the keyed fingerprint is kept, because without it tomorrow's export would undo the erasure.
    """

    __tablename__ = "erasure"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[Key] = mapped_column(words(Key))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
