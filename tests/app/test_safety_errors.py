"""A fault of the program on any page: on screen an incident number and nothing else, in the log its trace, no secrets."""

import ast
import importlib
import logging
import re

import pytest
from streamlit.errors import FragmentHandledException
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException, StopException
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

import app
from db import place
from db.samples import SAMPLES, sample_id
from pages.ui import incidents, redaction

ROOT = app.HERE
PASSWORD = "p@ss/wörd+9"
ADDRESS = "postgresql+psycopg://desk:p%40ss%2Fw%C3%B6rd+9@db.example/book"
SECRETS = ("p%40ss", PASSWORD, "hunter2", "tok-3141592", "c00kie", "bearer-271828", "sk_live_1")
MESSAGE = (f"connection to {ADDRESS} failed: password={PASSWORD!r} token: tok-3141592, api_key=sk_live_1\n"
           "Cookie: _streamlit_xsrf=c00kie; other=hunter2\nAuthorization: Bearer bearer-271828")
OTHER = sorted(SAMPLES.glob("*.margin.json"))[1]
NUMBER = re.compile(r"\d{6}-[0-9A-F]{6}")


def first_call(file):
    """Module and name of the first thing of ours that a page file calls."""
    tree = ast.parse((ROOT / "pages" / file).read_text("utf-8"))
    known = {one.asname or one.name: (node.module, one.name) for node in tree.body if isinstance(node, ast.ImportFrom)
             for one in node.names}
    for node in (one for statement in tree.body for one in ast.walk(statement) if isinstance(one, ast.Call)):
        if isinstance(node.func, ast.Name) and node.func.id in known:
            return known[node.func.id]
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id in known:
            package, module = known[node.func.value.id]
            return f"{package}.{module}", node.func.attr
    raise AssertionError(f"{file} calls nothing of ours")


def fails(*_, **__):
    raise RuntimeError(MESSAGE)


def shown(at):
    """Every text of the page that was sent to the browser."""
    return " ".join(str(getattr(one, "proto", "")) for one in at.main) + " ".join(str(one.proto) for one in at.error)


def entries(caplog):
    formatter = logging.Formatter("%(levelname)s %(message)s")
    return [formatter.format(record) for record in caplog.records]


def assert_told(at, caplog):
    """One sentence with a number; the trace under that number; the secrets nowhere."""
    assert not at.exception
    [sentence] = [one.value for one in at.error]
    [number] = NUMBER.findall(sentence)
    assert "RuntimeError" not in shown(at) and "Traceback" not in shown(at) and "connection to" not in shown(at)
    [entry] = [one for one in entries(caplog) if number in one]
    assert "RuntimeError" in entry and "in fails" in entry and "connection to" in entry
    written = "\n".join(entries(caplog))
    for secret in SECRETS:
        assert secret not in shown(at) and secret not in written, secret


@pytest.fixture(autouse=True)
def as_served(monkeypatch):
    """The log and the handler of faults as `serve.py` sets them."""
    monkeypatch.setenv("DATABASE_URL", ADDRESS)
    before = logging.getLogRecordFactory()
    redaction.install()
    start = script_runner.ScriptRunner.__init__

    def started(self, *args, **kwargs):
        start(self, *args, **{**kwargs, "on_script_error": incidents.tell})

    monkeypatch.setattr(script_runner.ScriptRunner, "__init__", started)
    yield
    logging.setLogRecordFactory(before)


@pytest.mark.parametrize("page", app.PAGES, ids=lambda page: page.file)
def test_a_page_that_fails_shows_a_number_only(open_app, monkeypatch, caplog, page):
    module, name = first_call(page.file)
    monkeypatch.setattr(importlib.import_module(module), name, fails)
    at = open_app(page.file if page is not app.PAGES[0] else None)
    assert_told(at, caplog)


def test_a_frame_that_fails_shows_a_number_only(open_app, monkeypatch, caplog):
    monkeypatch.setattr("pages.ui.frame.surround", fails)
    assert_told(open_app(), caplog)


def test_a_part_that_is_drawn_alone_fails_alike(open_app, monkeypatch, caplog):
    monkeypatch.setattr("pages.ui.strip.strip", fails)
    assert_told(open_app(), caplog)


def test_a_callback_that_fails_shows_a_number_only(open_app, monkeypatch, caplog):
    at = open_app()
    monkeypatch.setattr("pages.ui.controls.reset", fails)
    at.selectbox(key="picked_account").set_value(sample_id(OTHER)).run()
    assert_told(at, caplog)


@pytest.mark.parametrize("signal", [RerunException(RerunData()), StopException(), KeyboardInterrupt(), SystemExit(),
                                    FragmentHandledException(ValueError())])
def test_what_is_no_fault_passes(signal, caplog):
    with pytest.raises(type(signal)) as passed, incidents.caught():
        raise signal
    assert passed.value is signal
    assert not any("incident" in one for one in entries(caplog))


def test_two_faults_have_two_numbers(caplog):
    for _ in range(2):
        with incidents.caught():
            fails()
    first, second = (NUMBER.search(one)[0] for one in entries(caplog) if "incident" in one)
    assert first != second


def test_a_message_cannot_forge_an_entry(caplog):
    with incidents.caught():
        raise ValueError("harmless\nERROR incident 000000-000000")
    [entry] = [one for one in entries(caplog) if "incident" in one]
    assert all(line.startswith("  ") for line in entry.splitlines()[1:])


@pytest.mark.parametrize("text", [
    "postgresql://u:hunter2@h/d", "redis://:hunter2@h", "PASSWORD='hunter2'", '{"refresh_token": "hunter2"}',
    "client_secret=hunter2&x=1", "Set-Cookie: a=hunter2; Path=/", "Authorization: Basic hunter2", "session_id=hunter2",
])
def test_secrets_are_cut_and_the_rest_stays(text):
    assert "hunter2" not in redaction.redacted(f"before {text}\nafter")
    assert redaction.redacted(f"before {text}\nafter").startswith("before ")
    assert redaction.redacted(f"before {text}\nafter").endswith("\nafter")


def test_plain_words_stay_as_they_are():
    text = "positions[0].quantity 0 must not be 0 in https://example.org/a@b at 12:30"
    assert redaction.redacted(text.replace("@", " at ")) == text.replace("@", " at ")


@pytest.mark.parametrize(("address", "passwords"), [
    (ADDRESS, ("p%40ss%2Fw%C3%B6rd+9", PASSWORD)), ("postgresql://desk@db/book", ()), ("sqlite:///data/x.db", ()), ("", ()),
])
def test_the_password_of_an_address_is_known_as_written_and_as_meant(address, passwords, monkeypatch):
    monkeypatch.delenv("DATABASE_URL")
    assert place.passwords(address) == passwords
