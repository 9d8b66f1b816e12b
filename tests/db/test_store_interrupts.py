"""A rerun, a stop or Ctrl-C at every boundary between two statements of every write, and faults of the disk there:
all or nothing, the lock given back, the next write works.
"""

import sqlite3
from uuid import uuid4

import pytest
from sqlalchemy import event
from store_books import counted
from store_plan import Plan, assert_whole, broken, dump
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException, StopException
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from db import errors
from db.store import open_store
from tests.conftest import NIGHTLY

DRAFT = "draft-of-one-browser-tab"
ACTS = {
    "save": lambda store, held, book: store.save(held.id, counted(7), held.version, f"save {held.id}"),
    "save new": lambda store, held, book: store.save_new(counted(8, "Other"), f"new {held.id}"),
    "rename": lambda store, held, book: store.rename(held.id, "Renamed", held.version),
    "delete": lambda store, held, book: store.delete(held.id, held.version),
    "restore": lambda store, held, book: store.restore(held.id, 1),
    "keep a draft": lambda store, held, book: store.drafts.keep(DRAFT, '{"n": 2}'),
    "drop a draft": lambda store, held, book: store.drafts.drop(DRAFT),
    "save a rulebook": lambda store, held, book: store.own_rulebooks.save(f"New {held.id}", "generic", {}),
    "replace a rulebook": lambda store, held, book: store.own_rulebooks.save(f"Its {held.id}", "generic", {"a": 1}, book.id),
    "delete a rulebook": lambda store, held, book: store.own_rulebooks.delete(book.id),
}
def seen(stored):
    return stored.id, stored.version, stored.saved_ms, stored.account.digest


READS = {
    "list": lambda store, held: store.list_accounts(), "list deleted": lambda store, held: store.list_deleted(),
    "load": lambda store, held: seen(store.load(held.id)), "versions": lambda store, held: store.versions(held.id),
    "load a version": lambda store, held: seen(store.load_version(held.id, 1)),
    "find a draft": lambda store, held: store.drafts.find(DRAFT),
    "list rulebooks": lambda store, held: store.own_rulebooks.list_all(),
}
RERUN = RerunException(RerunData())
INTERRUPTS = [*((act, RERUN) for act in ACTS), ("save", StopException()), ("save", KeyboardInterrupt())]
KINDS = [(sqlite3.SQLITE_BUSY, errors.Busy), (sqlite3.SQLITE_FULL, errors.DiskFull), (sqlite3.SQLITE_IOERR, errors.Faulty),
         (sqlite3.SQLITE_READONLY, errors.ReadOnly), (sqlite3.SQLITE_CORRUPT, errors.DamagedFile)]


def prepared(store):
    """An account at version 2, a draft and a rulebook."""
    first = store.save_new(counted(1), str(uuid4()))
    held = store.save(first.id, counted(2), 1, str(uuid4()))
    store.drafts.keep(DRAFT, '{"n": 1}')
    return held, store.own_rulebooks.save(f"House {held.id}", "generic", {"a": 0})


def still_writes(store, path):
    """The lock is free and a whole write goes through; nothing of it stays."""
    assert not store.database.turns._held
    before = dump(path)
    store.drafts.keep("probe-after-a-fault", "{}")
    store.drafts.drop("probe-after-a-fault")
    assert dump(path) == before


def each_boundary(planned, path, act, fault, late, expected):
    """Let `act` fail at its first, second … boundary until it goes through; how many boundaries there were."""
    store, plan = planned
    plan.disarm()
    held, book = prepared(store)
    before, at = dump(path), 1
    while True:
        plan.arm(at, fault, late)
        try:
            act(store, held, book)
        except expected as told:
            committed = plan.committed
            plan.disarm()
            yield told
            assert (dump(path) != before) is committed
            assert_whole(path)
            if committed:
                break
            still_writes(store, path)
            at += 1
        else:
            plan.disarm()
            assert dump(path) != before
            assert_whole(path)
            break


