"""Rulebooks of the user's own: named overrides of a base. Frozen: later changes are new files."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DIGEST = {
    "sqlite": "length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'",
    "postgresql": "digest ~ '^[0-9a-f]{64}$'",
}
JSON = {"sqlite": "override GLOB '{*}*'", "postgresql": "override::json IS NOT NULL"}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.create_table(
        "own_rulebook",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "name", "base", "override", "digest")),
        *(sa.Column(name, INSTANT, nullable=False) for name in ("created_ms", "updated_ms")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
        sa.CheckConstraint("length(id) = 36", name="id"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 80", name="name"),
        sa.CheckConstraint("base <> ''", name="base"),
        sa.CheckConstraint("length(override) <= 200000", name="size"),
        sa.CheckConstraint("created_ms > 0 AND updated_ms >= created_ms", name="clock"),
        sa.CheckConstraint(DIGEST[dialect], name="digest"),
        sa.CheckConstraint(JSON[dialect], name="override"),
        sqlite_strict=True,
    )
