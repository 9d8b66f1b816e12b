"""Stores on real files; on PostgreSQL too where TEST_DATABASE_URL names a server or its programs are installed."""

import sys
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import postgres_server as postgres  # noqa: E402
from store_plan import Plan  # noqa: E402

from db import engine  # noqa: E402
from db.store import open_store  # noqa: E402


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "marginscope.db"


@pytest.fixture
def url(path):
    return f"sqlite:///{path}"


@pytest.fixture
def store(url):
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def planned(store, monkeypatch):
    """A store whose driver fails as planned, and the plan. A lock left behind shows after 0.2 s."""
    monkeypatch.setitem(engine.PRAGMAS, "busy_timeout", 200)
    plan = Plan()
    plan.join(store)
    yield store, plan
    plan.disarm()


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """One store for a whole file of tests about its tables."""
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('schema')}/x.db")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres_server():
    """The address of a PostgreSQL server for this run, None where there is none."""
    with postgres.server() as address:
        yield address


@pytest.fixture
def postgres_url(postgres_server):
    """A database of its own, dropped afterwards."""
    given = postgres_server
    if not given:
        pytest.skip("PostgreSQL is left out: TEST_DATABASE_URL is not set and its programs are not installed")
    name = f"marginscope_{uuid4().hex}"
    server = create_engine(make_url(given).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield make_url(given).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def either_store(request):
    """The same test on both databases."""
    opened = open_store(request.getfixturevalue("url" if request.param == "sqlite" else "postgres_url"))
    yield opened
    opened.close()
