"""Unsaved work of open browser tabs, kept so that a refresh or a restart loses nothing; bounded and short-lived.

The text of a draft is opaque here: who writes it reads it, and a draft that is gone is None, never an error.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db import errors
from db.engine import Database
from db.rows import DraftRow
from db.writes import now_ms

NEWEST = 200
LIFETIME_MS = 14 * 24 * 3600 * 1000
LONGEST = 2_000_000


@dataclass(frozen=True)
class Drafts:
    """The drafts of one store, by key. Every method may raise StoreError."""

    database: Database

    def keep(self, key: str, body: str) -> None:
        """Keep `body` under `key` in place of what was there; too old and too many ones go. Raises DraftTooLong."""
        if len(body) > LONGEST:
            raise errors.DraftTooLong
        self.database.write(lambda session: _put(session, key, body))

    def find(self, key: str) -> str | None:
        """The text kept under `key`; None when there is none, or none any more."""
        with self.database.reading() as session:
            row = session.get(DraftRow, key)
            return row.body if row is not None and row.updated_ms > now_ms() - LIFETIME_MS else None

    def drop(self, key: str) -> None:
        """Let a draft go; a key that is not there is no error."""
        self.database.write(lambda session: _forget(session, DraftRow.key == key))


def _put(session: Session, key: str, body: str) -> None:
    now = now_ms()
    row = session.get(DraftRow, key, with_for_update=True)
    if row is None:
        session.add(DraftRow(key=key, body=body, updated_ms=now))
    else:
        row.body, row.updated_ms = body, max(now, row.updated_ms)
    session.flush()
    _forget(session, DraftRow.updated_ms <= now - LIFETIME_MS)
    beyond = select(DraftRow.key).where(DraftRow.key != key).order_by(DraftRow.updated_ms.desc(), DraftRow.key)
    if surplus := session.scalars(beyond.offset(NEWEST - 1)).all():
        _forget(session, DraftRow.key.in_(surplus))


def _forget(session: Session, which: Any) -> None:
    session.execute(delete(DraftRow).where(which).execution_options(synchronize_session=False))
