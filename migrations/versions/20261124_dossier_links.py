"""links to dossiers' pages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dossier_link",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier_id"],
            ["dossier.id"],
            name=op.f("fk_dossier_link_dossier_id_dossier"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_dossier_link")),
    )
    with op.batch_alter_table("dossier_link", schema=None) as batch_op:
        batch_op.create_index("ix_dossier_link_until", ["until"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("dossier_link", schema=None) as batch_op:
        batch_op.drop_index("ix_dossier_link_until")

    op.drop_table("dossier_link")
