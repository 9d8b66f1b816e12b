"""Open a store: look before touching, create whole or not at all, bring an older schema to this release."""

import logging
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from db import errors, upgrading
from db.engine import Database, connect
from db.faults import explained
from db.place import Place, find, holds_store, make_folder
from db.single_writer import Claim, wal_is_safe

log = logging.getLogger(__name__)


def open_database(address: str | None = None) -> Database:
    """A database of this release's schema. Raises StoreError; what is not opened is left as it was."""
    place = find(address)
    database = _server(place) if place.path is None else _file(place, place.path)
    log.info("store %s opened", place.name)
    return database


def close_database(database: Database) -> None:
    """Close every connection and let other processes in; a second call does nothing."""
    if database.place.path:
        with suppress(DBAPIError, errors.Busy), database.turn(), database.writer.begin() as connection:
            connection.exec_driver_sql("PRAGMA optimize")
    database.engine.dispose()
    if database.claim:
        database.claim.release()


def _server(place: Place) -> Database:
    database = connect(place)
    with explained(place.name), database.engine.connect() as connection:
        behind = upgrading.is_behind(place.name, upgrading.revision_on(connection))
    if behind:
        upgrading.upgrade(database)
    return database


def _file(place: Place, path: Path) -> Database:
    there = holds_store(path)
    make_folder(path)
    claim = None if wal_is_safe(sqlite3.sqlite_version_info) else Claim(path)
    if claim:
        log.info("SQLite %s: one writing process at a time", sqlite3.sqlite_version)
    try:
        if not there:
            _create(path)
        return _at_head(connect(place, claim), path)
    except BaseException:
        if claim:
            claim.release()
        raise


def _at_head(database: Database, path: Path) -> Database:
    """Checked, and upgraded after a backup where the schema is older."""
    if upgrading.is_behind(str(path), _revision_in(path)):
        copy = upgrading.back_up(path)
        log.warning("store %s: older schema, copied to %s before the upgrade", path, copy)
        try:
            upgrading.upgrade(database)
        except BaseException:
            database.engine.dispose()
            raise
    return database


def _revision_in(path: Path) -> str | None:
    """The schema's revision, read without writing. Raises DamagedFile, NoAccess, Busy."""
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=30)
        try:
            said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        finally:
            connection.close()
    except sqlite3.Error as fault:
        raise _damage(path, fault) from fault
    if said != "ok":
        raise errors.DamagedFile(str(path), said)
    return str(row[0]) if row else None


def _damage(path: Path, fault: sqlite3.Error) -> errors.StoreError:
    code = (fault.sqlite_errorcode or 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return errors.Busy(str(path))
    if code == sqlite3.SQLITE_CANTOPEN:
        return errors.NoAccess(str(path), str(fault))
    return errors.DamagedFile(str(path), str(fault))


def _create(path: Path) -> None:
    """Build a whole store beside `path`, then give it its name: a crash leaves a store or nothing. Mode 0600."""
    try:
        descriptor, name = mkstemp(prefix=f".{path.name}-", suffix=".new", dir=path.parent)
    except OSError as fault:
        raise errors.NoAccess(str(path.parent), fault.strerror or "no access") from fault
    os.close(descriptor)
    made = Path(name)
    try:
        database = connect(Place(URL.create("sqlite+pysqlite", database=name), made))
        try:
            upgrading.upgrade(database)
        finally:
            database.engine.dispose()
        with suppress(FileExistsError):  # made by another thread meanwhile
            os.link(made, path)
        _sync_folder(path.parent)
    finally:
        for rest in (name, f"{name}-wal", f"{name}-shm"):
            Path(rest).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
