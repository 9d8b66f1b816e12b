"""Faults at every statement of a save: one clear sentence, the state before or after and never between, and life goes on."""

import sqlite3

import pytest
from sqlalchemy.exc import TimeoutError as PoolExhausted
from store_books import count_of, counted
from store_plan import broken

from db import errors, faults

KINDS = [
    (sqlite3.SQLITE_BUSY, errors.Busy), (sqlite3.SQLITE_BUSY_SNAPSHOT, errors.Busy), (sqlite3.SQLITE_FULL, errors.DiskFull),
    (sqlite3.SQLITE_IOERR, errors.Faulty), (sqlite3.SQLITE_IOERR_FSYNC, errors.Faulty),
    (sqlite3.SQLITE_READONLY, errors.ReadOnly), (sqlite3.SQLITE_CORRUPT, errors.DamagedFile),
    (sqlite3.SQLITE_CANTOPEN, errors.NoAccess), (sqlite3.SQLITE_NOTADB, errors.NotADatabase),
    (sqlite3.SQLITE_CONSTRAINT, errors.RowRefused),
]


@pytest.mark.parametrize(("code", "kind"), KINDS)
def test_a_fault_at_any_statement_leaves_the_state_before(planned, code, kind):
    store, plan = planned
    held, at = store.save_new(counted(0), "first"), 1
    while True:
        plan.arm(at, broken(code))
        try:
            store.save(held.id, counted(1), 1, "second")
        except errors.StoreError as told:
            plan.arm(0, None)
            assert type(told) is kind
            assert str(told).endswith(".")
            assert "\n" not in str(told)
            assert (store.load(held.id).version, count_of(store.load(held.id).account)) == (1, 0)
            assert len(store.versions(held.id)) == 1
            at += 1
        else:
            break
    plan.arm(0, None)
    assert at > 8  # BEGIN, request, account, update, two deletes, four inserts, commit
    assert count_of(store.load(held.id).account) == 1


def test_a_lost_answer_then_a_retry_makes_one_version(planned):
    store, plan = planned
    held = store.save_new(counted(0), "first")
    plan.arm(0, None)
    store.save(held.id, counted(1), 1, "second")
    commit = plan.calls
    plan.arm(commit, broken(sqlite3.SQLITE_IOERR), late=True)
    with pytest.raises(errors.Faulty):
        store.save(held.id, counted(2), 2, "third")
    plan.arm(0, None)
    assert store.save(held.id, counted(2), 2, "third").version == 3
    assert len(store.versions(held.id)) == 3


def test_faults_while_reading(planned):
    store, plan = planned
    held = store.save_new(counted(0), "first")
    plan.arm(1, broken(sqlite3.SQLITE_IOERR))
    with pytest.raises(errors.Faulty):
        store.load(held.id)
    assert store.load(held.id).version == 1


def test_a_full_disk(store, path):
    """A real SQLITE_FULL, by a limit on pages: told as such, earlier saves intact."""
    held = store.save_new(counted(0), "first")
    with store.database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 4}")
        assert store.database.engine.pool.checkedin() == 0
    with pytest.raises(errors.DiskFull, match="free some space"):
        for number in range(1, 200):
            held = store.save(held.id, counted(number), held.version, f"k{number}")
    assert store.load(held.id).version == held.version
    assert count_of(store.load(held.id).account) == held.version - 1


@pytest.mark.parametrize(("state", "kind"), [
    ("40001", errors.Busy), ("57014", errors.Busy), ("53100", errors.DiskFull), ("25006", errors.ReadOnly),
    ("28P01", errors.NoAccess), (None, errors.Unreachable), ("08006", errors.Unreachable), ("57P01", errors.Unreachable),
    ("3D000", errors.Unreachable), ("23514", errors.RowRefused), ("XX000", errors.Faulty),
])
def test_sentences_of_the_server(state, kind):
    fault = type("ServerFault", (Exception,), {"sqlstate": state})("said the server\nwith details")
    told = faults.explain(fault, "book on db.example")
    assert type(told) is kind
    assert "book on db.example" in str(told)
    assert "\n" not in str(told)


def test_a_fault_without_a_code():
    assert type(faults.explain(ValueError("odd"), "x")) is errors.Faulty


def test_no_connection_left_in_the_pool_is_busy(store):
    with pytest.raises(errors.Busy), faults.explained("x"):
        raise PoolExhausted
