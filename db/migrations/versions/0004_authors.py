"""Who saved a version. Versions saved before have no row. Frozen: later changes are new files."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "version_author",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "version"),
        sa.ForeignKeyConstraint(
            ["account_id", "version"], ["account_version.account_id", "account_version.version"], ondelete="CASCADE"
        ),
        sa.CheckConstraint("length(name) <= 80", name="name"),
        sa.CheckConstraint("length(browser) <= 64", name="browser"),
        sa.CheckConstraint("name <> '' OR browser <> ''", name="somebody"),
        sqlite_strict=True,
    )
