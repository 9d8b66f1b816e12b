"""The tables. Rows know nothing but their columns; `mapping` turns them into core values."""

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Integer, MetaData, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from db.columns import Amount, Count, MaybeAmount, Millis, Words, decimal, hexadecimal, json_body, same

CONVENTION = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}
STRICT = {"sqlite_strict": True}


class Row(DeclarativeBase):
    metadata = MetaData(naming_convention=CONVENTION)


class AccountRow(Row):
    """The state of an account now. `body` is its account file to the letter, `digest` the SHA-256 of that text."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[Words]
    description: Mapped[Words]
    body: Mapped[Words]
    digest: Mapped[Words]
    version: Mapped[int] = mapped_column(Integer)
    is_sample: Mapped[Count]
    sort_order: Mapped[Count]
    created_ms: Mapped[Millis]
    updated_ms: Mapped[Millis]
    deleted_ms: Mapped[Millis]  # 0 while the account is there

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read once by the mapper
    __table_args__ = (
        same("id", "length(id) = 36"),
        same("version", "version >= 1"),
        same("is_sample", "is_sample IN (0, 1)"),
        same("clock", "created_ms > 0 AND updated_ms >= created_ms AND deleted_ms >= 0"),
        *hexadecimal("digest"),
        *json_body("body"),
        STRICT,
    )


class VersionRow(Row):
    """Every version ever saved, the present one included. Rows are only added."""

    __tablename__ = "account_version"

    account_id: Mapped[str] = mapped_column(Text, ForeignKey("account.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[Words]
    body: Mapped[Words]
    digest: Mapped[Words]
    saved_ms: Mapped[Millis]

    __table_args__ = (
        same("version", "version >= 1"),
        same("clock", "saved_ms > 0"),
        *hexadecimal("digest"),
        *json_body("body"),
        STRICT,
    )


class AuthorRow(Row):
    """Who saved a version: the name given and the browser, either may be empty; no row where neither is known."""

    __tablename__ = "version_author"

    account_id: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[Words]
    browser: Mapped[Words]

    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "version"], ["account_version.account_id", "account_version.version"], ondelete="CASCADE"
        ),
        same("name", "length(name) <= 80"),
        same("browser", "length(browser) <= 64"),
        same("somebody", "name <> '' OR browser <> ''"),
        STRICT,
    )


class PositionRow(Row):
    """One leg of the present version, so that books can be asked across accounts; empty text is an absent field."""

    __tablename__ = "position"

    account_id: Mapped[str] = mapped_column(Text, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    leg_id: Mapped[Words]
    kind: Mapped[Words]
    underlying: Mapped[Words]
    settlement: Mapped[Words]
    option_type: Mapped[Words]
    strike: Mapped[MaybeAmount]  # dollars
    expiry_ms: Mapped[Millis]  # 0 when the kind has none
    quantity: Mapped[Amount]  # signed, + long
    entry_price: Mapped[MaybeAmount]
    mark_price: Mapped[MaybeAmount]
    iv: Mapped[MaybeAmount]  # a year, decimal
    leverage: Mapped[MaybeAmount]
    mode: Mapped[Words]
    isolated_margin: Mapped[MaybeAmount]  # dollars
    enabled: Mapped[Count]

    __table_args__ = (
        UniqueConstraint("account_id", "leg_id"),
        same("ordinal", "ordinal >= 0"),
        same("words", "leg_id <> '' AND kind <> '' AND underlying <> '' AND settlement <> '' AND mode <> ''"),
        same("option", "kind <> 'option' OR (strike <> '' AND option_type <> '')"),
        same("perpetual", "kind <> 'perpetual' OR (strike = '' AND expiry_ms = 0)"),
        same("enabled", "enabled IN (0, 1)"),
        *decimal("quantity", "not_zero"),
        *decimal("strike", "positive", optional=True),
        *decimal("entry_price", "not_negative", optional=True),
        *decimal("mark_price", "not_negative", optional=True),
        *decimal("iv", "positive", optional=True),
        *decimal("leverage", "positive", optional=True),
        *decimal("isolated_margin", "not_negative", optional=True),
        STRICT,
    )


class BalanceRow(Row):
    """One collateral balance of the present version, in units of the asset; negative is borrowed."""

    __tablename__ = "balance"

    account_id: Mapped[str] = mapped_column(Text, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    asset: Mapped[Words]
    amount: Mapped[Amount]

    __table_args__ = (same("ordinal", "ordinal >= 0"), same("asset", "asset <> ''"), *decimal("amount", "any"), STRICT)


class RequestRow(Row):
    """A save that was done: the same key a second time (double click, retry after a lost answer) saves nothing."""

    __tablename__ = "saved_request"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[str] = mapped_column(Text, ForeignKey("account.id", ondelete="CASCADE"))
    version: Mapped[Count]
    saved_ms: Mapped[Millis]

    __table_args__ = (same("key", "length(key) BETWEEN 1 AND 200"), same("version", "version >= 1"), STRICT)


class DraftRow(Row):
    """Unsaved work of one browser tab under its random key; `body` is the frame's own text."""

    __tablename__ = "draft"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    body: Mapped[Words]
    updated_ms: Mapped[Millis]

    __table_args__ = (
        same("key", "length(key) BETWEEN 16 AND 64"),
        same("size", "length(body) BETWEEN 2 AND 2000000"),
        same("clock", "updated_ms > 0"),
        STRICT,
    )


class OwnRulebookRow(Row):
    """A rulebook of the user's own: a base's name and the values laid over it, as JSON text."""

    __tablename__ = "own_rulebook"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[Words]
    base: Mapped[Words]
    override: Mapped[Words]
    digest: Mapped[Words]
    created_ms: Mapped[Millis]
    updated_ms: Mapped[Millis]

    __table_args__ = (
        UniqueConstraint("name"),
        same("id", "length(id) = 36"),
        same("name", "length(name) BETWEEN 1 AND 80"),
        same("base", "base <> ''"),
        same("size", "length(override) <= 200000"),
        same("clock", "created_ms > 0 AND updated_ms >= created_ms"),
        *hexadecimal("digest"),
        *json_body("override"),
        STRICT,
    )
