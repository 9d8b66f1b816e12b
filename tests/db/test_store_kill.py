"""kill −9 at any moment: what was acknowledged is there, nothing is half done, the next process goes on."""

import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from store_books import count_of, counted

from db import engine
from db.store import open_store

HERE = Path(__file__).resolve().parent
KILLS = 25


@pytest.fixture
def nursery(url, request):
    store = open_store(url)
    account_id = store.save_new(counted(0), "first").id
    store.close()
    arguments = [sys.executable, str(HERE / "store_nursery.py"), url, account_id, str(request.param)]
    paths = os.pathsep.join([str(HERE.parents[1]), str(HERE), os.environ["PYTHONPATH"]])
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": paths})
    yield process, account_id
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


def kill_one(process, after_s):
    """Let a child save, kill it `after_s` seconds after its first acknowledgement; the last version acknowledged."""
    process.stdin.write("go\n")
    process.stdin.flush()
    born = last = None
    while born is None or last is None:
        word, number = process.stdout.readline().split()
        born, last = (int(number), last) if word == "pid" else (born, int(number))
    time.sleep(after_s)
    os.kill(born, signal.SIGKILL)
    for line in iter(process.stdout.readline, "dead\n"):
        last = int(line.split()[1])
    return last


def state(path, account_id, checked):
    """Versions there now, after everything was checked; digests and clock from version `checked` on."""
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    least, most, rows = connection.execute(
        "SELECT min(version), max(version), count(*) FROM account_version WHERE account_id = ?", (account_id,)).fetchone()
    assert (least, most) == (1, rows)
    for version, body, digest in connection.execute(
        "SELECT version, body, digest FROM account_version WHERE account_id = ? AND version >= ?", (account_id, checked)
    ):
        assert hashlib.sha256(body.encode()).hexdigest() == digest
        assert f'"amount": {version - 1}\n' in body
    now = connection.execute("SELECT version, body FROM account WHERE id = ?", (account_id,)).fetchone()
    assert now == (most, body)
    assert connection.execute("SELECT count(*) FROM saved_request WHERE account_id = ?", (account_id,)).fetchone() == (rows,)
    assert connection.execute("SELECT amount FROM balance WHERE account_id = ?", (account_id,)).fetchall() == [(str(most - 1),)]
    assert connection.execute("SELECT count(*) FROM position WHERE account_id = ?", (account_id,)).fetchone() == (2,)
    connection.close()
    return most


@pytest.mark.parametrize("nursery", [engine.PRAGMAS["wal_autocheckpoint"], 1], indirect=True,
                         ids=["checkpoint as shipped", "checkpoint at every page"])
def test_killed_writers_lose_nothing(nursery, path, url, record_property):
    assert engine.PRAGMAS["synchronous"] == "FULL"
    process, account_id = nursery
    rng, there, unacknowledged, acknowledged = random.Random(9), 1, 0, 0
    for _ in range(KILLS):
        last, before = kill_one(process, rng.uniform(0.001, 0.200)), there
        there = state(path, account_id, before)
        assert last <= there <= last + 1  # a save may be there that was not yet acknowledged
        unacknowledged, acknowledged = unacknowledged + there - last, acknowledged + last - before
    told = f"{KILLS} kills, {acknowledged} acknowledged saves, 0 lost, {unacknowledged} there but not acknowledged"
    record_property("kill", told)
    print(told)
    store = open_store(url)
    held = store.load(account_id)
    assert count_of(held.account) == there - 1
    assert store.save(account_id, counted(0), held.version, "after").version == there + 1
    store.close()
