"""Unsaved work of open browser tabs. Frozen: later changes are new files."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("updated_ms", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sa.CheckConstraint("length(key) BETWEEN 16 AND 64", name="key"),
        sa.CheckConstraint("length(body) BETWEEN 2 AND 2000000", name="size"),
        sa.CheckConstraint("updated_ms > 0", name="clock"),
        sqlite_strict=True,
    )
