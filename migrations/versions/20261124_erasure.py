"""who had their data erased"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column(
            "key", sa.Enum("phone", "id", name="key", native_enum=False, length=20), nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_erasure")),
    )


def downgrade() -> None:
    op.drop_table("erasure")
