"""tries to prove a dossier: indexes of those that count alone

Limits are counted over few rows; who keeps trying after being turned away leaves many that do not count,
and each further try looked through all of them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OF_ALL = (
    ("ix_proof_attempt_channel_proof_attempt_sender_proof_attempt_at", ["channel", "sender", "at"]),
    ("ix_proof_attempt_code_proof_attempt_at", ["code", "at"]),
    ("ix_proof_attempt_code_prefix_proof_attempt_at", ["code_prefix", "at"]),
)
COUNTING = (
    ("ix_proof_attempt_counting_sender", ["channel", "sender", "at"]),
    ("ix_proof_attempt_counting_code", ["code", "at"]),
    ("ix_proof_attempt_counting_prefix", ["code_prefix", "at"]),
)


def upgrade() -> None:
    for name, columns in COUNTING:
        op.create_index(
            name,
            "proof_attempt",
            columns,
            sqlite_where=sa.text("counts = 1"),
            postgresql_where=sa.text("counts"),
        )
    for name, _ in OF_ALL:
        op.drop_index(name, "proof_attempt")


def downgrade() -> None:
    for name, columns in OF_ALL:
        op.create_index(name, "proof_attempt", columns)
    for name, _ in COUNTING:
        op.drop_index(name, "proof_attempt")
