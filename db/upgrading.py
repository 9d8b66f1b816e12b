"""Bring a database to this release's schema: a copy first, then one transaction, checked before it is committed."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from db import errors
from db.engine import Database
from db.faults import explain, explained_plain
from db.place import APPLICATION_ID

SCRIPTS = Path(__file__).parent / "migrations"

_one_at_a_time = Lock()  # alembic keeps its context in module variables


class LostRowsError(SQLAlchemyError):
    """A migration would drop rows or leave rows without their parent."""


def is_behind(where: str, revision: str | None) -> bool:
    """Whether the schema is older than this release's. Raises NewerSchema for a revision nobody here knows."""
    scripts = ScriptDirectory.from_config(_config())
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is not None and revision not in known:
        raise errors.NewerSchema(where, revision)
    return revision != scripts.get_current_head()


def revision_on(connection: Connection) -> str | None:
    """The revision of an open database; None when it holds no schema of ours."""
    return MigrationContext.configure(connection).get_current_revision()


def back_up(path: Path, folder: Path | None = None) -> Path:
    """A whole, compact copy beside the store or in `folder`, named after it and the UTC second.

    Raises NoAccess, DiskFull, DamagedFile …
    """
    copy = _unused(path, folder or path.parent)
    try:
        with explained_plain(str(path)), closing(sqlite3.connect(path, timeout=30)) as source:
            source.execute("VACUUM INTO ?", (str(copy),))
        with explained_plain(str(copy)), closing(sqlite3.connect(copy)) as made:
            said = made.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if said != "ok":
            raise errors.DamagedFile(str(path), said)
    except errors.StoreError:
        copy.unlink()
        raise
    return copy


def upgrade(database: Database) -> None:
    """Run what is missing, all or nothing. Raises MigrationFailed, Busy, DiskFull …"""
    where = database.place.name
    with explained_plain(where), database.turn(), database.writer.connect() as connection, _one_at_a_time:
        try:
            with _unconstrained(connection), connection.begin():
                _run(connection)
        except (SQLAlchemyError, CommandError) as fault:
            raise _failure(fault, where) from fault


def _failure(fault: Exception, where: str) -> errors.StoreError:
    """Busy, full, read-only … by their own names; everything else failed in the migration."""
    said = explain(fault.orig, where) if isinstance(fault, DBAPIError) else None
    if said is None or isinstance(said, errors.Faulty | errors.RowRefused):
        return errors.MigrationFailed(where, str(getattr(fault, "orig", fault)))
    return said


def _run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({APPLICATION_ID})")
    before = _counts(connection)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    _check(connection, before)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _counts(connection: Connection) -> dict[str, int]:
    quoted = connection.dialect.identifier_preparer.quote
    count = "SELECT count(*) FROM "
    return {
        table: int(connection.exec_driver_sql(count + quoted(table)).scalar_one())
        for table in inspect(connection).get_table_names()
    }


def _check(connection: Connection, before: dict[str, int]) -> None:
    after = _counts(connection)
    lost = [table for table in before if after.get(table, before[table]) < before[table]]
    if lost:
        raise LostRowsError(f"rows would be lost from {', '.join(lost)}")
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise LostRowsError("rows would be left without their account")


@contextmanager
def _unconstrained(connection: Connection) -> Iterator[None]:
    """Foreign keys off, so that rebuilding a parent table does not delete its children.

    SQLite ignores this PRAGMA inside a transaction, hence on the bare connection, before BEGIN.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        if not connection.invalidated:
            cursor.execute("PRAGMA foreign_keys=ON")


def _unused(path: Path, folder: Path) -> Path:
    """An empty file of mode 0600 for the copy; a second copy within the second gets a number."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for number in range(1, 100):
        copy = folder / f"{path.stem}-{stamp}{'' if number == 1 else f'-{number}'}.db"
        try:
            os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            continue
        except OSError as fault:
            raise errors.NoAccess(str(copy), fault.strerror or "no access") from fault
        return copy
    raise errors.NoAccess(str(path), "too many copies of this second")
