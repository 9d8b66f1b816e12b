"""What happens inside one write transaction. Functions of an open session; nothing here computes or parses."""

import time
from typing import cast

from sqlalchemy import Table, delete, insert
from sqlalchemy.orm import Session

from db import authors, errors
from db.authors import NOBODY, Author
from db.mapping import Kept, Written
from db.rows import AccountRow, BalanceRow, PositionRow, RequestRow, VersionRow

_POSITIONS, _BALANCES = (cast("Table", row.__table__) for row in (PositionRow, BalanceRow))
"""Written past the mapper, which nobody asks for these rows here: others wait for what it would take."""


class Superseded(Exception):
    """The account is no longer at the version the caller saw; the store makes a `Conflict` of it."""

    def __init__(self, kept: Kept) -> None:
        super().__init__()
        self.kept = kept


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def create(session: Session, row: AccountRow, written: Written, request_key: str, by: Author = NOBODY) -> Kept:
    """Insert a new account at version 1, or find what the same request made before. Raises RequestReused."""
    done = _replayed(session, request_key, written)
    if done:
        return done
    session.add(row)
    return _keep(session, row, written, request_key, by)


def fresh(account_id: str, written: Written, *, description: str = "", sample: int = 0) -> AccountRow:
    """A row not yet in the store; `sample` is the place among the samples, 0 for a user's own account."""
    now = now_ms()
    return AccountRow(
        id=account_id,
        name=written.name,
        description=description,
        body=written.body,
        digest=written.digest,
        is_sample=int(sample > 0),
        sort_order=sample,
        created_ms=now,
        updated_ms=now,
        deleted_ms=0,
    )


def replace(
    session: Session, account_id: str, written: Written, seen_version: int, request_key: str, by: Author = NOBODY
) -> Kept:
    """The next version of an account. Raises Superseded, UnknownAccount, RequestReused."""
    done = _replayed(session, request_key, written)
    if done:
        return done
    row = _seen(session, account_id, seen_version)
    return _put(session, row, written, request_key, by)


def bring_back(session: Session, account_id: str, written: Written, by: Author = NOBODY) -> Kept:
    """An earlier version becomes the next one, whatever is there now; its row is there, rows are never removed."""
    row = session.get_one(AccountRow, account_id, with_for_update=True)
    row.deleted_ms = 0
    return _put(session, row, written, "", by)


def mark_deleted(session: Session, account_id: str, seen_version: int) -> None:
    """Out of the list; text and history stay. Raises Superseded, UnknownAccount."""
    row = _seen(session, account_id, seen_version)
    row.deleted_ms = row.updated_ms = _later(row)
    _clear(session, account_id)


def _seen(session: Session, account_id: str, seen_version: int) -> AccountRow:
    """The account's row, locked until the end of the transaction, at the version the caller saw."""
    row = session.get(AccountRow, account_id, with_for_update=True)
    if row is None or row.deleted_ms:
        raise errors.UnknownAccount(account_id)
    if row.version != seen_version:
        raise Superseded(whole(session, row))
    return row


def kept(row: AccountRow) -> Kept:
    """The row's text as a plain value."""
    return Kept(row.id, row.version, row.name, row.body, row.digest, row.updated_ms)


def whole(session: Session, row: AccountRow) -> Kept:
    """The row's text with who saved it."""
    return kept(row)._replace(by=authors.of(session, row.id, row.version))


def _put(session: Session, row: AccountRow, written: Written, request_key: str, by: Author) -> Kept:
    row.name, row.body, row.digest = written.name, written.body, written.digest
    row.updated_ms = _later(row)
    _clear(session, row.id)
    return _keep(session, row, written, request_key, by)


def _keep(session: Session, row: AccountRow, written: Written, request_key: str, by: Author) -> Kept:
    """Beside the account: its history, who saved it, legs, balances and the request, in the same transaction."""
    session.flush()  # sets the version
    saved = kept(row)._replace(by=by)
    columns = {"account_id": row.id, "version": row.version, "saved_ms": row.updated_ms}
    session.add(VersionRow(**columns, name=row.name, body=row.body, digest=row.digest))
    if request_key:
        session.add(RequestRow(**columns, key=request_key))
    session.flush()
    authors.note(session, row.id, row.version, by)
    session.flush()
    for table, lines in ((_POSITIONS, written.positions), (_BALANCES, written.balances)):
        if lines:
            session.execute(insert(table), [{"account_id": row.id, **line} for line in lines])
    return saved


def _replayed(session: Session, request_key: str, written: Written) -> Kept | None:
    """What the same request saved before. Raises RequestReused when it carried other content then."""
    request = session.get(RequestRow, request_key) if request_key else None
    if request is None:
        return None
    row = session.get_one(VersionRow, (request.account_id, request.version))
    if row.digest != written.digest:
        raise errors.RequestReused(written.name)
    by = authors.of(session, row.account_id, row.version)
    return Kept(row.account_id, row.version, row.name, row.body, row.digest, row.saved_ms, by)


def _clear(session: Session, account_id: str) -> None:
    for table in (_POSITIONS, _BALANCES):
        session.execute(delete(table).where(table.c.account_id == account_id))


def _later(row: AccountRow) -> int:
    """Now, but never before the last save: a clock set back must not make a save fail."""
    return max(now_ms(), row.updated_ms)
