"""What callers of the store get: plain frozen values, times in UTC."""

from dataclasses import dataclass
from datetime import datetime

from db.authors import NOBODY, Author
from db.mapping import Account


@dataclass(frozen=True)
class AccountSummary:
    """One line of the list of accounts. `digest`: SHA-256 of the stored text; `positions`: how many legs."""

    id: str
    name: str
    description: str
    version: int
    digest: str
    updated: datetime
    is_sample: bool
    positions: int


@dataclass(frozen=True)
class StoredAccount:
    """An account as it stands in the store. `saved_ms`: when, UTC milliseconds since 1970."""

    id: str
    version: int
    account: Account
    saved_ms: int
    by: Author = NOBODY


@dataclass(frozen=True)
class VersionSummary:
    """One line of an account's history."""

    version: int
    name: str
    digest: str
    saved: datetime
    by: Author = NOBODY
