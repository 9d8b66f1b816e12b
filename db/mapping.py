"""Rows ↔ core values. The one place where the store meets the core: text of the account file, legs and balances."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from db import errors
from db.authors import NOBODY, Author
from db.columns import canonical
from risk_core.errors import Refused
from risk_core.portfolio.account_file import Account, read, read_document, write
from risk_core.portfolio.fields import parse_instant

__all__ = ["Account", "Kept", "Refused", "Written", "account_of", "read", "renamed", "written"]

UNTITLED = "Untitled"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Kept(NamedTuple):
    """One version as it lies in the store, carried out of its session unparsed."""

    account_id: str
    version: int
    name: str
    body: str
    digest: str
    saved_ms: int
    by: Author = NOBODY


@dataclass(frozen=True)
class Written:
    """An account ready to be stored: everything is computed before the write lock is asked for."""

    name: str
    body: str
    digest: str
    positions: list[dict[str, Any]]
    balances: list[dict[str, Any]]


def written(account: Account) -> Written:
    """The columns of an account. Raises NotStorable."""
    body = write(account)
    try:
        digest = checksum(body)
    except UnicodeEncodeError as fault:
        raise errors.NotStorable(plain(account.name)) from fault
    document = account.document
    return Written(
        plain(account.name) or UNTITLED,
        body,
        digest,
        [_position(ordinal, leg) for ordinal, leg in enumerate(document["positions"])],
        [_balance(ordinal, row) for ordinal, row in enumerate(document["collateral"])],
    )


def account_of(kept: Kept) -> Account:
    """The account in a stored text, after its checksum. Raises Damaged, Unreadable."""
    if checksum(kept.body) != kept.digest:
        raise errors.Damaged(kept.account_id, kept.name, kept.version)
    try:
        return read(kept.body)
    except Refused as refused:
        reasons = "; ".join(map(str, refused.problems))
        raise errors.Unreadable(kept.name, kept.version, reasons) from refused


def renamed(account: Account, name: str) -> Account:
    """The same account under another name. Raises Refused."""
    return read_document({**account.document, "name": name})


def checksum(body: str) -> str:
    """SHA-256 of the text, 64 hexadecimal digits; a text that broke on disk gives another one."""
    raw = body.encode("utf-8", "surrogateescape")
    return hashlib.sha256(raw).hexdigest()


def exact(number: float | None) -> Decimal | None:
    """A number of the file as the decimal it is written as; an integer too long for a column as its float."""
    if number is None:
        return None
    value = Decimal(repr(number))
    try:
        canonical(value)
    except ValueError:
        return Decimal(repr(float(number)))
    return value


def _position(ordinal: int, leg: Mapping[str, Any]) -> dict[str, Any]:
    decimals = ("quantity", "entry_price", "mark_price", "strike", "iv", "leverage", "isolated_margin")
    return {
        "ordinal": ordinal,
        "leg_id": plain(leg["id"]),
        "kind": leg["kind"],
        "underlying": plain(leg["underlying"]),
        "settlement": leg["settlement"],
        "option_type": leg.get("type", ""),
        "expiry_ms": milliseconds(leg["expiry"]) if "expiry" in leg else 0,
        "mode": leg.get("mode", "cross"),
        "enabled": int(leg.get("enabled", True)),
        **{name: exact(leg.get(name)) for name in decimals},
    }


def _balance(ordinal: int, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"ordinal": ordinal, "asset": plain(row["asset"]), "amount": exact(row["amount"])}


def milliseconds(instant: str) -> int:
    """UTC milliseconds since 1970 of a checked ISO 8601 time."""
    parsed = parse_instant(instant)
    if parsed is None:
        raise ValueError(f"{instant} is not a time")
    return (parsed - _EPOCH) // timedelta(milliseconds=1)


def json_text(value: Mapping[str, Any]) -> str:
    """JSON text of small values, one spelling per content."""
    return json.dumps(value, sort_keys=True, allow_nan=False)


def json_value(text: str) -> Any:
    """The value of a text whose checksum held."""
    return json.loads(text)


def plain(text: str) -> str:
    """Without the NUL character, which PostgreSQL's text cannot hold; the body keeps it escaped."""
    return text.replace("\x00", "\ufffd")
