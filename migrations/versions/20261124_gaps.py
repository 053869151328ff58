"""what unanswered questions were near to"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('unanswered_question', schema=None) as batch_op:
        batch_op.add_column(sa.Column('procedure', sa.String(length=64), nullable=True))
        batch_op.add_column(
            sa.Column('aspects', sa.String(length=100), nullable=False, server_default='')
        )
        batch_op.add_column(sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('unanswered_question', schema=None) as batch_op:
        batch_op.drop_column('settled_at')
        batch_op.drop_column('aspects')
        batch_op.drop_column('procedure')
