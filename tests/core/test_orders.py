"""Open orders in the account file: what is refused, what a what-if and a liquidation make of them, where they are told."""

import pytest

from risk_core.errors import Refused
from risk_core.liquidation.partial import partial
from risk_core.margin.compare import compare
from risk_core.output import comparison
from risk_core.portfolio.account_file import read_document, write
from risk_core.portfolio.whatif import WhatIf, move
from risk_core.rulebooks import load
from tests.conftest import ROOT
from tests.core.books import DAY, call, changed, document, future, instant, perpetual
from tests.core.order_books import order, resting, results

LEGS = [perpetual(-1.0, 100.0)]
ORDERS = [order(3.0, 98.0), order(-2.0, 104.0)]


# The account file ---------------------------------------------------------------------------------------------------

BOOK = document([perpetual(1.0, 100.0, leverage=5), future(-50.0, 100.0, settlement="inverse")], 1_000.0)


def refusals(doc):
    with pytest.raises(Refused) as refused:
        read_document(doc)
    return {problem.path: problem.rule for problem in refused.value.problems}


@pytest.mark.parametrize(("change", "path", "rule"), [
    ({"kind": "option"}, "orders[1].kind", 'must be "perpetual" or "future"'),
    ({"kind": 7}, "orders[1].kind", 'must be "perpetual" or "future"'),
    ({"underlying": "XRP"}, "orders[1].underlying", "is not in market.underlyings"),
    ({"settlement": "cash"}, "orders[1].settlement", 'must be "linear" or "inverse"'),
    ({"quantity": 0}, "orders[1].quantity", "must not be 0"),
    ({"quantity": True}, "orders[1].quantity", "must be a finite number"),
    ({"price": 0}, "orders[1].price", "must be above 0"),
    ({"price": -1.0}, "orders[1].price", "must be above 0"),
    ({"leverage": 0}, "orders[1].leverage", "must be above 0"),
    ({"expiry": instant(35 * DAY)}, "orders[1].expiry", "has no place on a perpetual"),
    ({"kind": "future"}, "orders[1].expiry", "is required"),
    ({"kind": "future", "expiry": instant(-DAY)}, "orders[1].expiry", "must be after as_of"),
    ({"kind": "future", "expiry": "soon"}, "orders[1].expiry",
     "must be a time in ISO 8601 with an offset, such as 2026-12-25T08:00:00Z"),
    ({"id": "o0"}, "orders[1].id", "is already the id of an earlier order"),
    ({"id": " "}, "orders[1].id", "must not be empty"),
    ({"entry_price": 1.0}, "orders[1].entry_price", "is not a key of the account file"),
    ({"enabled": False}, "orders[1].enabled", "is not a key of the account file"),
])
def test_what_is_not_an_order_is_refused_with_its_path(change, path, rule):
    doc = resting(BOOK, [order(1.0), order(-2.0) | change])
    assert refusals(doc) == {path: rule}


def test_all_problems_of_orders_are_told_at_once():
    bad = [order(0.0), {**order(1.0), "price": "1"}, 3]
    assert set(refusals(resting(BOOK, bad[:2]) | {"orders": [*resting(BOOK, bad[:2])["orders"], 3]})) == {
        "orders[0].quantity", "orders[1].price", "orders[2]"}
    assert refusals(BOOK | {"orders": {}}) == {"orders": "must be a list"}


@pytest.mark.parametrize("key", ["id", "kind", "underlying", "settlement", "quantity", "price"])
def test_what_every_order_needs(key):
    doc = resting(BOOK, [order(1.0)])
    del doc["orders"][0][key]
    assert refusals(doc) == {f"orders[0].{key}": "is required"}


def test_an_order_may_have_the_id_of_a_position_and_is_kept_to_the_letter():
    doc = resting(BOOK, [order(1.5, id="p0"), order(-20.0, kind="future", settlement="inverse", leverage=3)])
    account = read_document(doc)
    assert account.orders.ids == ("p0", "o1") and read_document(doc).digest != read_document(BOOK).digest
    assert write(read_document(doc)) == write(account) and '"price": 100.0' in write(account)


def test_funding_is_refused_on_options_and_must_be_a_number():
    assert refusals(document([call(110.0, 1.0, unsettled_funding=1.0)], 100.0)) == {
        "positions[0].unsettled_funding": "has no place on an option"}
    assert refusals(document([perpetual(1.0, 100.0, unsettled_funding="1")], 100.0)) == {
        "positions[0].unsettled_funding": "must be a finite number"}


# What-if, explanation, output, closing ------------------------------------------------------------------------------

def test_size_and_leverage_scale_orders_and_what_expires_is_gone():
    doc = resting(document((), 1_000.0), [order(2.0, leverage=10), order(-1.0, kind="future")])
    scaled = move(read_document(doc), WhatIf(size=3.0, leverage=0.5)).document["orders"]
    assert [(row["quantity"], row.get("leverage")) for row in scaled] == [(6.0, 5.0), (-3.0, None)]
    later = move(read_document(doc), WhatIf(days=35.0)).document["orders"]
    assert [row["id"] for row in later] == ["o0"]


def test_the_waterfall_and_the_output_tell_the_part_of_the_orders():
    doc = resting(document(LEGS, 1_000.0), ORDERS)
    for mode, got in results(doc).items():
        steps = {step.name: step.amount for step in got.steps}
        assert steps["Open orders"] == got.orders > 0, mode
        assert steps["Maintenance margin"] + steps["On top for initial margin"] + steps["Open orders"] == pytest.approx(
            steps["Initial margin"], rel=1e-12)
        assert got.head.available == got.head.equity - got.head.initial_margin
    account = read_document(doc)
    told = comparison(compare(account, load.load("generic")), "a")["modes"]
    assert told["cross"]["orders"] == {"initial_margin": pytest.approx(2 * 100 * 0.05)}
    plain = comparison(compare(read_document(changed(doc, orders=[])), load.load("generic")), "a")["modes"]["cross"]
    assert "orders" not in plain and told["cross"].keys() - plain.keys() == {"orders"}


def test_a_liquidation_cancels_orders_first():
    doc = resting(document([perpetual(10.0, 110.0)], 101.0), ORDERS)
    steps = partial(read_document(doc), load.load("generic"), "cross")
    assert steps and all("orders" not in step.account.document for step in steps)


def test_both_parameters_are_in_the_document_of_conventions():
    told = (ROOT / "docs/methods/conventions.md").read_text("utf-8")
    assert all(f"`{key}`" in told and "default" in load.meanings()[key] for key in ("orders.initial", "futures.funding"))
