"""The database's own rules: strict tables, refused rows, exact decimals, and a migration that equals the rows."""

import re
import sqlite3
from contextlib import ExitStack

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from store_books import ACCOUNT_ROW, ID, counted

from db.rows import Row
from db.store import open_store

NAN, INF = float("nan"), float("inf")
GOOD = {
    "account": ACCOUNT_ROW,
    "account_version": {"account_id": ID, "version": 1, "name": "n", "body": "{}", "digest": "0" * 64, "saved_ms": 1},
    "version_author": {"account_id": ID, "version": 1, "name": "n", "browser": "b"},
    "position": {"account_id": ID, "ordinal": 0, "leg_id": "a", "kind": "future", "underlying": "BTC",
                 "settlement": "linear", "option_type": "", "strike": "", "expiry_ms": 1, "quantity": "1",
                 "entry_price": "1", "mark_price": "", "iv": "", "leverage": "", "mode": "cross", "isolated_margin": "",
                 "enabled": 1},
    "balance": {"account_id": ID, "ordinal": 0, "asset": "USD", "amount": "1"},
    "draft": {"key": "k" * 16, "body": "{}", "updated_ms": 1},
    "own_rulebook": {"id": ID, "name": "n", "base": "generic", "override": "{}", "digest": "0" * 64, "created_ms": 1,
                     "updated_ms": 1},
    "saved_request": {"key": "k", "account_id": ID, "version": 1, "saved_ms": 1},
}
BAD = [
    ("account", "id", "short"), ("account", "id", None), ("account", "version", "abc"), ("account", "version", 1.5),
    ("account", "version", 0), ("account", "version", NAN), ("account", "created_ms", -1),
    ("account", "updated_ms", 2**63), ("account", "updated_ms", INF), ("account", "is_sample", 2),
    ("account", "digest", "G" * 64), ("account", "body", "text"), ("account", "name", NAN),
    ("account_version", "account_id", "0" * 36), ("account_version", "version", -1), ("account_version", "digest", ""),
    ("version_author", "version", 2), ("version_author", "name", "n" * 81), ("version_author", "browser", "b" * 65),
    ("version_author", "name", None), ("version_author", "account_id", "0" * 36),
    ("position", "account_id", "0" * 36), ("position", "quantity", NAN), ("position", "quantity", "NaN"),
    ("position", "quantity", "inf"), ("position", "quantity", "-Infinity"), ("position", "quantity", "0"),
    ("position", "quantity", "1,000"), ("position", "quantity", "0x10"), ("position", "quantity", "1_000"),
    ("position", "quantity", ""), ("position", "quantity", "1-2"), ("position", "quantity", "1" * 41),
    ("position", "entry_price", "-1"), ("position", "entry_price", NAN), ("position", "strike", "0"),
    ("position", "iv", "-0.5"), ("position", "leverage", INF), ("position", "mark_price", None),
    ("position", "kind", "option"), ("position", "ordinal", -1), ("position", "expiry_ms", NAN),
    ("position", "enabled", 2), ("position", "leg_id", ""),
    ("balance", "account_id", "0" * 36), ("balance", "amount", "1.2.3"), ("balance", "amount", "1e5e5"),
    ("balance", "amount", " 1"), ("balance", "amount", "١"), ("balance", "amount", NAN), ("balance", "asset", ""),
    ("draft", "key", "short"), ("draft", "key", "k" * 65), ("draft", "body", ""), ("draft", "updated_ms", 0),
    ("draft", "body", None), ("draft", "updated_ms", NAN),
    ("own_rulebook", "id", "short"), ("own_rulebook", "name", ""), ("own_rulebook", "name", "n" * 81),
    ("own_rulebook", "base", ""), ("own_rulebook", "override", "[]"), ("own_rulebook", "override", "{" + " " * 200_000 + "}"),
    ("own_rulebook", "digest", "G" * 64), ("own_rulebook", "updated_ms", 0), ("own_rulebook", "created_ms", NAN),
    ("saved_request", "account_id", "0" * 36), ("saved_request", "key", ""), ("saved_request", "version", 0),
]


PARENTS = {"account": (), "version_author": ("account", "account_version")}


def add(connection, table, row):
    marks = ", ".join("?" * len(row))
    connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


def test_the_good_rows_are_taken(store):
    with store.database.writer.connect() as connection:
        for table, row in GOOD.items():
            add(connection, table, row)


def test_there_are_at_least_thirty_bad_rows():
    assert len(BAD) >= 30


@pytest.mark.parametrize(("table", "column", "value"), BAD)
def test_a_bad_row_is_refused(strict, table, column, value):
    with strict.database.writer.connect() as connection:
        for parent in PARENTS.get(table, ("account",)):
            add(connection, parent, GOOD[parent])
        with pytest.raises((DBAPIError, OverflowError)):
            add(connection, table, {**GOOD[table], column: value})


@pytest.mark.parametrize("table", list(GOOD))
def test_every_table_is_strict_and_no_column_takes_nothing(strict, table):
    with strict.database.engine.connect() as connection:
        [(kind,)] = connection.exec_driver_sql("SELECT strict FROM pragma_table_list WHERE name = ?", (table,)).all()
        assert kind == 1
        assert all(row.notnull for row in connection.exec_driver_sql(f"PRAGMA table_info({table})"))


def test_orphans_are_refused_on_every_pooled_connection(strict):
    with ExitStack() as stack:
        held = [stack.enter_context(strict.database.engine.connect()) for _ in range(10)]
        for connection in held:
            with pytest.raises(IntegrityError, match="FOREIGN KEY"):
                add(connection, "balance", GOOD["balance"])
            connection.rollback()


def tables(path):
    with sqlite3.connect(path) as connection:
        query = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND name NOT LIKE 'sqlite_%'"
        return {name: sorted(re.split(r",?\s*\n\s*", sql)) for name, sql in connection.execute(query)}


def test_the_migrations_make_exactly_the_tables_of_the_rows(store, path, tmp_path):
    plain = create_engine(f"sqlite:///{tmp_path}/plain.db")
    Row.metadata.create_all(plain)
    plain.dispose()
    assert tables(path) == tables(tmp_path / "plain.db")


def test_the_migrations_make_the_tables_of_the_rows_on_either_database(either_store):
    with either_store.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Row.metadata) == []


def test_postgres_refuses_bad_decimals(postgres_url):
    store = open_store(postgres_url)
    saved = store.save_new(counted(1), "k")
    for column, value in [(column, value) for table, column, value in BAD if table == "position" and isinstance(value, str)]:
        if column in ("account_id", "leg_id", "kind"):
            continue
        with pytest.raises(DBAPIError), store.database.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE position SET {column} = %s WHERE account_id = %s", (value, saved.id))
    store.close()
