"""Power cuts. Real saves of the store are recorded as SQL and played again on a disk that forgets what was not synced;
SQLite then opens what is left. The settings are those the store ships.
"""

import hashlib
import random
import sqlite3
from contextlib import suppress

import pytest
from sqlalchemy import event
from store_books import counted

apsw = pytest.importorskip("apsw", reason="apsw is not installed: no disk to cut the power of")
from lossy_disk import Disk, LossyLayer, PowerCut  # noqa: E402

from db import engine  # noqa: E402
from db.store import open_store  # noqa: E402

SAVES, CUTS = 80, 300


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The file before, and the SQL of each of the saves that followed: [[(statement, parameters), …], …]."""
    path = tmp_path_factory.mktemp("recorded") / "x.db"
    store = open_store(f"sqlite:///{path}")
    held = store.save_new(counted(0), "first")
    store.close()
    image = path.read_bytes()
    store, saves = open_store(f"sqlite:///{path}"), []
    event.listen(store.database.engine, "begin", lambda _: saves.append([]))
    event.listen(store.database.engine, "before_cursor_execute", _record(saves))
    for number in range(1, SAVES + 1):
        held = store.save(held.id, counted(number), held.version, f"save {number}")
    store.close()
    return held.id, image, saves[:SAVES]


def _record(saves):
    def note(_connection, _cursor, statement, parameters, _context, many):
        if not statement.startswith(("BEGIN", "PRAGMA")):
            saves[-1].extend((statement, row) for row in (parameters if many else [parameters]))
    return note


@pytest.fixture(scope="module")
def layer():
    made = LossyLayer()
    yield made
    made.unregister()


def play(layer, image, saves, cut_at, pragmas):
    """Play the saves until the power fails. Returns the disk and how many commits had returned by then."""
    layer.disk = disk = Disk({"x.db": image}, 1 << 60)
    done = 0
    connection = apsw.Connection("x.db", vfs=layer.NAME)
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")  # a WAL without shared memory
    for name, value in pragmas.items():
        connection.execute(f"PRAGMA {name}={value}").fetchall()
    disk.operations, disk.cut_at = 0, cut_at
    try:
        for save in saves:
            connection.execute("BEGIN IMMEDIATE")
            for statement, parameters in save:
                connection.execute(statement, parameters).fetchall()
            connection.execute("COMMIT")
            done += 1
    except (PowerCut, apsw.Error):
        disk.cut_at = 0
    with suppress(PowerCut, apsw.Error):
        connection.close()
    return disk, done


def found(folder, images, account_id):
    """How many saves are there after the power has returned; None when anything does not hold together."""
    for name, content in images.items():
        (folder / name).write_bytes(content)
    connection = sqlite3.connect(folder / "x.db")
    try:
        said = connection.execute("PRAGMA integrity_check").fetchall()
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
        history = connection.execute(
            "SELECT version, body, digest FROM account_version WHERE account_id = ? ORDER BY version", (account_id,)
        ).fetchall()
        now = connection.execute("SELECT version, body, digest FROM account WHERE id = ?", (account_id,)).fetchall()
        amount = connection.execute("SELECT amount FROM balance WHERE account_id = ?", (account_id,)).fetchall()
        asked = connection.execute("SELECT max(version), count(*) FROM saved_request").fetchone()
    except sqlite3.DatabaseError:
        return None
    finally:
        connection.close()
        for file in folder.iterdir():
            file.unlink()
    whole = (
        said == [("ok",)] and not orphans
        and [row[0] for row in history] == list(range(1, len(history) + 1))
        and now == history[-1:]
        and all(hashlib.sha256(body.encode()).hexdigest() == digest for _, body, digest in history)
        and amount == [(str(len(history) - 1),)]
        and asked == (len(history), len(history))
    )
    return len(history) - 1 if whole else None


def cut(layer, recorded, folder, p, pragmas, seed):
    """Cut the power `CUTS` times at random operations. Returns commits, losing cuts, commits lost, broken cuts."""
    account_id, image, saves = recorded
    rng = random.Random(seed)
    whole, _ = play(layer, image, saves, 1 << 60, pragmas)
    commits = losing = lost = broken = 0
    for _ in range(CUTS):
        disk, done = play(layer, image, saves, rng.randint(1, whole.operations), pragmas)
        there = found(folder, disk.after_the_cut(rng, p), account_id)
        commits += done
        broken += there is None
        missing = max(0, done - there) if there is not None else 0
        losing, lost = losing + (missing > 0), lost + missing
    return commits, losing, lost, broken


@pytest.mark.parametrize("pages", [engine.PRAGMAS["wal_autocheckpoint"], 50])
@pytest.mark.parametrize("p", [0, 0.5])
def test_no_commit_is_lost_and_nothing_breaks(layer, recorded, tmp_path, p, pages, record_property):
    """300 cuts each, as shipped and with checkpoints between the saves."""
    commits, losing, lost, broken = cut(layer, recorded, tmp_path, p, {**engine.PRAGMAS, "wal_autocheckpoint": pages}, 2)
    record_property("power_cut", f"p={p}, checkpoint every {pages} pages: {commits} commits, {lost} lost, {broken} broken")
    print(f"p={p}, checkpoint every {pages} pages: {commits} commits, {losing} losing cuts, {broken} broken")
    assert commits > 20 * CUTS
    assert (losing, lost, broken) == (0, 0, 0)


def test_the_disk_bites(layer, recorded, tmp_path):
    """Under synchronous=NORMAL more than 200 of the 300 cuts lose commits: the harness would see it."""
    commits, losing, lost, broken = cut(layer, recorded, tmp_path, 0, {**engine.PRAGMAS, "synchronous": "NORMAL"}, 2)
    print(f"NORMAL: {commits} commits, {losing} losing cuts, {lost} lost, {broken} broken")
    assert losing > 200
    assert broken == 0


def test_the_disk_breaks_a_store_that_never_syncs(layer, recorded, tmp_path):
    pragmas = {**engine.PRAGMAS, "synchronous": "OFF", "wal_autocheckpoint": 50}
    *_, broken = cut(layer, recorded, tmp_path, 0.5, pragmas, 2)
    print(f"OFF: {broken} broken")
    assert broken > 100
