"""Accounts with their whole history, legs, balances and done requests. Frozen: later changes are new files."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CLEAN = {
    "sqlite": "length({0}) <= 40 AND {0} NOT GLOB '*[^0-9.E+-]*' AND {0} GLOB '[0-9-]*' AND {0} GLOB '*[0-9]' "
    "AND {0} NOT GLOB '*[^E]-*' AND {0} NOT GLOB '*[^E]+*' AND {0} NOT GLOB '*[^0-9][.E]*' "
    "AND {0} NOT GLOB '*.*.*' AND {0} NOT GLOB '*E*E*' AND {0} NOT GLOB '*E*.*'",
    "postgresql": r"length({0}) <= 40 AND {0} ~ '^-?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?$'",
}
NOT_NEGATIVE = {"sqlite": " AND {0} NOT GLOB '-*'", "postgresql": " AND {0} !~ '^-'"}
NOT_ZERO = {"sqlite": " AND {0} GLOB '*[1-9]*'", "postgresql": " AND {0} ~ '[1-9]'"}
DIGEST = {
    "sqlite": "length({0}) = 64 AND {0} NOT GLOB '*[^0-9a-f]*'",
    "postgresql": "{0} ~ '^[0-9a-f]{{64}}$'",
}
JSON = {"sqlite": "{0} GLOB '{{*}}*'", "postgresql": "{0}::json IS NOT NULL"}


def text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def whole(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer(), nullable=False)


def instant(name: str) -> "sa.Column[int]":
    return sa.Column(name, INSTANT, nullable=False)


def here(*parts: dict[str, str], column: str) -> sa.CheckConstraint:
    """The rule in the words of the database at hand."""
    words = "".join(part[op.get_bind().dialect.name] for part in parts)
    return sa.CheckConstraint(words.format(column), name=column)


def maybe(*parts: dict[str, str], column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} = '' OR ({here(*parts, column=column).sqltext})", name=column)


def rule(name: str, words: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(words, name=name)


def account(**options: str) -> sa.Column[str]:
    return sa.Column("account_id", sa.Text(), sa.ForeignKey("account.id", **options), nullable=False)  # type: ignore[arg-type]


def upgrade() -> None:
    accounts()
    history()
    positions()
    balances()
    requests()
    if op.get_bind().dialect.name == "sqlite":
        op.execute("PRAGMA application_id = 1296126535")  # "MARG"


def accounts() -> None:
    op.create_table(
        "account",
        *(text(name) for name in ("id", "name", "description", "body", "digest")),
        *(whole(name) for name in ("version", "is_sample", "sort_order")),
        *(instant(name) for name in ("created_ms", "updated_ms", "deleted_ms")),
        sa.PrimaryKeyConstraint("id"),
        rule("id", "length(id) = 36"),
        rule("version", "version >= 1"),
        rule("is_sample", "is_sample IN (0, 1)"),
        rule("clock", "created_ms > 0 AND updated_ms >= created_ms AND deleted_ms >= 0"),
        here(DIGEST, column="digest"),
        here(JSON, column="body"),
        sqlite_strict=True,
    )


def history() -> None:
    op.create_table(
        "account_version",
        account(),
        whole("version"),
        *(text(name) for name in ("name", "body", "digest")),
        instant("saved_ms"),
        sa.PrimaryKeyConstraint("account_id", "version"),
        rule("version", "version >= 1"),
        rule("clock", "saved_ms > 0"),
        here(DIGEST, column="digest"),
        here(JSON, column="body"),
        sqlite_strict=True,
    )


def positions() -> None:
    op.create_table(
        "position",
        account(ondelete="CASCADE"),
        whole("ordinal"),
        *(text(name) for name in ("leg_id", "kind", "underlying", "settlement", "option_type", "strike")),
        instant("expiry_ms"),
        *(text(name) for name in ("quantity", "entry_price", "mark_price", "iv", "leverage", "mode")),
        text("isolated_margin"),
        whole("enabled"),
        sa.PrimaryKeyConstraint("account_id", "ordinal"),
        sa.UniqueConstraint("account_id", "leg_id"),
        rule("ordinal", "ordinal >= 0"),
        rule("words", "leg_id <> '' AND kind <> '' AND underlying <> '' AND settlement <> '' AND mode <> ''"),
        rule("option", "kind <> 'option' OR (strike <> '' AND option_type <> '')"),
        rule("perpetual", "kind <> 'perpetual' OR (strike = '' AND expiry_ms = 0)"),
        rule("enabled", "enabled IN (0, 1)"),
        here(CLEAN, NOT_ZERO, column="quantity"),
        *(maybe(CLEAN, NOT_NEGATIVE, NOT_ZERO, column=name) for name in ("strike", "iv", "leverage")),
        *(maybe(CLEAN, NOT_NEGATIVE, column=name) for name in ("entry_price", "mark_price", "isolated_margin")),
        sqlite_strict=True,
    )


def balances() -> None:
    op.create_table(
        "balance",
        account(ondelete="CASCADE"),
        whole("ordinal"),
        text("asset"),
        text("amount"),
        sa.PrimaryKeyConstraint("account_id", "ordinal"),
        rule("ordinal", "ordinal >= 0"),
        rule("asset", "asset <> ''"),
        here(CLEAN, column="amount"),
        sqlite_strict=True,
    )


def requests() -> None:
    op.create_table(
        "saved_request",
        text("key"),
        account(ondelete="CASCADE"),
        whole("version"),
        instant("saved_ms"),
        sa.PrimaryKeyConstraint("key"),
        rule("key", "length(key) BETWEEN 1 AND 200"),
        rule("version", "version >= 1"),
        sqlite_strict=True,
    )
