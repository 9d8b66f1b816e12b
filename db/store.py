"""The account store: each function opens a session, does one thing and closes it.

`open_store()` → `store.load(account_id)` → `store.save(account_id, edited, held.version, request_key)`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from db import authors, errors, mapping, writes
from db.authors import NOBODY, Author
from db.drafts import Drafts
from db.engine import Database
from db.mapping import Account, Kept
from db.opening import close_database, open_database
from db.own_rulebooks import OwnRulebooks
from db.records import AccountSummary, StoredAccount, VersionSummary
from db.rows import AccountRow, AuthorRow, PositionRow, VersionRow
from db.samples import add_missing

__all__ = ["AccountSummary", "Author", "Store", "StoredAccount", "VersionSummary", "open_store"]

T = TypeVar("T")


def open_store(url: str | None = None) -> "Store":
    """The store at `url`, else DATABASE_URL, else `data/marginscope.db` in the project folder.

    Creates folder and file, brings an older schema to this release after a backup, adds the samples it lacks.
    Raises StoreError; a file that is not opened is left as it was.
    """
    database = open_database(url)
    try:
        add_missing(database)
    except BaseException:
        close_database(database)
        raise
    return Store(database)


@dataclass(frozen=True)
class Store:
    """Safe to share between threads. Every method may raise StoreError; those listed are particular to it."""

    database: Database

    def close(self) -> None:
        """Let go of the file; other processes may write it then."""
        close_database(self.database)

    @property
    def drafts(self) -> Drafts:
        """Unsaved work of open browser tabs."""
        return Drafts(self.database)

    @property
    def own_rulebooks(self) -> OwnRulebooks:
        """Rulebooks of the user's own."""
        return OwnRulebooks(self.database)

    def list_accounts(self) -> list[AccountSummary]:
        """The user's own accounts, last saved first, then the samples in their order."""
        order = (AccountRow.sort_order, AccountRow.updated_ms.desc(), AccountRow.name, AccountRow.id)
        return self._listed(_summaries().where(AccountRow.deleted_ms == 0).order_by(*order))

    def list_deleted(self) -> list[AccountSummary]:
        """Deleted accounts, last deleted first; `restore` brings one back."""
        order = (AccountRow.deleted_ms.desc(), AccountRow.id)
        return self._listed(_summaries().where(AccountRow.deleted_ms > 0).order_by(*order))

    def load(self, account_id: str) -> StoredAccount:
        """The present version. Raises UnknownAccount, Damaged, Unreadable."""
        with self.database.reading() as session:
            row = session.get(AccountRow, account_id)
            if row is None or row.deleted_ms:
                raise errors.UnknownAccount(account_id)
            held = writes.whole(session, row)
        return _stored(held)

    def save(
        self, account_id: str, account: Account, seen_version: int, request_key: str, by: Author = NOBODY
    ) -> StoredAccount:
        """The next version, if `seen_version` is still the present one; the same `request_key` saves once.

        Raises Conflict, UnknownAccount, RequestReused, NotStorable.
        """
        made = mapping.written(account)
        held = self._unless_superseded(
            lambda session: writes.replace(session, account_id, made, seen_version, request_key, by),
            seen_version,
            account,
            by,
        )
        return StoredAccount(held.account_id, held.version, account, held.saved_ms, held.by)

    def save_new(self, account: Account, request_key: str, description: str = "", by: Author = NOBODY) -> StoredAccount:
        """A new account at version 1; the same `request_key` makes one. Raises RequestReused, NotStorable."""
        made = mapping.written(account)
        account_id = str(uuid4())
        held = self.database.write(
            lambda session: writes.create(
                session, writes.fresh(account_id, made, description=description), made, request_key, by
            )
        )
        return StoredAccount(held.account_id, held.version, account, held.saved_ms, held.by)

    def rename(self, account_id: str, name: str, seen_version: int, by: Author = NOBODY) -> StoredAccount:
        """The next version under another name. Raises Conflict, UnknownAccount, Damaged, Unreadable."""
        held = self.load(account_id)
        if held.version != seen_version:
            raise errors.Conflict(seen_version, held, None, by)
        return self.save(account_id, mapping.renamed(held.account, name), seen_version, str(uuid4()), by)

    def delete(self, account_id: str, seen_version: int, by: Author = NOBODY) -> None:
        """Out of the list; its history stays, so that `restore` can bring it back. Raises Conflict, UnknownAccount."""
        self._unless_superseded(
            lambda session: writes.mark_deleted(session, account_id, seen_version), seen_version, None, by
        )

    def versions(self, account_id: str) -> list[VersionSummary]:
        """The history, newest first, also of a deleted account. Raises UnknownAccount."""
        row, author = VersionRow, AuthorRow
        same = and_(author.account_id == row.account_id, author.version == row.version)
        columns = (row.version, row.name, row.digest, row.saved_ms, author.name, author.browser)
        wanted = select(*columns).outerjoin(author, same).where(row.account_id == account_id)
        with self.database.reading() as session:
            rows = session.execute(wanted.order_by(row.version.desc())).all()
        if not rows:
            raise errors.UnknownAccount(account_id)
        return [
            VersionSummary(version, name, digest, _utc(saved), Author(who or "", browser or ""))
            for version, name, digest, saved, who, browser in rows
        ]

    def load_version(self, account_id: str, version: int) -> StoredAccount:
        """One version of the history. Raises UnknownVersion, Damaged, Unreadable."""
        with self.database.reading() as session:
            row = session.get(VersionRow, (account_id, version))
            if row is None:
                raise errors.UnknownVersion(account_id, version)
            by = authors.of(session, account_id, version)
            held = Kept(row.account_id, row.version, row.name, row.body, row.digest, row.saved_ms, by)
        return _stored(held)

    def restore(self, account_id: str, version: int, by: Author = NOBODY) -> StoredAccount:
        """An earlier version becomes the next one, nothing in between is lost; also undoes `delete`.

        Raises UnknownVersion, Damaged, Unreadable.
        """
        earlier = self.load_version(account_id, version)
        made = mapping.written(earlier.account)
        held = self.database.write(lambda session: writes.bring_back(session, account_id, made, by))
        return StoredAccount(held.account_id, held.version, earlier.account, held.saved_ms, held.by)

    def _listed(self, wanted: Select[*tuple[Any, ...]]) -> list[AccountSummary]:
        with self.database.reading() as session:
            return [_summary(*row) for row in session.execute(wanted)]

    def _unless_superseded(
        self, work: Callable[[Session], T], seen_version: int, mine: Account | None, by: Author
    ) -> T:
        try:
            return self.database.write(work)
        except writes.Superseded as superseded:
            raise errors.Conflict(seen_version, _stored(superseded.kept), mine, by) from None


def _summaries() -> Select[*tuple[Any, ...]]:
    """The columns of an `AccountSummary`, without the bodies."""
    row = AccountRow
    legs = select(func.count()).where(PositionRow.account_id == row.id).scalar_subquery()
    return select(row.id, row.name, row.description, row.version, row.digest, row.updated_ms, row.is_sample, legs)


def _summary(account_id: str, *columns: Any) -> AccountSummary:
    name, description, version, digest, updated_ms, is_sample, legs = columns
    return AccountSummary(account_id, name, description, version, digest, _utc(updated_ms), bool(is_sample), legs)


def _stored(held: Kept) -> StoredAccount:
    return StoredAccount(held.account_id, held.version, mapping.account_of(held), held.saved_ms, held.by)


def _utc(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
