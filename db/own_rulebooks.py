"""Rulebooks of the user's own: a name, a base rulebook, and the values laid over it. Whether they are sound rulebooks
is not asked here: who writes the text checks it before, and reads it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db import errors, mapping
from db.engine import Database
from db.rows import OwnRulebookRow
from db.writes import now_ms

LONGEST_NAME = 80
LONGEST = 200_000


@dataclass(frozen=True)
class OwnRulebook:
    """One of them as stored. override: JSON values by section and key. `digest`: SHA-256 of base and text."""

    id: str
    name: str
    base: str
    override: Mapping[str, Any]
    digest: str
    updated: datetime


@dataclass(frozen=True)
class OwnRulebooks:
    """The rulebooks of one store. Every method may raise StoreError; those listed are particular to it."""

    database: Database

    def list_all(self) -> list[OwnRulebook]:
        """All of them by name; a damaged one is left out, `damaged` names it."""
        return [_read(row) for row in self._rows() if _is_whole(row)]

    def damaged(self) -> list[tuple[str, str]]:
        """Id and name of those whose text no longer has its checksum."""
        return [(row.id, row.name) for row in self._rows() if not _is_whole(row)]

    def save(self, name: str, base: str, override: Mapping[str, Any], rulebook_id: str | None = None) -> OwnRulebook:
        """Keep a new one, or put it in place of `rulebook_id`. Raises RulebookRefused, RulebookNameTaken,
        UnknownRulebook; nothing is written then.
        """
        made = _written(name, base, override)
        return self.database.write(lambda session: _read(_put(session, rulebook_id or str(uuid4()), made, rulebook_id)))

    def delete(self, rulebook_id: str) -> None:
        """Let one go; one that is not there is no error. Accounts that apply it hold its values themselves."""
        self.database.write(
            lambda session: session.execute(delete(OwnRulebookRow).where(OwnRulebookRow.id == rulebook_id))
        )

    def _rows(self) -> list[OwnRulebookRow]:
        with self.database.reading() as session:
            return list(session.scalars(select(OwnRulebookRow).order_by(OwnRulebookRow.name, OwnRulebookRow.id)))


def _written(name: str, base: str, override: Mapping[str, Any]) -> dict[str, str]:
    """The columns of a rulebook: everything is computed before the write lock is asked for. Raises RulebookRefused."""
    named = mapping.plain(name).strip()
    if not 0 < len(named) <= LONGEST_NAME:
        raise errors.RulebookRefused(named[:LONGEST_NAME], f"its name must have 1 to {LONGEST_NAME} characters")
    text = mapping.json_text(override)
    if len(text) > LONGEST:
        raise errors.RulebookRefused(named, f"it has more than {LONGEST:,} characters")
    try:
        return {"name": named, "base": base, "override": text, "digest": _checksum(base, text, named)}
    except UnicodeEncodeError:
        raise errors.RulebookRefused("", "its name holds half a character (a lone surrogate), retype it") from None


def _checksum(base: str, text: str, name: str) -> str:
    name.encode("utf-8")
    return mapping.checksum(f"{base}\n{text}")


def _put(session: Session, rulebook_id: str, made: Mapping[str, str], replaced: str | None) -> OwnRulebookRow:
    same = select(OwnRulebookRow.id).where(OwnRulebookRow.name == made["name"], OwnRulebookRow.id != rulebook_id)
    if session.scalar(same) is not None:
        raise errors.RulebookNameTaken(made["name"])
    row = session.get(OwnRulebookRow, rulebook_id, with_for_update=True)
    if row is None and replaced is not None:
        raise errors.UnknownRulebook(made["name"])
    now = now_ms()
    if row is None:
        row = OwnRulebookRow(id=rulebook_id, created_ms=now, updated_ms=now, **made)
        session.add(row)
    else:
        row.name, row.base, row.override, row.digest = (made[key] for key in ("name", "base", "override", "digest"))
        row.updated_ms = max(now, row.updated_ms)
    session.flush()
    return row


def _is_whole(row: OwnRulebookRow) -> bool:
    return mapping.checksum(f"{row.base}\n{row.override}") == row.digest


def _read(row: OwnRulebookRow) -> OwnRulebook:
    updated = datetime.fromtimestamp(row.updated_ms / 1000, UTC)
    return OwnRulebook(row.id, row.name, row.base, mapping.json_value(row.override), row.digest, updated)
