"""Undo, redo and what is typed but not in force are there again after a refresh, for this very draft and no other."""

import json
from dataclasses import replace

import pytest

import app
from db.samples import SAMPLES, sample_id
from pages.ui import desk, desk_kept, keeping, state
from pages.ui.draft import Draft
from pages.ui.history import History
from risk_core.portfolio.account_file import read

FILES = sorted(SAMPLES.glob("*.margin.json"))
BOOK = FILES[7]


def sound(at):
    assert not at.exception, at.exception
    return at


def report(at, sheet, edited):
    """What the grid sends when cells are edited."""
    key = desk.grid_key(sheet, at.session_state["desk"].sources[sheet].turn)
    at.session_state[key] = {"edited_rows": edited, "added_rows": [], "deleted_rows": []}
    return sound(at.run())


def click(at, key):
    return sound(at.button(key=key).click().run())


def refreshed(open_app, at, page="portfolio.py"):
    """A new session at the address of `at`."""
    at.run()
    link = {name: value[-1] if isinstance(value, list) else value for name, value in at.query_params.items()}
    return sound(open_app(page, **link))


def quantity(at):
    return at.session_state["draft"].document["positions"][0]["quantity"]


@pytest.fixture
def edited(open_app):
    """The portfolio page after three edits, the last of them undone."""
    at = open_app("portfolio.py", account=sample_id(BOOK))
    for size in (2.0, 3.0, 4.0):
        report(at, "positions", {0: {"quantity": size}})
    return click(at, "undo")


def test_undo_and_redo_go_on_where_they_were(open_app, edited):
    first = json.loads(BOOK.read_text("utf-8"))["positions"][0]["quantity"]
    fresh = refreshed(open_app, edited)
    assert quantity(fresh) == 3.0
    assert quantity(click(fresh, "redo")) == 4.0 and fresh.button(key="redo").disabled
    for wanted in (3.0, 2.0, first):
        assert quantity(click(fresh, "undo")) == wanted
    assert fresh.button(key="undo").disabled and not state.is_changed(fresh.session_state["draft"])
    again = refreshed(open_app, fresh)
    assert quantity(click(again, "redo")) == 2.0


def test_they_wait_while_another_page_is_refreshed(open_app, edited):
    compare = refreshed(open_app, edited, None)
    assert "desk" in compare.query_params
    sound(compare.switch_page(str(app.HERE / "pages" / "portfolio.py")).run())
    assert quantity(click(compare, "undo")) == 2.0


def test_what_is_typed_and_not_in_force_is_offered_again(open_app):
    at = report(open_app("portfolio.py", account=sample_id(BOOK)), "positions", {0: {"quantity": 0}})
    assert at.session_state["desk"].troubles and "draft" not in at.query_params
    fresh = refreshed(open_app, at)
    assert fresh.session_state["desk"].troubles == at.session_state["desk"].troubles
    assert any("Not applied yet" in one.proto.body for one in fresh.get("html"))
    assert fresh.session_state["desk"].sheets == at.session_state["desk"].sheets
    report(fresh, "positions", {0: {"quantity": 5}})
    assert quantity(fresh) == 5 and not fresh.session_state["desk"].troubles


def test_what_was_discarded_is_not_offered_again(open_app, store):
    at = report(open_app("portfolio.py", account=sample_id(BOOK)), "positions", {0: {"quantity": 0}})
    key = at.session_state[state.DESK_KEY]
    assert store.drafts.find(key)
    click(at, "discard positions").run()
    assert "desk" not in at.query_params and store.drafts.find(key) is None


def test_reruns_write_nothing(edited, monkeypatch):
    from db.drafts import Drafts

    monkeypatch.setattr(Drafts, "keep", lambda *_: pytest.fail("written on a rerun"))
    sound(edited.run())
    sound(edited.select_slider(key="size").set_value(2.0).run())


def test_a_second_tab_keeps_a_history_of_its_own(open_app, edited, monkeypatch):
    key = edited.session_state[state.DESK_KEY]
    monkeypatch.setattr(keeping, "session_id", lambda: "another tab")
    monkeypatch.setattr(keeping, "is_open", lambda _: True)
    other = refreshed(open_app, edited)
    assert other.session_state[state.DESK_KEY] not in ("", key)
    assert quantity(click(other, "undo")) == 2.0
    monkeypatch.undo()
    assert quantity(click(refreshed(open_app, edited), "redo")) == 4.0


@pytest.mark.parametrize("key", ["A" * 22, "<script>", "x" * 5000])
def test_a_key_that_leads_nowhere_starts_a_history_of_its_own(open_app, key):
    at = sound(open_app("portfolio.py", account=sample_id(BOOK), desk=key)).run()
    assert not at.error and at.button(key="undo").disabled and "desk" not in at.query_params


def test_the_history_of_another_account_is_not_taken(open_app, edited):
    other = open_app("portfolio.py", account=sample_id(FILES[0]), desk=edited.session_state[state.DESK_KEY])
    assert sound(other).button(key="undo").disabled


def draft(size=1.0):
    document = read(BOOK.read_text("utf-8")).document
    first, *rest = document["positions"]
    return Draft({**document, "positions": [{**first, "quantity": size}, *rest]}, "an account", 3, "sha256:0")


def test_a_text_goes_round_and_belongs_to_one_draft():
    past, future = (tuple(draft(size).document for size in sizes) for sizes in ((2.0, 3.0), (5.0, 6.0)))
    history, typed = History(draft(2.0).document, past, future), {"positions": ({"quantity": 0},)}
    for sheets in (None, typed):
        text = desk_kept.written(draft(4.0), history, sheets)
        assert desk_kept.read(text, draft(4.0)) == (history, sheets)
    assert desk_kept.read(text, draft(7.0)) is None
    assert desk_kept.read(text, replace(draft(4.0), account_id="another")) is None


def test_of_a_history_too_long_to_keep_the_nearest_edits_are_kept(monkeypatch):
    past, future = (tuple(draft(size).document for size in sizes) for sizes in ((2.0, 3.0, 4.0), (5.0, 6.0)))
    monkeypatch.setattr(desk_kept, "ROOM", 3 * max(len(json.dumps(one)) for one in (*past, *future)))
    kept, _ = desk_kept.read(desk_kept.written(draft(), History(past[0], past, future), None), draft())
    assert kept.past == past and kept.future == ()
    kept, _ = desk_kept.read(desk_kept.written(draft(), History(past[0], past[:1], future + past), None), draft())
    assert kept.past == past[:1] and kept.future == past[1:]


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "AAAA", "{" * 5000, "é"])
def test_a_text_that_is_none_is_none(text):
    assert desk_kept.read(text, draft()) is None
