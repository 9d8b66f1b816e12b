"""Kinds of columns: exact decimals as text, instants, flags, and the rules the database itself enforces on them."""

from decimal import Context, Decimal
from typing import Annotated

from sqlalchemy import BigInteger, CheckConstraint, Dialect, Integer, Text, TypeDecorator
from sqlalchemy.orm import mapped_column

LONGEST = 40  # characters of a decimal

_WIDE = Context(prec=LONGEST)


def canonical(number: Decimal) -> str:
    """One spelling per value: plain digits where they fit, else with an exponent. Raises ValueError."""
    if not number.is_finite():
        raise ValueError(f"{number} is not a finite number")
    short = number.normalize(_WIDE) if number else Decimal(0)
    if short != number:
        raise ValueError(f"{number} has more than {LONGEST} digits")
    plain = format(short, "f")
    text = plain if len(plain) <= LONGEST else str(short)
    if len(text) > LONGEST:
        raise ValueError(f"{number} needs more than {LONGEST} characters")
    return text


class Exact(TypeDecorator[Decimal | None]):
    """A `Decimal` kept as canonical text; None is the empty text.

    The column is NOT NULL: SQLite turns a NaN into NULL, which would pass a CHECK. Floats are not taken.
    """

    impl = Text
    cache_ok = True
    should_evaluate_none = True  # the mapper hands None over instead of leaving the column out

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str:  # noqa: ARG002 - the signature is given
        if value is None:
            return ""
        if not isinstance(value, Decimal):
            raise TypeError(f"{value!r} is not a Decimal")
        return canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return Decimal(value) if value else None


Milliseconds = BigInteger().with_variant(Integer, "sqlite")

Millis = Annotated[int, mapped_column(Milliseconds)]  # instant in UTC, milliseconds since 1970
Count = Annotated[int, mapped_column(Integer)]
Words = Annotated[str, mapped_column(Text)]
Amount = Annotated[Decimal, mapped_column(Exact, nullable=False)]
MaybeAmount = Annotated[Decimal | None, mapped_column(Exact, nullable=False)]

_SQLITE_DECIMAL = (
    "length({0}) <= 40 AND {0} NOT GLOB '*[^0-9.E+-]*' AND {0} GLOB '[0-9-]*' AND {0} GLOB '*[0-9]' "
    "AND {0} NOT GLOB '*[^E]-*' AND {0} NOT GLOB '*[^E]+*' AND {0} NOT GLOB '*[^0-9][.E]*' "
    "AND {0} NOT GLOB '*.*.*' AND {0} NOT GLOB '*E*E*' AND {0} NOT GLOB '*E*.*'"
)
_POSTGRES_DECIMAL = r"length({0}) <= 40 AND {0} ~ '^-?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?$'"
# sign rule → what it adds on (SQLite, PostgreSQL)
_SIGNS = {
    "any": ("", ""),
    "not_zero": (" AND {0} GLOB '*[1-9]*'", " AND {0} ~ '[1-9]'"),
    "not_negative": (" AND {0} NOT GLOB '-*'", " AND {0} !~ '^-'"),
    "positive": (" AND {0} NOT GLOB '-*' AND {0} GLOB '*[1-9]*'", " AND {0} !~ '^-' AND {0} ~ '[1-9]'"),
}


def decimal(column: str, sign: str, *, optional: bool = False) -> list[CheckConstraint]:
    """The rule that `column` holds a decimal of the given sign, or nothing when optional; one per dialect."""
    added = _SIGNS[sign]
    bodies = (_SQLITE_DECIMAL + added[0], _POSTGRES_DECIMAL + added[1])
    texts = [body.format(column) for body in bodies]
    if optional:
        texts = [f"{column} = '' OR ({text})" for text in texts]
    return either(column, *texts)


def either(name: str, sqlite: str, postgres: str) -> list[CheckConstraint]:
    """One named rule in the words of each database."""
    made = [CheckConstraint(sqlite, name=name), CheckConstraint(postgres, name=name)]
    for check, dialect in zip(made, ("sqlite", "postgresql"), strict=True):
        check.ddl_if(dialect=dialect)
    return made


def same(name: str, text: str) -> CheckConstraint:
    """One named rule that both databases read alike."""
    return CheckConstraint(text, name=name)


def hexadecimal(column: str) -> list[CheckConstraint]:
    """The rule that `column` is 64 small hexadecimal digits."""
    sqlite = f"length({column}) = 64 AND {column} NOT GLOB '*[^0-9a-f]*'"
    return either(column, sqlite, f"{column} ~ '^[0-9a-f]{{64}}$'")


def json_body(column: str) -> list[CheckConstraint]:
    """The rule that `column` is JSON text; its shape only on SQLite, where `trusted_schema=OFF` bars json_valid()
    from CHECKs in older releases. The checksum guards the rest.
    """
    return either(column, f"{column} GLOB '{{*}}*'", f"{column}::json IS NOT NULL")
