"""A SQLite driver that fails as planned: at the n-th call that a store makes of it, before or after doing the call."""

import sqlite3
from contextlib import contextmanager
from unittest.mock import patch

from sqlalchemy import event


class Plan:
    """Which call of the driver fails, counted from 1, and with what; `late` lets it happen first."""

    def __init__(self):
        self.calls, self.fails_at, self.fault, self.late, self.committed = 0, 0, None, False, False

    def arm(self, fails_at, fault, late=False):
        self.calls, self.fails_at, self.fault, self.late, self.committed = 0, fails_at, fault, late, False

    def disarm(self):
        self.arm(0, None)

    def call(self, work, *arguments, commits=False):
        self.calls += 1
        if self.calls != self.fails_at:
            return work(*arguments)
        if self.late:
            work(*arguments)
            self.committed = commits
        raise self.fault

    def driver(self):
        """The connection class to be given to `sqlite3.connect`."""
        plan = self

        class Cursor(sqlite3.Cursor):
            def execute(self, *arguments):
                return plan.call(super().execute, *arguments)

            def executemany(self, *arguments):
                return plan.call(super().executemany, *arguments)

        class Connection(sqlite3.Connection):
            def cursor(self, factory=Cursor):
                return super().cursor(factory)

            def execute(self, *arguments):
                return plan.call(super().execute, *arguments)

            def commit(self):
                return plan.call(super().commit, commits=True)

        return Connection

    def join(self, store):
        """Connections of an open store obey the plan from now on."""
        store.database.engine.dispose()
        driver = self.driver()
        event.listen(store.database.engine, "do_connect", lambda _d, _r, _a, named: named.update(factory=driver))
        store.list_accounts()

    @contextmanager
    def everywhere(self):
        """Every connection opened inside obeys the plan, also those of opening and upgrading."""
        connect, driver = sqlite3.connect, self.driver()

        def planned(*arguments, **named):
            return connect(*arguments, **{**named, "factory": driver})

        with patch.object(sqlite3, "connect", planned), patch.object(sqlite3.dbapi2, "connect", planned):
            yield


def broken(code):
    fault = sqlite3.OperationalError("planted fault")
    fault.sqlite_errorcode = code
    return fault


def dump(path):
    """Every row of every table, by table; what a test compares before and after."""
    connection = sqlite3.connect(path)
    connection.text_factory = bytes
    names = [name.decode() for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")]
    rows = {name: sorted(connection.execute(f"SELECT * FROM {name}")) for name in names}
    connection.close()
    return rows


def assert_whole(path):
    """The file is sound, every account is its own last version, and its legs and balances are those of its text."""
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute(
        "SELECT a.id FROM account a LEFT JOIN account_version v ON v.account_id = a.id AND v.version = a.version AND "
        "v.digest = a.digest AND v.body = a.body WHERE v.body IS NULL AND a.deleted_ms = 0").fetchall() == []
    assert connection.execute(
        "SELECT account_id FROM account_version GROUP BY 1 HAVING count(*) <> max(version) OR min(version) <> 1").fetchall() == []
    for table, key in (("position", "positions"), ("balance", "collateral")):
        assert connection.execute(
            f"SELECT a.id FROM account a WHERE a.deleted_ms = 0 AND (SELECT count(*) FROM {table} t WHERE t.account_id = a.id)"
            f" <> json_array_length(a.body, '$.{key}')").fetchall() == []
    connection.close()
