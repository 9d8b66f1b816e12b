"""Open orders on the portfolio page: they survive every edit and save, and can be typed, removed and taken home."""

import io
import json
import zipfile

import pytest

from db.samples import SAMPLES, sample_id
from pages.ui import desk, differences, tables, workbook
from risk_core.margin.compare import compare
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load

FILE = sorted(SAMPLES.glob("*.margin.json"))[0]
ORDERS = [{"id": "bid", "kind": "perpetual", "underlying": "BTC", "settlement": "linear", "quantity": 0.5, "price": 60_000,
           "leverage": 10},
          {"id": "ask", "kind": "perpetual", "underlying": "BTC", "settlement": "linear", "quantity": -250.0,
           "price": 99_000.0}]
OWN = iter(range(1_000))


def document():
    return json.loads(FILE.read_text("utf-8")) | {"orders": ORDERS}


@pytest.fixture
def page(open_app, store):
    """The portfolio page on a saved account of one's own with two open orders."""
    name = f"With orders {next(OWN)}"
    made = store.save_new(read_document(document() | {"name": name}), name)
    return sound(open_app("portfolio.py", account=made.id))


def sound(at):
    assert not at.exception, at.exception
    return at


def held(at):
    return at.session_state["draft"]


def report(at, sheet, edited=None, added=(), deleted=()):
    key = desk.grid_key(sheet, at.session_state["desk"].sources[sheet].turn)
    at.session_state[key] = {"edited_rows": edited or {}, "added_rows": list(added), "deleted_rows": list(deleted)}
    return sound(at.run())


def click(at, key):
    return sound(at.button(key=key).click().run())


def shown(at):
    return " ".join(one.proto.body for one in at.get("html"))


def test_orders_survive_an_edit_and_a_save(page, store):
    at = report(page, "positions", {0: {"quantity": 2.5}})
    assert held(at).document["orders"] == ORDERS and held(at).document["positions"][0]["quantity"] == 2.5
    at = click(at, "save")
    assert store.load(held(at).account_id).account.document["orders"] == ORDERS


def test_orders_are_edited_added_and_removed_and_undone(page):
    at = report(page, "orders", {0: {"price": 61_000}}, deleted=[1], added=[
        {"underlying": "BTC", "kind": "perpetual", "settlement": "inverse", "quantity": -1000, "price": 90_000}])
    assert held(at).document["orders"] == [ORDERS[0] | {"price": 61_000}, {
        "id": "BTC-PERP-INV", "underlying": "BTC", "kind": "perpetual", "settlement": "inverse", "quantity": -1000,
        "price": 90_000}]
    at = click(at, "undo")
    assert held(at).document["orders"] == ORDERS


def test_a_wrong_order_is_told_under_its_grid_and_changes_nothing(page):
    at = report(page, "orders", {1: {"price": 0}})
    assert held(at).document["orders"] == ORDERS
    assert "Open orders, row 2 (ask): Limit price 0 must be above 0." in shown(at)
    assert "1 problem" in shown(at)


def test_what_they_ask_is_told_mode_by_mode(page):
    found = compare(read_document(document()), load.load("generic")).modes
    assert found["cross"].orders > 0 and "They add to initial margin" in shown(page)


def test_an_account_without_orders_keeps_its_file_as_it_is(open_app):
    at = sound(open_app("portfolio.py", account=sample_id(FILE)))
    at = report(at, "positions", {0: {"quantity": 2.5}})
    assert "orders" not in held(at).document and "They add to initial margin" not in shown(at)


def test_differences_name_the_order():
    after = document() | {"orders": [ORDERS[0] | {"price": 61_000}]}
    assert differences.differences(document(), after) == [
        "Open orders: bid limit price 60,000 → 61,000", "Open orders: ask removed"]
    assert tables.document_of(tables.sheets_of(after), document())["orders"] == after["orders"]


def test_the_workbook_has_a_sheet_of_them():
    account = read_document(document())
    book = zipfile.ZipFile(io.BytesIO(workbook.workbook(compare(account, load.load("generic")))))
    assert 'name="Open orders"' in book.read("xl/workbook.xml").decode()
    assert ">ask<" in book.read("xl/sharedStrings.xml").decode()
