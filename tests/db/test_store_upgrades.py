"""Upgrades keep every row, copy the store first, and leave the old schema when they fail."""

import os
import re
import shutil
import sqlite3

import pytest
from store_books import count_of, counted
from store_files import fingerprint, raised, saved, scrambled

from db import engine, errors, upgrading
from db.authors import NOBODY
from db.store import open_store

LATER = '''
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0005", "0004", None, None


def upgrade():
    with op.batch_alter_table("account", recreate="always" if op.get_bind().dialect.name == "sqlite" else "never") as batch:
        batch.add_column(sa.Column("note", sa.Text(), nullable=False, server_default=""))
    {then}
'''


@pytest.fixture
def later(tmp_path, monkeypatch):
    """Pretend that the next release has one more migration, which rebuilds the parent table."""
    def install(then="pass"):
        scripts = tmp_path / "migrations"
        shutil.rmtree(scripts, ignore_errors=True)
        shutil.copytree(upgrading.Path(upgrading.__file__).parent / "migrations", scripts)
        (scripts / "versions" / "0005_note.py").write_text(LATER.format(then=then))
        monkeypatch.setattr(upgrading, "SCRIPTS", scripts)
    return install


def contents(path):
    connection = sqlite3.connect(path)
    tables = ("account", "account_version", "position", "balance", "saved_request")
    rows = {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables}
    revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    connection.close()
    return rows, revision


def backups(folder):
    return [name for name in os.listdir(folder) if re.fullmatch(r"x-\d{8}T\d{6}Z(-\d+)?\.db", name)]


def test_an_older_schema_is_copied_and_upgraded_without_losing_a_row(tmp_path, later):
    path = tmp_path / "x.db"
    held = saved(path)
    before, _ = contents(path)
    later()
    store = open_store(f"sqlite:///{path}")
    assert count_of(store.load(held.id).account) == 1
    with store.database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    store.close()
    after, revision = contents(path)
    assert revision == "0005"
    assert [row[:-1] for row in after.pop("account")] == before["account"]
    assert after == {table: rows for table, rows in before.items() if table != "account"}
    [copy] = backups(tmp_path)
    assert contents(tmp_path / copy) == (before, "0004")
    assert (tmp_path / copy).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("then", "words"), [
    ("op.execute('INSERT INTO nowhere VALUES (1)')", "nowhere"),
    ("op.execute('DELETE FROM position')", "rows would be lost from position"),
    ("op.execute(\"INSERT INTO balance VALUES ('nobody', 0, 'USD', '1')\")", "without their account"),
])
def test_a_migration_that_fails_leaves_the_old_schema(tmp_path, later, monkeypatch, then, words):
    path = tmp_path / "x.db"
    held = saved(path)
    before = contents(path)
    with monkeypatch.context():
        later(then)
        with pytest.raises(errors.MigrationFailed, match=words):
            open_store(f"sqlite:///{path}")
    assert contents(path) == before
    assert len(backups(tmp_path)) == 1
    monkeypatch.undo()
    store = open_store(f"sqlite:///{path}")
    assert store.load(held.id).version == 1
    store.close()


def test_a_database_of_a_later_release_is_refused(tmp_path, later, monkeypatch):
    path = tmp_path / "x.db"
    saved(path)
    later()
    open_store(f"sqlite:///{path}").close()
    before = fingerprint(path)
    monkeypatch.undo()
    with pytest.raises(errors.NewerSchema, match="schema 0005"):
        open_store(f"sqlite:///{path}")
    assert fingerprint(path) == before


def test_a_server_of_a_later_release_is_refused(postgres_url, later, monkeypatch):
    store = open_store(postgres_url)
    held = store.save_new(counted(1), "k")
    store.close()
    later()
    store = open_store(postgres_url)
    assert store.load(held.id).version == 1
    store.close()
    monkeypatch.undo()
    with pytest.raises(errors.NewerSchema, match="schema 0005"):
        open_store(postgres_url)


def test_a_second_copy_in_the_same_second_gets_a_number(tmp_path):
    path = tmp_path / "x.db"
    saved(path)
    copies = [upgrading.back_up(path) for _ in range(3)]
    assert len(set(copies)) == 3
    assert all(contents(copy) == contents(path) for copy in copies)


def test_a_copy_that_fails_leaves_nothing(tmp_path):
    path = tmp_path / "x.db"
    scrambled(path)
    with pytest.raises(errors.DamagedFile):
        upgrading.back_up(path)
    assert backups(tmp_path) == []


def test_a_copy_is_checked(tmp_path, monkeypatch):
    path = tmp_path / "x.db"
    saved(path)

    class Damaged(sqlite3.Connection):
        def execute(self, statement, *values):
            if "integrity_check" in statement:
                return super().execute("SELECT 'row 1 missing from index'")
            return super().execute(statement, *values)

    connect = sqlite3.connect
    monkeypatch.setattr(upgrading.sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=Damaged))
    with pytest.raises(errors.DamagedFile, match="row 1 missing"):
        upgrading.back_up(path)
    assert backups(tmp_path) == []


def test_no_place_for_a_copy(tmp_path, monkeypatch):
    path = tmp_path / "x.db"
    saved(path)
    monkeypatch.setattr(upgrading.os, "open", lambda *_: raised(OSError(28, "No space left on device")))
    with pytest.raises(errors.NoAccess, match="No space left"):
        upgrading.back_up(path)
    monkeypatch.setattr(upgrading.os, "open", lambda *_: raised(FileExistsError()))
    with pytest.raises(errors.NoAccess, match="too many copies"):
        upgrading.back_up(path)


def test_an_upgrade_that_cannot_begin_is_busy(store, path, monkeypatch):
    monkeypatch.setitem(engine.PRAGMAS, "busy_timeout", 20)
    store.database.engine.dispose()
    outside = sqlite3.connect(path, isolation_level=None)
    outside.execute("BEGIN IMMEDIATE")
    with pytest.raises(errors.Busy):
        upgrading.upgrade(store.database)
    outside.close()


def test_a_store_of_the_first_release_gets_the_later_tables_and_keeps_every_row(tmp_path, monkeypatch):
    path = tmp_path / "x.db"
    with monkeypatch.context() as first:
        scripts = tmp_path / "first"
        shutil.copytree(upgrading.SCRIPTS, scripts, ignore=shutil.ignore_patterns("0002*", "0003*", "0004*", "__pycache__"))
        first.setattr(upgrading, "SCRIPTS", scripts)
        saved(path)
    before, revision = contents(path)
    assert revision == "0001"
    store = open_store(f"sqlite:///{path}")
    store.drafts.keep("k" * 16, "{}")
    assert store.drafts.find("k" * 16) == "{}"
    assert store.own_rulebooks.list_all() == []
    assert all(line.by == NOBODY for one in store.list_accounts() for line in store.versions(one.id))
    store.close()
    assert contents(path) == (before, "0004")
    assert len(backups(tmp_path)) == 1
