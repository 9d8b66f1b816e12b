"""Whole copies of a store in a file: made while the app runs, checked before they are trusted, put back whole."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from db import errors, mapping, upgrading
from db.faults import explained_plain
from db.place import Place, find, holds_store, make_folder, store_mode
from db.single_writer import Claim

_TEXTS = (
    "SELECT id, name, version, body, digest FROM account",
    "SELECT account_id, name, version, body, digest FROM account_version",
)


@dataclass(frozen=True)
class Restored:
    """What a restore did. accounts: not deleted ones; before: the copy of what stood there, None when nothing did."""

    accounts: int
    before: Path | None


def back_up(address: str | None = None, folder: Path | None = None) -> Path:
    """A checked copy of the store, also while the app runs, beside it or in `folder`, named after the UTC second.

    Raises StoreError; no copy is left then.
    """
    path = _file(find(address))
    if not holds_store(path):
        raise errors.NoAccess(str(path), "there is no store yet")
    copy = upgrading.back_up(path, _made(folder) if folder else None)
    try:
        check(copy)
    except BaseException:
        copy.unlink(missing_ok=True)
        raise
    return copy


def check(copy: Path) -> int:
    """How many accounts lie in a copy, after every page and every checksum was looked at.

    Raises NoAccess, NotADatabase, NewerSchema, DamagedFile, Damaged; the copy is never changed.
    """
    if store_mode(copy) is None:
        raise errors.NoAccess(str(copy), "there is no such file")
    with _reading(copy) as connection:
        said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if said != "ok":
            raise errors.DamagedFile(str(copy), said)
        if connection.execute("PRAGMA foreign_key_check").fetchone():
            raise errors.DamagedFile(str(copy), "rows without their account")
        upgrading.is_behind(str(copy), connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
        for query in _TEXTS:
            for account_id, name, version, body, digest in connection.execute(query):
                if mapping.checksum(body) != digest:
                    raise errors.Damaged(account_id, name, version)
        return int(connection.execute("SELECT count(*) FROM account WHERE deleted_ms = 0").fetchone()[0])


def restore(copy: Path, address: str | None = None) -> Restored:
    """The store becomes what the copy holds, all of it or nothing; what it held before is copied first.

    Raises StoreError, above all SecondWriter while the app runs; the store is as it was then.
    """
    path, accounts = _file(find(address)), check(copy)
    if path.exists() and path.samefile(copy):
        raise errors.NotADatabase(str(copy), "the store itself")
    there = holds_store(path)
    make_folder(path)
    claim = Claim(path)
    try:
        before = upgrading.back_up(path) if there else None
        _put(copy, path)
    finally:
        claim.release()
    return Restored(accounts, before)


def _put(copy: Path, path: Path) -> None:
    """One transaction of SQLite's own copying where a store is; where none is, a finished file's new name."""
    if path.exists():
        _copy(copy, path)
        return
    folder = Path(mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        made = folder / path.name
        made.touch(0o600)
        _copy(copy, made)
        made.replace(path)
    finally:
        shutil.rmtree(folder)


def _copy(copy: Path, path: Path) -> None:
    with _reading(copy) as source, explained_plain(str(path)), closing(sqlite3.connect(path, timeout=30)) as store:
        source.backup(store)


def _file(place: Place) -> Path:
    if place.path is None:
        raise errors.BackupElsewhere(place.name)
    return place.path


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise errors.NoAccess(str(folder), fault.strerror or "no access") from fault
    return folder


@contextmanager
def _reading(copy: Path) -> Iterator[sqlite3.Connection]:
    address = f"{copy.absolute().as_uri()}?mode=ro"
    with explained_plain(str(copy)), closing(sqlite3.connect(address, uri=True)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        yield connection