@pytest.mark.parametrize("late", [False, True], ids=["before the statement", "after the statement"])
@pytest.mark.parametrize(("act", "interrupt"), INTERRUPTS, ids=lambda one: one if isinstance(one, str) else type(one).__name__)
def test_an_interrupt_at_any_boundary_leaves_all_or_nothing(planned, path, act, interrupt, late):
    raised = list(each_boundary(planned, path, ACTS[act], interrupt, late, type(interrupt)))
    assert all(one is interrupt for one in raised)  # it passes through the store as it is
    assert len(raised) >= 3  # at least BEGIN, one statement, COMMIT


@pytest.mark.parametrize("act", ACTS)
def test_a_fault_at_any_statement_of_any_write_is_one_sentence(planned, path, act):
    for code, kind in KINDS:
        told = list(each_boundary(planned, path, ACTS[act], broken(code), False, errors.StoreError))
        assert len(told) >= 3
        for one in told:
            assert type(one) is kind
            assert str(one).endswith(".") and "\n" not in str(one)


@pytest.mark.parametrize("read", READS)
def test_a_fault_at_any_statement_of_any_read_is_one_sentence(planned, path, read):
    store, plan = planned
    held, _ = prepared(store)
    expected, before = READS[read](store, held), dump(path)
    for code, kind in KINDS:
        at = 1
        while True:
            plan.arm(at, broken(code))
            try:
                READS[read](store, held)
            except errors.StoreError as told:
                plan.disarm()
                assert type(told) is kind
                assert READS[read](store, held) == expected
                at += 1
            else:
                break
        plan.disarm()
        assert at > 1 and dump(path) == before


def test_the_server_hangs_up_at_any_statement(postgres_url):
    """PostgreSQL ends the connection before the n-th statement of a save: the state before, and life goes on."""
    store, watching = open_store(postgres_url), open_store(postgres_url)
    held, seen = store.save_new(counted(1), "first"), {"calls": 0, "at": 0}

    def before(connection, *_):
        seen["calls"] += 1
        if seen["calls"] == seen["at"]:
            number = connection.connection.dbapi_connection.info.backend_pid
            with watching.database.engine.connect() as other:
                other.exec_driver_sql(f"SELECT pg_terminate_backend({number}, 5000)")

    event.listen(store.database.engine, "before_cursor_execute", before)
    for at in range(1, 100):
        seen.update(calls=0, at=at)
        try:
            store.save(held.id, counted(2), 1, "second")
        except errors.StoreError as told:
            seen.update(at=0)
            assert type(told) is errors.Unreachable and "\n" not in str(told)
            assert [line.version for line in watching.versions(held.id)] == [1]
        else:
            break
    seen.update(at=0)
    assert at > 8
    assert store.load(held.id).version == 2
    store.close()
    watching.close()


@pytest.mark.parametrize(("there", "code"), [
    (there, code) for i, there in enumerate((False, True))
    for j, code in enumerate((sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT)) if NIGHTLY or i == j])
def test_a_fault_at_any_statement_of_opening_leaves_no_half_store(tmp_path, there, code):
    path, plan, at = tmp_path / "x.db", Plan(), 0
    if there:
        store = open_store(f"sqlite:///{path}")
        prepared(store)
        store.close()
    before = dump(path) if there else None
    while True:
        at += 1
        plan.arm(at, broken(code))
        with plan.everywhere():
            try:
                open_store(f"sqlite:///{path}").close()
            except errors.StoreError as told:
                assert "\n" not in str(told)
            else:
                if plan.calls >= at:  # closing forgives: what is left undone there costs nothing
                    continue
                break
        if there:
            assert dump(path) == before
        elif path.exists():
            assert_whole(path)
            path.unlink()
        assert not list(tmp_path.glob("*.new*"))
    assert at > 10
    assert_whole(path)
