"""What a database driver reports → what the user is told."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from db import errors

# primary result codes of SQLite (the low byte of an extended code)
_BUSY, _LOCKED, _READONLY, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 5, 6, 8, 11, 13, 14, 26
_CONSTRAINT, _MISMATCH = 19, 20
_BY_CODE: dict[int, Callable[[str], errors.StoreError]] = {
    _BUSY: errors.Busy,
    _LOCKED: errors.Busy,
    _FULL: errors.DiskFull,
    _READONLY: errors.ReadOnly,
}


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn driver errors raised inside into `StoreError`s that name `where`; everything else passes."""
    try:
        yield
    except PoolExhausted as fault:
        raise errors.Busy(where) from fault
    except DBAPIError as fault:
        raise explain(fault.orig, where) from fault


@contextmanager
def explained_plain(where: str) -> Iterator[None]:
    """As `explained`, for the bare SQLite driver."""
    with explained(where):
        try:
            yield
        except sqlite3.Error as fault:
            raise DBAPIError(None, None, fault) from fault


def explain(fault: BaseException | None, where: str) -> errors.StoreError:
    """The sentence for one driver error, by SQLite's result code or PostgreSQL's SQLSTATE."""
    code = getattr(fault, "sqlite_errorcode", None)
    if code is not None:
        return _sqlite(int(code) & 0xFF, where, str(fault))
    if hasattr(fault, "sqlstate"):
        return _postgres(sqlstate(fault), where, str(fault))
    return errors.Faulty(where, str(fault))


def sqlstate(fault: BaseException | None) -> str:
    """Five characters, or nothing when the connection itself failed."""
    return str(getattr(fault, "sqlstate", None) or "")


def _sqlite(code: int, where: str, said: str) -> errors.StoreError:
    if code in _BY_CODE:
        return _BY_CODE[code](where)
    if code == _CORRUPT:
        return errors.DamagedFile(where, said)
    if code == _NOTADB:
        return errors.NotADatabase(where, "not a SQLite file")
    if code == _CANTOPEN:
        return errors.NoAccess(where, said)
    return errors.RowRefused(where, said) if code in (_CONSTRAINT, _MISMATCH) else errors.Faulty(where, said)


def _postgres(state: str, where: str, said: str) -> errors.StoreError:
    if state in ("40001", "40P01", "55P03", "57014", "25P03", "53300"):
        return errors.Busy(where)
    if state == "53100":
        return errors.DiskFull(where)
    if state == "25006":
        return errors.ReadOnly(where)
    if state in ("28000", "28P01", "42501"):
        return errors.NoAccess(where, "the server refused this user")
    if not state or state.startswith(("08", "57P", "3D")):
        return errors.Unreachable(where)
    said = said.partition("\n")[0]  # the server adds the row, which may be confidential
    return errors.RowRefused(where, said) if state.startswith(("22", "23")) else errors.Faulty(where, said)
