"""The notifier of the next release: its tables have grown, and it reads and writes what is new.

Run as ``python -m tests.faults.tomorrow``, on a database that `MIGRATION` has been run on.
"""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import mapped_column

from notifier.models import Message
from notifier.scheduler import run

MIGRATION = '''
"""what the next release adds"""

import sqlalchemy as sa
from alembic import op

revision = "tomorrow"
down_revision = "{head}"
branch_labels = depends_on = None


def upgrade() -> None:
    origin = sa.Column("origin", sa.String(20), server_default="plan", nullable=False)
    op.add_column("message", origin)
    op.create_index("ix_message_origin", "message", ["origin"])
    op.create_table("novelty", sa.Column("id", sa.Integer, primary_key=True))
'''
"""A migration that only adds, as one between two releases that run side by side must."""

if __name__ == "__main__":
    Message.origin = mapped_column(String(20), server_default="plan", default="tomorrow")
    run()
