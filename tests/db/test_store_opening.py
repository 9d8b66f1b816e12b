"""Whatever lies where the store should be: one sentence, and the original untouched. Upgrades keep every row."""

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from store_files import (
    as_another_user,
    fingerprint,
    folder,
    foreign,
    foreign_in_wal,
    freelist,
    half,
    newer,
    raised,
    saved,
    scrambled,
    short_text,
    text_file,
    zero_bytes,
)

from db import errors, opening, place, upgrading
from db.store import open_store


def read_only(path):
    saved(path)
    path.chmod(0o444)


@pytest.mark.parametrize(("make", "kind", "words"), [
    (text_file, errors.NotADatabase, "not a SQLite file"), (short_text, errors.NotADatabase, "not a SQLite file"),
    (zero_bytes, errors.NotADatabase, "0 bytes"), (folder, errors.NotADatabase, "a folder"),
    (foreign, errors.NotADatabase, "another program"), (foreign_in_wal, errors.NotADatabase, "another program"),
    (half, errors.DamagedFile, "backup"), (scrambled, errors.DamagedFile, "backup"),
    (freelist, errors.DamagedFile, "reelist"),
    (newer, errors.NewerSchema, "0099"), (read_only, errors.ReadOnly, "read-only"),
])
def test_what_is_not_ours_to_open_is_told_and_left_alone(tmp_path, make, kind, words):
    path = tmp_path / "x.db"
    make(path)
    before, beside = fingerprint(path), {name for name in os.listdir(tmp_path) if not name.endswith(".lock")}
    with pytest.raises(kind, match=words) as caught:
        open_store(f"sqlite:///{path}")
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    assert fingerprint(path) == before
    assert {name for name in os.listdir(tmp_path) if not name.endswith((".lock", "-shm", "-wal"))} == beside


def test_the_same_path_opens_once_the_obstacle_is_gone(tmp_path):
    path = tmp_path / "x.db"
    newer(path)
    with pytest.raises(errors.NewerSchema):
        open_store(f"sqlite:///{path}")
    path.unlink()
    open_store(f"sqlite:///{path}").close()


def attempt(path):
    try:
        open_store(f"sqlite:///{path}").close()
    except errors.StoreError as told:
        return f"{type(told).__name__}: {told}"
    return "opened"


def test_no_permission_to_read_the_file(tmp_path):
    path = tmp_path / "x.db"
    saved(path)
    path.chmod(0o200)
    said = as_another_user(lambda: attempt(path))
    assert said.startswith("NoAccess")
    assert "ermission denied" in said


def test_no_permission_to_make_the_folder(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    assert as_another_user(lambda: attempt(tmp_path / "closed" / "data" / "x.db")).startswith("NoAccess")


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "data").write_text("x")
    with pytest.raises(errors.NoAccess, match="cannot be opened"):
        open_store(f"sqlite:///{tmp_path}/data/x.db")


def test_a_folder_that_cannot_be_made():
    with pytest.raises(errors.NoAccess, match="/proc/nowhere"):
        open_store("sqlite:////proc/nowhere/x.db")


def test_a_store_that_cannot_be_read_now(tmp_path, monkeypatch):
    path = tmp_path / "x.db"
    saved(path)
    for code, kind in ((sqlite3.SQLITE_BUSY, errors.Busy), (sqlite3.SQLITE_CANTOPEN, errors.NoAccess)):
        fault = sqlite3.OperationalError("planted")
        fault.sqlite_errorcode = code
        monkeypatch.setattr(opening.sqlite3, "connect", lambda *_, fault=fault, **__: raised(fault))
        with pytest.raises(kind):
            open_store(f"sqlite:///{path}")
        monkeypatch.undo()


def test_samples_that_cannot_be_added_close_the_store_again(tmp_path, monkeypatch):
    monkeypatch.setattr("db.store.add_missing", lambda _: raised(errors.DiskFull("x")))
    with pytest.raises(errors.DiskFull):
        open_store(f"sqlite:///{tmp_path}/x.db")
    monkeypatch.undo()
    open_store(f"sqlite:///{tmp_path}/x.db").close()


def test_no_place_for_a_new_file(tmp_path, monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(opening, "mkstemp", full)
    with pytest.raises(errors.NoAccess, match="No space left"):
        open_store(f"sqlite:///{tmp_path}/x.db")


def test_a_creation_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fails(_):
        raise errors.DiskFull("x")
    monkeypatch.setattr(upgrading, "upgrade", fails)
    with pytest.raises(errors.DiskFull):
        open_store(f"sqlite:///{tmp_path}/x.db")
    assert [name for name in os.listdir(tmp_path) if not name.endswith(".lock")] == []


def test_eight_threads_open_a_new_store_at_once(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: open_store(f"sqlite:///{tmp_path}/x.db"), range(8)))
    assert len({tuple(line.id for line in store.list_accounts()) for store in stores}) == 1
    for store in stores:
        store.close()


def test_eight_threads_open_a_new_database_at_once(postgres_url):
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: open_store(postgres_url), range(8)))
    assert len({tuple(line.id for line in store.list_accounts()) for store in stores}) == 1
    for store in stores:
        store.close()


def test_a_new_store_bears_our_mark_and_no_backup(tmp_path):
    path = tmp_path / "x.db"
    saved(path)
    assert int.from_bytes(path.read_bytes()[68:72], "big") == place.APPLICATION_ID
    assert sorted(name for name in os.listdir(tmp_path) if name.endswith(".db")) == ["x.db"]
    open_store(f"sqlite:///{path}").close()
    assert sorted(name for name in os.listdir(tmp_path) if name.endswith(".db")) == ["x.db"]


def test_closing_twice_is_harmless(url):
    store = open_store(url)
    store.close()
    store.close()
    open_store(url).close()
