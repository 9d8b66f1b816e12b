"""Every released schema, filled, comes to this release: no row lost or changed, a copy made first; and when any of its
statements fails, the old schema is there as it was. Scaled: a few accounts a schema, every statement of every upgrade.
"""

import shutil
import sqlite3

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, make_url, text
from store_books import counted
from store_plan import Plan, broken, dump

from db import errors, upgrading
from db.authors import Author
from db.rows import Row
from db.store import open_store

SCRIPTS = ScriptDirectory.from_config(upgrading._config())
HEAD = SCRIPTS.get_current_head()
RELEASED = [script.revision for script in SCRIPTS.walk_revisions() if script.revision != HEAD][::-1]


def filled(url):
    """A store of this release with history, a deleted account, a draft and rulebooks, closed."""
    store = open_store(url)
    for name in ("One", "Two", "Gone"):
        held = store.save_new(counted(0, name), f"new {name}")
        for number in (1, 2):
            held = store.save(held.id, counted(number, name), held.version, f"{name} {number}", by=Author("Ann", "tab"))
    store.delete(held.id, held.version)
    store.drafts.keep("draft-of-one-browser-tab", '{"a": "ü"}')
    store.own_rulebooks.save("House", "generic", {"a": 1})
    store.close()


def older(url, revision, folder, monkeypatch):
    """An empty database of an earlier release, made by the migrations that release had."""
    from db.engine import connect
    from db.place import find

    scripts = folder / f"scripts {revision}"
    shutil.copytree(upgrading.SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    for script in SCRIPTS.walk_revisions():
        if script.revision > revision:
            next((scripts / "versions").glob(f"{script.revision}_*.py")).unlink()
    with monkeypatch.context() as then:
        then.setattr(upgrading, "SCRIPTS", scripts)
        database = connect(find(url))
        upgrading.upgrade(database)
        database.engine.dispose()


def moved(source, target):
    """Every row of one database in the tables and columns that the other has."""
    there, here = create_engine(plain(source)), create_engine(plain(target))
    with there.connect() as reading, here.begin() as writing:
        for table in (table.name for table in Row.metadata.sorted_tables if inspect(writing).has_table(table.name)):
            names = [column["name"] for column in inspect(writing).get_columns(table)]
            rows = reading.execute(text(f"SELECT {', '.join(names)} FROM {table}")).all()
            if rows:
                marks = ", ".join(f":{name}" for name in names)
                writing.execute(text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"),
                                [dict(row._mapping) for row in rows])
    there.dispose()
    here.dispose()


def plain(url):
    given = make_url(url)
    return given if given.get_backend_name() == "sqlite" else given.set(drivername="postgresql+psycopg")


def rows_of(url, tables=None):
    """Table → columns and rows, by primary key; with `tables` only those, in their columns of then."""
    engine = create_engine(plain(url))
    with engine.connect() as connection:
        found = {}
        for table in tables or [name for name in inspect(connection).get_table_names() if name != "alembic_version"]:
            names = tables[table][0] if tables else [column["name"] for column in inspect(connection).get_columns(table)]
            query = text(f"SELECT {', '.join(names)} FROM {table} ORDER BY 1, 2")
            found[table] = names, [tuple(row) for row in connection.execute(query)]
    engine.dispose()
    return found


@pytest.fixture
def grown(tmp_path, monkeypatch):
    """A filled store of an earlier release: `grown(revision)` → its path."""
    filled(f"sqlite:///{tmp_path}/full.db")

    def make(revision):
        path = tmp_path / "x.db"
        older(f"sqlite:///{path}", revision, tmp_path, monkeypatch)
        moved(f"sqlite:///{tmp_path}/full.db", f"sqlite:///{path}")
        return path
    return make


def test_there_are_released_schemas():
    assert RELEASED == sorted(RELEASED) and RELEASED[0] == "0001"


@pytest.mark.parametrize("revision", RELEASED)
def test_every_released_schema_comes_to_this_release_whole(grown, revision):
    path = grown(revision)
    url, old = f"sqlite:///{path}", dump(path)
    before = rows_of(url)
    assert old["alembic_version"] == [(revision.encode(),)] and len(before["account_version"][1]) > 20
    store = open_store(url)
    two = next(line for line in store.list_accounts() if line.name == "Two")
    assert store.load(two.id).version == 3
    store.close()
    assert rows_of(url, before) == before
    assert dump(path)["alembic_version"] == [(HEAD.encode(),)]
    [copy] = path.parent.glob("x-*.db")
    assert dump(copy) == old
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


@pytest.mark.parametrize("revision", RELEASED)
def test_an_upgrade_that_fails_at_any_statement_leaves_the_old_schema(grown, revision):
    path, plan, at = grown(revision), Plan(), 0
    before = dump(path)
    while dump(path) == before:
        at += 1
        plan.arm(at, broken(sqlite3.SQLITE_IOERR))
        copies = len(list(path.parent.glob("x-*.db")))
        with plan.everywhere():
            try:
                open_store(f"sqlite:///{path}").close()
            except errors.StoreError as told:
                assert "\n" not in str(told)
        for copy in path.parent.glob("x-*.db"):
            assert dump(copy) == before
            if copies > 5:
                copy.unlink()
    assert at > 10  # reading the revision, the copy, BEGIN, tables, checks
    assert dump(path)["alembic_version"] == [(HEAD.encode(),)]
    assert {table: rows for table, rows in dump(path).items() if table in before and table != "alembic_version"} == {
        table: rows for table, rows in before.items() if table != "alembic_version"}
    open_store(f"sqlite:///{path}").close()


@pytest.mark.parametrize("revision", RELEASED)
def test_the_server_too_comes_to_this_release_whole_or_stays(postgres_url, tmp_path, monkeypatch, revision):
    filled(f"sqlite:///{tmp_path}/full.db")
    older(postgres_url, revision, tmp_path, monkeypatch)
    moved(f"sqlite:///{tmp_path}/full.db", postgres_url)
    before = rows_of(postgres_url)
    with monkeypatch.context() as broken_release:
        broken_release.setattr(upgrading, "_check", lambda *_: (_ for _ in ()).throw(upgrading.LostRowsError("planted")))
        with pytest.raises(errors.MigrationFailed, match="planted"):
            open_store(postgres_url)
    assert rows_of(postgres_url) == before
    open_store(postgres_url).close()
    assert rows_of(postgres_url, before) == before
