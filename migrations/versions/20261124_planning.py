"""new appointment dates, changed numbers, languages, redaction, costs of a day"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "changed_number",
        sa.Column("dossier_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier_id"],
            ["dossier.id"],
            name=op.f("fk_changed_number_dossier_id_dossier"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("dossier_id", name=op.f("pk_changed_number")),
    )
    op.add_column("dossier", sa.Column("new_due_on", sa.Date(), nullable=True))
    op.add_column(
        "dossier", sa.Column("new_due_seen_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "dossier",
        sa.Column("language", sa.String(length=2), server_default="vi", nullable=False),
    )
    op.add_column("message", sa.Column("redacted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("body_print", sa.String(length=64), nullable=True))
    op.create_index(
        "ix_message_unredacted",
        "message",
        ["created_at"],
        sqlite_where=sa.text("redacted_at IS NULL"),
        postgresql_where=sa.text("redacted_at IS NULL"),
    )
    op.create_index(op.f("ix_attempt_started_at"), "attempt", ["started_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_attempt_started_at"), table_name="attempt")
    op.drop_index("ix_message_unredacted", table_name="message")
    op.drop_column("message", "body_print")
    op.drop_column("message", "redacted_at")
    op.drop_column("dossier", "language")
    op.drop_column("dossier", "new_due_seen_at")
    op.drop_column("dossier", "new_due_on")
    op.drop_table("changed_number")
