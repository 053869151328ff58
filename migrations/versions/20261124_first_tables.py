"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat_turn",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("answered", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_turn")),
        sa.UniqueConstraint(
            "conversation", "message_id", name=op.f("uq_chat_turn_conversation_message_id")
        ),
    )
    with op.batch_alter_table("chat_turn", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chat_turn_at"), ["at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_chat_turn_conversation_chat_turn_id"),
            ["conversation", "id"],
            unique=False,
        )

    op.create_table(
        "import_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "running", "complete", "failed", name="importstate", native_enum=False, length=20
            ),
            nullable=False,
        ),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_report")),
    )
    with op.batch_alter_table("import_report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_report_sha256"), ["sha256"], unique=False)

    op.create_table(
        "leadership",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leadership")),
    )
    op.create_table(
        "pending_proof",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "sender", name=op.f("pk_pending_proof")),
    )
    op.create_table(
        "phone_inbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_ref", sa.String(length=16), nullable=False),
        sa.Column("phone_index", sa.String(length=64), nullable=False),
        sa.Column("phone_enc", sa.Text(), nullable=False),
        sa.Column("body_enc", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_inbox")),
        sa.UniqueConstraint("message_ref", name=op.f("uq_phone_inbox_message_ref")),
    )
    with op.batch_alter_table("phone_inbox", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_phone_inbox_phone_index"), ["phone_index"], unique=False
        )

    op.create_table(
        "proof_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("code_prefix", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof_attempt")),
    )
    with op.batch_alter_table("proof_attempt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_proof_attempt_channel_proof_attempt_sender_proof_attempt_at"),
            ["channel", "sender", "at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_proof_attempt_code_prefix_proof_attempt_at"),
            ["code_prefix", "at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_proof_attempt_code_proof_attempt_at"), ["code", "at"], unique=False
        )

    op.create_table(
        "provider_state",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pauses", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_provider_state")),
    )
    op.create_table(
        "rating",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("procedure", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
    )
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_at"), ["at"], unique=False)

    op.create_table(
        "receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payload_hash", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("message_ref", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("provider_ref", sa.String(length=80), nullable=False),
        sa.Column(
            "word",
            sa.Enum(
                "accepted",
                "sent",
                "unreachable",
                "undelivered",
                "delivered",
                name="word",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=20), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "verdict",
            sa.Enum(
                "applied",
                "overtaken",
                "conflict",
                "unknown",
                name="verdict",
                native_enum=False,
                length=20,
            ),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("payload_hash", name=op.f("uq_receipt_payload_hash")),
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipt_message_ref"), ["message_ref"], unique=False)
        batch_op.create_index(
            "ix_receipt_waiting",
            ["id"],
            unique=False,
            sqlite_where=sa.text("applied_at IS NULL"),
            postgresql_where=sa.text("applied_at IS NULL"),
        )

    op.create_table(
        "suppression",
        sa.Column("phone_index", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("phone_index", name=op.f("pk_suppression")),
    )
    op.create_table(
        "unanswered_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column(
            "why",
            sa.Enum("not_understood", "not_in_catalogue", name="why", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("words_enc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unanswered_question")),
    )
    with op.batch_alter_table("unanswered_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unanswered_question_at"), ["at"], unique=False)

    op.create_table(
        "office",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("first_import_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["first_import_id"],
            ["import_report.id"],
            name=op.f("fk_office_first_import_id_import_report"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office")),
        sa.UniqueConstraint("key", name=op.f("uq_office_key")),
    )
    op.create_table(
        "dossier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("procedure_code", sa.String(length=30), nullable=False),
        sa.Column("procedure_name", sa.String(length=400), nullable=False),
        sa.Column("office_id", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "registered",
                "accepted",
                "not_accepted",
                "processing",
                "supplement_needed",
                "tax_due",
                "withdrawn",
                "stopped",
                "done",
                "returned",
                name="status",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("status_version", sa.Integer(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", sa.String(length=60), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("phone_enc", sa.Text(), nullable=True),
        sa.Column("phone_index", sa.String(length=64), nullable=True),
        sa.Column(
            "no_sms_reason",
            sa.Enum(
                "none",
                "short",
                "long",
                "landline",
                "service",
                "foreign",
                "invalid",
                "unreadable",
                name="nosms",
                native_enum=False,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("id_index", sa.String(length=64), nullable=True),
        sa.Column("applicant_enc", sa.Text(), nullable=True),
        sa.Column("proofs", sa.JSON(), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["office_id"], ["office.id"], name=op.f("fk_dossier_office_id_office")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier")),
        sa.UniqueConstraint("code", name=op.f("uq_dossier_code")),
    )
    with op.batch_alter_table("dossier", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dossier_id_index"), ["id_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_dossier_office_id"), ["office_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dossier_phone_index"), ["phone_index"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_dossier_status_dossier_moved_at"), ["status", "moved_at"], unique=False
        )

    op.create_table(
        "dossier_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "registered",
                "accepted",
                "not_accepted",
                "processing",
                "supplement_needed",
                "tax_due",
                "withdrawn",
                "stopped",
                "done",
                "returned",
                name="status",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "move",
            sa.Enum(
                "first", "same", "step", "leap", "back", name="move", native_enum=False, length=20
            ),
            nullable=False,
        ),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dated", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("is_backlog", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier_id"],
            ["dossier.id"],
            name=op.f("fk_dossier_event_dossier_id_dossier"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_event")),
        sa.UniqueConstraint(
            "dossier_id", "version", name=op.f("uq_dossier_event_dossier_id_version")
        ),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("dedupe_key", sa.String(length=200), nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column(
            "message_class",
            sa.Enum("notice", "otp", name="messageclass", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column(
            "policy",
            sa.Enum("at_least_once", "at_most_once", name="policy", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=True),
        sa.Column("status_version", sa.Integer(), nullable=True),
        sa.Column("office_id", sa.Integer(), nullable=True),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("retry_of", sa.Integer(), nullable=True),
        sa.Column("phone_enc", sa.Text(), nullable=False),
        sa.Column("phone_index", sa.String(length=64), nullable=False),
        sa.Column("phone_tail", sa.String(length=3), nullable=False),
        sa.Column("body_enc", sa.Text(), nullable=False),
        sa.Column(
            "encoding",
            sa.Enum("gsm", "unicode", name="encoding", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "held",
                "leased",
                "sending",
                "uncertain",
                "accepted",
                "sent",
                "delivered",
                "undelivered",
                "unconfirmed",
                "uncertain_final",
                "failed",
                "suppressed",
                "expired",
                "cancelled",
                "invalid",
                name="state",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column(
            "why",
            sa.Enum(
                "told",
                "in_digest",
                "backlog",
                "no_mobile",
                "superseded",
                "sample_data",
                "opted_out",
                "quiet_hours",
                "hourly_cap",
                "provider_paused",
                "too_late",
                "operator",
                "unreadable",
                "tried_enough",
                "provider_refused",
                "retrying",
                "asking",
                "worker_lost",
                "shutting_down",
                "no_word",
                name="why",
                native_enum=False,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=True),
        sa.Column("provider_ref", sa.String(length=80), nullable=True),
        sa.Column("code", sa.String(length=20), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier_id"],
            ["dossier.id"],
            name=op.f("fk_message_dossier_id_dossier"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["office.id"], name=op.f("fk_message_office_id_office")
        ),
        sa.ForeignKeyConstraint(
            ["retry_of"], ["message.id"], name=op.f("fk_message_retry_of_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_message_dedupe_key")),
        sa.UniqueConstraint("ref", name=op.f("uq_message_ref")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_message_awaiting",
            ["accepted_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('accepted', 'sent')"),
            postgresql_where=sa.text("state IN ('accepted', 'sent')"),
        )
        batch_op.create_index(batch_op.f("ix_message_dossier_id"), ["dossier_id"], unique=False)
        batch_op.create_index(
            "ix_message_due",
            ["priority", "not_before", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.create_index(
            "ix_message_expiry",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('queued', 'held')"),
            postgresql_where=sa.text("state IN ('queued', 'held')"),
        )
        batch_op.create_index(
            "ix_message_lease",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("state IN ('leased', 'sending')"),
            postgresql_where=sa.text("state IN ('leased', 'sending')"),
        )
        batch_op.create_index(
            batch_op.f("ix_message_phone_index_message_left_at"),
            ["phone_index", "left_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_message_provider_message_provider_ref"),
            ["provider", "provider_ref"],
            unique=False,
        )
        batch_op.create_index(
            "ix_message_uncertain",
            ["state_at"],
            unique=False,
            sqlite_where=sa.text("state = 'uncertain'"),
            postgresql_where=sa.text("state = 'uncertain'"),
        )

    op.create_table(
        "verification",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier_id"],
            ["dossier.id"],
            name=op.f("fk_verification_dossier_id_dossier"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("channel", "sender", "dossier_id", name=op.f("pk_verification")),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "accepted",
                "not_sent",
                "throttled",
                "rejected",
                "ambiguous",
                name="outcome",
                native_enum=False,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=20), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name=op.f("fk_attempt_message_id_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("message_id", "n", name=op.f("uq_attempt_message_id_n")),
    )
    op.create_table(
        "pending_event",
        sa.Column("event_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["dossier_event.id"],
            name=op.f("fk_pending_event_event_id_dossier_event"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_pending_event")),
    )
    op.create_table(
        "plan_decision",
        sa.Column("event_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "why",
            sa.Enum(
                "told",
                "in_digest",
                "backlog",
                "no_mobile",
                "superseded",
                "sample_data",
                "opted_out",
                "quiet_hours",
                "hourly_cap",
                "provider_paused",
                "too_late",
                "operator",
                "unreadable",
                "tried_enough",
                "provider_refused",
                "retrying",
                "asking",
                "worker_lost",
                "shutting_down",
                "no_word",
                name="why",
                native_enum=False,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["dossier_event.id"],
            name=op.f("fk_plan_decision_event_id_dossier_event"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name=op.f("fk_plan_decision_message_id_message"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_plan_decision")),
    )
    with op.batch_alter_table("plan_decision", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_plan_decision_message_id"), ["message_id"], unique=False
        )

    op.create_table(
        "reminder",
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("status_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dossier_id"],
            ["dossier.id"],
            name=op.f("fk_reminder_dossier_id_dossier"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name=op.f("fk_reminder_message_id_message"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("dossier_id", "status_version", "days", name=op.f("pk_reminder")),
    )


def downgrade() -> None:
    op.drop_table("reminder")
    with op.batch_alter_table("plan_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_decision_message_id"))

    op.drop_table("plan_decision")
    op.drop_table("pending_event")
    op.drop_table("attempt")
    op.drop_table("verification")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_message_uncertain",
            sqlite_where=sa.text("state = 'uncertain'"),
            postgresql_where=sa.text("state = 'uncertain'"),
        )
        batch_op.drop_index(batch_op.f("ix_message_provider_message_provider_ref"))
        batch_op.drop_index(batch_op.f("ix_message_phone_index_message_left_at"))
        batch_op.drop_index(
            "ix_message_lease",
            sqlite_where=sa.text("state IN ('leased', 'sending')"),
            postgresql_where=sa.text("state IN ('leased', 'sending')"),
        )
        batch_op.drop_index(
            "ix_message_expiry",
            sqlite_where=sa.text("state IN ('queued', 'held')"),
            postgresql_where=sa.text("state IN ('queued', 'held')"),
        )
        batch_op.drop_index(
            "ix_message_due",
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.drop_index(batch_op.f("ix_message_dossier_id"))
        batch_op.drop_index(
            "ix_message_awaiting",
            sqlite_where=sa.text("state IN ('accepted', 'sent')"),
            postgresql_where=sa.text("state IN ('accepted', 'sent')"),
        )

    op.drop_table("message")
    op.drop_table("dossier_event")
    with op.batch_alter_table("dossier", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dossier_status_dossier_moved_at"))
        batch_op.drop_index(batch_op.f("ix_dossier_phone_index"))
        batch_op.drop_index(batch_op.f("ix_dossier_office_id"))
        batch_op.drop_index(batch_op.f("ix_dossier_id_index"))

    op.drop_table("dossier")
    op.drop_table("office")
    with op.batch_alter_table("unanswered_question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unanswered_question_at"))

    op.drop_table("unanswered_question")
    op.drop_table("suppression")
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_receipt_waiting",
            sqlite_where=sa.text("applied_at IS NULL"),
            postgresql_where=sa.text("applied_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_receipt_message_ref"))

    op.drop_table("receipt")
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rating_at"))

    op.drop_table("rating")
    op.drop_table("provider_state")
    with op.batch_alter_table("proof_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proof_attempt_code_proof_attempt_at"))
        batch_op.drop_index(batch_op.f("ix_proof_attempt_code_prefix_proof_attempt_at"))
        batch_op.drop_index(
            batch_op.f("ix_proof_attempt_channel_proof_attempt_sender_proof_attempt_at")
        )

    op.drop_table("proof_attempt")
    with op.batch_alter_table("phone_inbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_phone_inbox_phone_index"))

    op.drop_table("phone_inbox")
    op.drop_table("pending_proof")
    op.drop_table("leadership")
    with op.batch_alter_table("import_report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_report_sha256"))

    op.drop_table("import_report")
    with op.batch_alter_table("chat_turn", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_chat_turn_conversation_chat_turn_id"))
        batch_op.drop_index(batch_op.f("ix_chat_turn_at"))

    op.drop_table("chat_turn")
