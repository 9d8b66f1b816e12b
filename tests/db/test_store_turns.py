"""Writers in one process: first come, first served; what is tried again and what is not."""

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from store_books import counted

from db import engine, errors
from db.turns import Turns, turns_of


def test_turns_are_first_come_first_served():
    turns, order, threads = Turns(), [], []
    with turns.taken("x"):
        for number in range(20):
            def wait(number=number):
                with turns.taken("x"):
                    order.append(number)
            threads.append(threading.Thread(target=wait))
            threads[-1].start()
            while len(turns._waiting) <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_a_turn_that_does_not_come_is_busy_and_the_queue_goes_on():
    turns = Turns()
    with turns.taken("the store"), ThreadPoolExecutor(1) as pool, pytest.raises(errors.Busy, match="try again"):
        pool.submit(lambda: turns.taken("the store", 0.02).__enter__()).result()
    with turns.taken("the store", 0):
        pass
    assert not turns._held


def test_a_turn_is_passed_on_whatever_is_raised_inside():
    turns = Turns()
    for raised in (ValueError, KeyboardInterrupt, type("Rerun", (BaseException,), {})):
        with pytest.raises(raised), turns.taken("x"):
            raise raised
    with turns.taken("x", 0):
        pass


@pytest.mark.parametrize("called", [False, True])
def test_a_wait_that_is_interrupted_keeps_nothing(monkeypatch, called):
    turns = Turns()

    class Interrupted(threading.Event):
        def wait(self, _=None):
            if called:
                turns._pass_on()  # the turn arrives in the same moment
            raise KeyboardInterrupt

    with turns.taken("x"):
        monkeypatch.setattr("db.turns.Event", Interrupted)
        with pytest.raises(KeyboardInterrupt), turns.taken("x"):
            pass
        assert not turns._waiting
    assert not turns._held


def test_stores_on_one_file_share_their_turns(tmp_path):
    assert turns_of("a") is not turns_of("b")
    held = turns_of("a")
    assert turns_of("a") is held


class Refusal(Exception):
    sqlstate = "40001"


@pytest.mark.parametrize(("times", "done"), [(0, True), (3, True), (4, False)])
def test_serialization_failures_are_tried_again_three_times(store, times, done):
    tries = []

    def work(_):
        tries.append(1)
        if len(tries) <= times:
            raise OperationalError("UPDATE", None, Refusal())
        return "done"

    if done:
        assert store.database.write(work) == "done"
    else:
        with pytest.raises(errors.Busy):
            store.database.write(work)
    assert len(tries) == min(times, engine.RETRIES) + 1


def test_other_failures_are_not_tried_again(store):
    tries = []

    def work(session):
        tries.append(1)
        session.connection().exec_driver_sql("SELECT * FROM nowhere")

    with pytest.raises(errors.Faulty, match="nowhere"):
        store.database.write(work)
    assert len(tries) == 1


def test_a_row_changed_behind_the_session_is_tried_again(store):
    tries = []

    def work(_):
        tries.append(1)
        if len(tries) == 1:
            raise StaleDataError("changed")

    store.database.write(work)
    assert len(tries) == 2


def test_a_writer_outside_makes_a_save_busy_not_lost(store, path, monkeypatch):
    saved = store.save_new(counted(1), "k")
    outside = sqlite3.connect(path, isolation_level=None)
    outside.execute("BEGIN IMMEDIATE")
    monkeypatch.setitem(engine.PRAGMAS, "busy_timeout", 50)
    store.database.engine.dispose()
    with pytest.raises(errors.Busy):
        store.save(saved.id, counted(2), 1, "k2")
    assert store.load(saved.id).version == 1  # reading goes on meanwhile
    outside.execute("ROLLBACK")
    outside.close()
    assert store.save(saved.id, counted(2), 1, "k2").version == 2
