"""people behind the bot: cases, their lines, what is awaited; ratings of the service; reasons"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=9), nullable=False),
        sa.Column("kind", sa.Enum("chat", "callback", "complaint", name="kind", native_enum=False, length=20), nullable=False),
        sa.Column("topic", sa.Enum("delay", "money", "other", name="topic", native_enum=False, length=20), nullable=True),
        sa.Column("state", sa.Enum("open", "taken", "closed", name="casestate", native_enum=False, length=20), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("address_enc", sa.Text(), nullable=True),
        sa.Column("talking", sa.String(length=85), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("procedure", sa.String(length=64), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("phone_enc", sa.Text(), nullable=True),
        sa.Column("phone_index", sa.String(length=64), nullable=True),
        sa.Column("officer", sa.String(length=40), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_case")),
        sa.UniqueConstraint("reference", name=op.f("uq_desk_case_reference")),
        sa.UniqueConstraint("talking", name=op.f("uq_desk_case_talking")),
    )
    op.create_index("ix_desk_case_queue", "desk_case", ["state", "kind", "opened_at"])
    op.create_index("ix_desk_case_sender", "desk_case", ["channel", "sender"])
    op.create_index("ix_desk_case_code", "desk_case", ["code"])
    op.create_index(op.f("ix_desk_case_phone_index"), "desk_case", ["phone_index"])
    op.create_table(
        "desk_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("author", sa.Enum("citizen", "officer", "system", name="author", native_enum=False, length=20), nullable=False),
        sa.Column("text_enc", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.Column("delivery", sa.Enum("waiting", "sent", "failed", name="delivery", native_enum=False, length=20), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name=op.f("fk_desk_line_case_id_desk_case"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_line")),
        sa.UniqueConstraint("key", name=op.f("uq_desk_line_key")),
    )
    op.create_index("ix_desk_line_case", "desk_line", ["case_id", "id"])
    op.create_index("ix_desk_line_due", "desk_line", ["delivery", "due_at"])
    op.create_table(
        "desk_question",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("awaited", sa.Enum("phone", "complaint", "stars", name="awaited", native_enum=False, length=20), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.String(length=64), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "sender", name=op.f("pk_desk_question")),
    )
    op.create_index(op.f("ix_desk_question_until"), "desk_question", ["until"])
    op.create_table(
        "service_rating",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("procedure_code", sa.String(length=40), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("words_enc", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_rating")),
    )
    op.create_index(op.f("ix_service_rating_on_day"), "service_rating", ["on_day"])
    op.create_table(
        "rating_asked",
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("rated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_rating_asked_dossier_id_dossier"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dossier_id", name=op.f("pk_rating_asked")),
    )
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.Enum("other_matter", "unclear", "incomplete", "wrong", name="reason", native_enum=False, length=20), nullable=True))
        batch_op.add_column(sa.Column("ref", sa.String(length=16), nullable=True))
        batch_op.create_unique_constraint(op.f("uq_rating_ref"), ["ref"])


def downgrade() -> None:
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_rating_ref"), type_="unique")
        batch_op.drop_column("ref")
        batch_op.drop_column("reason")
    op.drop_table("rating_asked")
    op.drop_table("service_rating")
    op.drop_table("desk_question")
    op.drop_table("desk_line")
    op.drop_table("desk_case")
