"""several gateways: circuits and their history, shared rates, tokens, template values"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "change",
            sa.Enum(
                "opened",
                "probed",
                "closed",
                "stopped",
                "resumed",
                name="circuitchange",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_event")),
    )
    with op.batch_alter_table("provider_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_provider_event_provider_provider_event_id"),
            ["provider", "id"],
            unique=False,
        )
    op.create_table(
        "rate_bucket",
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_rate_bucket")),
    )
    op.create_table(
        "provider_token",
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("access_enc", sa.Text(), nullable=False),
        sa.Column("refresh_enc", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_by", sa.String(length=80), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_provider_token")),
    )
    op.add_column("provider_state", sa.Column("stopped", sa.String(length=200), nullable=True))
    op.add_column("message", sa.Column("values_enc", sa.Text(), nullable=True))
    op.add_column(
        "message", sa.Column("deliveries", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_index(
        op.f("ix_attempt_provider_attempt_finished_at"), "attempt", ["provider", "finished_at"]
    )
    op.create_index(
        "ix_message_due_by_office",
        "message",
        ["priority", "office_id", "not_before", "id"],
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )


def downgrade() -> None:
    op.drop_index("ix_message_due_by_office", table_name="message")
    op.drop_index(op.f("ix_attempt_provider_attempt_finished_at"), table_name="attempt")
    op.drop_column("message", "deliveries")
    op.drop_column("message", "values_enc")
    op.drop_column("provider_state", "stopped")
    op.drop_table("provider_token")
    op.drop_table("rate_bucket")
    op.drop_table("provider_event")
