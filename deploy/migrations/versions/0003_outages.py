"""Outage notices, and who has heard them

Revision: 0003, after 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outage",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("subjects", sa.JSON(), nullable=False),
        sa.Column("area", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pinned_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ended_by"], ["agent.id"], name=op.f("fk_outage_ended_by_agent")),
        sa.ForeignKeyConstraint(["pinned_by"], ["agent.id"], name=op.f("fk_outage_pinned_by_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage")),
    )
    with op.batch_alter_table("outage", schema=None) as batch_op:
        batch_op.create_index("ix_outage_until", ["until"], unique=False)
    op.create_table(
        "outage_heard",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("outage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("not_meant", sa.Boolean(), nullable=False),
        sa.Column("wants_news", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_outage_heard_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_outage_heard_message_id_message")
        ),
        sa.ForeignKeyConstraint(["outage_id"], ["outage.id"], name=op.f("fk_outage_heard_outage_id_outage")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage_heard")),
        sa.UniqueConstraint("outage_id", "customer_id", name=op.f("uq_outage_heard_outage_id_customer_id")),
    )
    with op.batch_alter_table("outage_heard", schema=None) as batch_op:
        batch_op.create_index("ix_outage_heard_customer_id", ["customer_id", "at"], unique=False)
        batch_op.create_index(
            "ix_outage_heard_untold",
            ["outage_id"],
            unique=False,
            sqlite_where=sa.text("wants_news AND told_at IS NULL"),
            postgresql_where=sa.text("wants_news AND told_at IS NULL"),
        )


def downgrade() -> None:
    op.drop_table("outage_heard")
    op.drop_table("outage")
