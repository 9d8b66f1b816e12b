"""What every connection is set to, how writers queue, and which SQLite may be trusted with two writing processes."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from db import engine, errors, place
from db.store import open_store

ROOT = Path(__file__).resolve().parents[2]

WANTED = {
    "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000, "trusted_schema": 0,
    "cell_size_check": 1, "wal_autocheckpoint": 1000, "journal_size_limit": 16_777_216, "mmap_size": 0,
}


def test_every_pooled_connection_has_every_setting(store):
    with ExitStack() as stack:
        held = [stack.enter_context(store.database.engine.connect()) for _ in range(12)]
        for connection in held:
            told = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in WANTED}
            assert {name: value for name, value in told.items() if value is not None} | {"mmap_size": 0} == WANTED
            assert connection.connection.dbapi_connection.isolation_level is None
        assert len({id(connection.connection.dbapi_connection) for connection in held}) == 12


def test_settings_asked_for_are_those_tested():
    assert set(engine.PRAGMAS) == set(WANTED)
    assert "statement_timeout=10000" in engine.POSTGRES_OPTIONS


def test_a_write_begins_immediate_and_a_read_does_not(store):
    begun = []
    with store.database.engine.connect() as connection:
        connection.connection.dbapi_connection.set_trace_callback(begun.append)
        with store.database.writer.execution_options().connect().execution_options() as writer:
            writer.connection.dbapi_connection.set_trace_callback(begun.append)
            writer.exec_driver_sql("SELECT 1")
        connection.exec_driver_sql("SELECT 1")
    assert [said for said in begun if said.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN"]


def test_postgres_settings(postgres_url):
    database = engine.connect(place.find(postgres_url))
    with database.engine.connect() as connection:
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            assert connection.exec_driver_sql(f"SHOW {name}").scalar() == "10s"
    assert database.engine.pool._pre_ping
    database.engine.dispose()


def test_only_this_user_may_read_the_store(store, path):
    assert path.parent.stat().st_mode & 0o777 == 0o700
    for file in path.parent.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600, file.name


@pytest.mark.parametrize(("address", "path"), [
    (None, place.ROOT / "data" / "marginscope.db"),
    ("sqlite:///here/x.db", place.ROOT / "here" / "x.db"),
    ("sqlite:////abs/x.db", Path("/abs/x.db")),
])
def test_where_the_file_is(address, path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert place.find(address).path == path


def test_the_environment_names_the_database(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret@db.example/book")
    found = place.find()
    assert (found.path, found.url.drivername, found.name) == (None, "postgresql+psycopg", "book on db.example")


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:", "mysql://u:secret@h/x", "nonsense secret", "://"])
def test_an_address_that_is_not_usable_is_refused_without_its_password(address):
    with pytest.raises(errors.BadAddress, match="DATABASE_URL") as caught:
        place.find(address)
    assert "secret" not in str(caught.value)


def test_a_server_that_does_not_answer():
    with pytest.raises(errors.Unreachable, match="does not answer") as caught:
        open_store("postgresql://me:secret@127.0.0.1:9/book")
    assert "secret" not in str(caught.value)
