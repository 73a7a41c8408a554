"""Offers that agents ignore, and the queue as an offer to customers

Revision: 0002, after 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("agent", schema=None) as batch_op:
        batch_op.add_column(sa.Column("status_reason", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("ignored_offers", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("queue_offer", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_column("queue_offer")
    with op.batch_alter_table("agent", schema=None) as batch_op:
        batch_op.drop_column("ignored_offers")
        batch_op.drop_column("status_reason")
