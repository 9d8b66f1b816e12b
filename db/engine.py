"""Connections and transactions: how a read begins, how a write begins, waits, commits and is tried again."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from random import SystemRandom
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import ConnectionPoolEntry

from db.faults import explained, sqlstate
from db.place import Place
from db.single_writer import Claim
from db.turns import LIMIT_S, Turns, turns_of

# On every connection. FULL keeps each commit through a power cut; NORMAL loses the last ones.
PRAGMAS: dict[str, str | int] = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "busy_timeout": 30_000,  # ms
    "trusted_schema": "OFF",
    "cell_size_check": "ON",
    "wal_autocheckpoint": 1000,  # pages
    "journal_size_limit": 16_777_216,  # bytes
    "mmap_size": 0,
}

POSTGRES_OPTIONS = "-c statement_timeout=10000 -c idle_in_transaction_session_timeout=10000"  # ms

RETRIES = 3
_AGAIN = ("40001", "40P01", "23505")  # serialization failure, deadlock, the same key inserted at the same moment

T = TypeVar("T")


@dataclass(frozen=True)
class Database:
    """The engines of one store; sessions live for one call and never leave it."""

    place: Place
    engine: Engine
    turns: Turns | None  # None on PostgreSQL, which queues its writers itself
    claim: Claim | None = None  # only where this SQLite is safe with one writing process

    @property
    def writer(self) -> Engine:
        return self.engine.execution_options(begin="BEGIN IMMEDIATE")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session over one consistent snapshot. Raises StoreError."""
        with explained(self.place.name), Session(self.engine) as session:
            yield session

    def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in one transaction and commit it: all or nothing. Raises StoreError.

        `work` may run again after a serialization failure, so it acts on its session only.
        """
        with explained(self.place.name), self.turn():
            for attempt in range(RETRIES):
                try:
                    return self._once(work)
                except (DBAPIError, StaleDataError) as fault:
                    if not _worth_another_try(fault):
                        raise
                    time.sleep(SystemRandom().uniform(0, 0.02 * 2**attempt))
            return self._once(work)

    def turn(self) -> AbstractContextManager[None]:
        """The place in the queue of writers, held until the commit is done. Raises Busy after 30 s."""
        return self.turns.taken(self.place.name, LIMIT_S) if self.turns else nullcontext()

    def _once(self, work: Callable[[Session], T]) -> T:
        with Session(self.writer, expire_on_commit=False) as session, session.begin():
            return work(session)


def _worth_another_try(fault: DBAPIError | StaleDataError) -> bool:
    return isinstance(fault, StaleDataError) or sqlstate(fault.orig) in _AGAIN


def connect(place: Place, claim: Claim | None = None) -> Database:
    """Engines for a place; nothing is opened before the first session."""
    if place.path is None:
        return Database(place, _postgres(place), None)
    return Database(place, _sqlite(place), turns_of(str(place.path)), claim)


def _postgres(place: Place) -> Engine:
    settings = {"options": POSTGRES_OPTIONS, "connect_timeout": 10}
    return create_engine(place.url, connect_args=settings, pool_pre_ping=True, pool_size=10, max_overflow=20)


def _sqlite(place: Place) -> Engine:
    engine = create_engine(place.url, connect_args={"timeout": 30}, pool_size=10, max_overflow=20)
    event.listen(engine, "connect", _settle)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "invalidate", _let_go)
    return engine


def _settle(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say when a transaction begins; this also makes DDL transactional
    # a flipped bit may break UTF-8: let the text through, its checksum then names the account
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    for name, value in PRAGMAS.items():
        connection.execute(f"PRAGMA {name}={value}")


def _begin(connection: Connection) -> None:
    try:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
    except BaseException:  # the session does not know this connection yet: nobody else would let the lock go
        connection.invalidate()
        raise


def _let_go(connection: sqlite3.Connection, _: ConnectionPoolEntry, __: BaseException | None) -> None:
    """An interrupted statement may outlive its closed connection, and the write lock with it: roll back before."""
    with suppress(sqlite3.Error):
        connection.rollback()
