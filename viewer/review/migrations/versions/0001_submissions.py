"""Submissions, their stages and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "submission",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False, index=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(200)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("error", sa.JSON()),
        sa.Column("trace", sa.Text()),
        sa.Column("verdict", sa.String(16)),
        sa.Column("summary", sa.JSON()),
        sa.Column("placed", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "stage",
        sa.Column("submission_id", sa.String(36), sa.ForeignKey("submission.id"), primary_key=True),
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float()),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submission_id", sa.String(36), nullable=False, index=True),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("detail", sa.Text()),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("audit", "stage", "submission"):
        op.drop_table(table)
