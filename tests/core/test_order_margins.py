"""What open orders ask in initial margin: laws, every convention by hand, and a slow twin, which says in plain Python
what the contract's tiers and scenarios ask of the sizes that orders can reach."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_core.margin.compare import compare
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read_document
from risk_core.portfolio.whatif import WhatIf, move
from risk_core.rulebooks import load
from tests.core.books import DAY, changed, document, instant, now, perpetual
from tests.core.order_books import EACH, LARGER, NONE, books, drawn_rules, geared, initial, order, resting, results

TIERS = ((0.0, 0.05), (1e6, 0.10), (5e6, 0.20))
LEGS = [perpetual(-1.0, 100.0)]
ORDERS = [order(3.0, 98.0), order(-2.0, 104.0)]
half = settings(max_examples=max(settings.default.max_examples // 6, 1))


# The slow twin ------------------------------------------------------------------------------------------------------

def by_tier(notional, leverage):
    """Margin of a notional, each part at its own tier's rate; at least notional ÷ leverage."""
    asked, floors = 0.0, [floor for floor, _ in TIERS] + [math.inf]
    for (floor, rate), end in zip(TIERS, floors[1:], strict=True):
        asked += max(min(notional, end) - floor, 0.0) * rate
    return max(asked, notional / leverage if leverage else 0.0)


def key_of(row):
    return row["kind"], row["underlying"], row["settlement"], row.get("expiry")


def mark_of(doc, row):
    """Of a linear contract; dollars of face need none."""
    block = doc["market"]["underlyings"][row["underlying"]]
    if row["settlement"] == "inverse":
        return 1.0
    if row["kind"] == "perpetual":
        return block["price"]
    given = [one["price"] for one in block.get("forwards", []) if one["expiry"] == row["expiry"]]
    years = {35 * DAY: 35 / 365, 126 * DAY: 126 / 365}
    seconds = next(s for s in years if instant(s) == row["expiry"])
    return given[0] if given else block["price"] * math.exp(block.get("rate", 0.0) * years[seconds])


def least(values):
    return min((value for value in values if value), default=None)


def twin_by_tier(doc):
    """Initial margin of futures and perpetuals in cross with all of one side's orders filled, the worse side each."""
    total = 0.0
    for key in {key_of(row) for row in (*doc["positions"], *doc["orders"])}:
        held = [row for row in doc["positions"] if key_of(row) == key]
        orders = [row for row in doc["orders"] if key_of(row) == key]
        mark, size = mark_of(doc, (*held, *orders)[0]), math.fsum(row["quantity"] for row in held)
        own = least(row.get("leverage") for row in held)
        margins = [by_tier(abs(size) * mark, own)]
        for side in (1.0, -1.0):
            mine = [row for row in orders if row["quantity"] * side > 0]
            reached = abs(size + math.fsum(row["quantity"] for row in mine))
            if reached > abs(size):
                margins.append(by_tier(reached * mark, least([own, *(row.get("leverage") for row in mine)])))
        total += max(margins)
    return total


def twin_by_scenario(doc):
    """Initial margin of futures and perpetuals in portfolio: the worst of the book, all buys filled, all sells filled."""
    total = 0.0
    for name in doc["market"]["underlyings"]:
        worst = 0.0
        for side in (0.0, 1.0, -1.0):
            deltas = {}
            filled = [row for row in doc["orders"] if row["quantity"] * side > 0]
            for row in (*doc["positions"], *filled):
                if row["underlying"] == name:
                    deltas[key_of(row)] = deltas.get(key_of(row), 0.0) + row["quantity"] * mark_of(doc, row)
            net, gross = abs(math.fsum(deltas.values())), math.fsum(map(abs, deltas.values()))
            worst = max(worst, 1.25 * (0.16 * net + 0.005 * (gross - net) / 2))
        total += worst
    return total


@given(doc=books(book=geared))
def test_initial_margin_with_orders_is_the_twins(doc):
    got = results(doc, ("cross", "portfolio"))
    assert math.isclose(got["cross"].head.initial_margin, twin_by_tier(doc), rel_tol=1e-9)
    assert math.isclose(got["portfolio"].head.initial_margin, twin_by_scenario(doc), rel_tol=1e-9)


# Laws ---------------------------------------------------------------------------------------------------------------

@half
@given(doc=drawn_rules().flatmap(lambda rules: books(rules=rules)))
def test_an_order_never_lowers_initial_margin_and_touches_nothing_else(doc):
    with_, without = results(doc), results(changed(doc, orders=[]))
    for mode, got in with_.items():
        before = without[mode]
        scale = 1e-12 * (abs(before.head.initial_margin) + got.head.initial_margin)
        assert got.head.initial_margin >= before.head.initial_margin - scale, mode
        assert got.head.initial_margin == pytest.approx(before.head.initial_margin + got.orders, rel=1e-12)
        assert got.head.equity == before.head.equity and got.head.maintenance_margin == before.head.maintenance_margin
        assert got.liquidation == before.liquidation and got.positions == before.positions
        assert got.components == before.components and before.orders is None


@half
@given(doc=drawn_rules().flatmap(lambda rules: books(rules=rules)))
def test_a_further_order_never_lowers_initial_margin_by_tier(doc):
    for mode in ("as_held", "isolated", "cross"):
        amounts = [now(changed(doc, orders=doc["orders"][:count]), mode)[1] for count in range(len(doc["orders"]) + 1)]
        assert all(later >= earlier * (1 - 1e-12) for earlier, later in zip(amounts, amounts[1:], strict=False)), mode


@half
@given(doc=books(book=geared), share=st.floats(0.0, 1.0, exclude_min=True), more=st.sampled_from(({}, {"leverage": 1})))
def test_an_order_that_only_reduces_its_position_adds_nothing_under_larger_open_size(doc, share, more):
    reducing = []
    for key in {key_of(row) for row in doc["positions"]}:
        rows = [row for row in doc["positions"] if key_of(row) == key]
        size = math.fsum(row["quantity"] for row in rows)
        if abs(size) * share > 1e-20:
            named = {k: rows[0][k] for k in ("kind", "underlying", "settlement", "expiry") if k in rows[0]}
            reducing.append({**named, "quantity": -size * share, "price": rows[0]["entry_price"], **more})
    added = results(resting(doc, reducing), ["cross"])["cross"].orders or 0.0
    assert added <= 1e-12 * sum(abs(row["quantity"]) * row["entry_price"] + abs(row["quantity"]) for row in doc["positions"])


@half
@given(doc=drawn_rules().flatmap(lambda rules: books(rules=rules)), parts=st.integers(2, 4))
def test_neither_the_order_of_orders_nor_a_split_into_lots_matters_under_larger_open_size(doc, parts):
    doc = resting(doc, doc["orders"], orders={"initial": LARGER})
    lots = [row | {"id": f"{row['id']}.{i}", "quantity": row["quantity"] / parts}
            for row in reversed(doc["orders"]) for i in range(parts)]
    for mode in MODES:
        assert now(changed(doc, orders=lots), mode)[1] == pytest.approx(now(doc, mode)[1], rel=1e-9), mode


def test_isolated_positions_and_the_orders_of_the_pool_do_not_net():
    apart = document([perpetual(10.0, 100.0, mode="isolated", isolated_margin=100.0)], 1_000.0)
    doc = resting(apart, [order(-4.0)])
    got = results(doc)
    assert (got["as_held"].orders, got["cross"].orders) == (pytest.approx(4 * 100 * 0.05), 0.0)
    assert got["as_held"].pool.initial_margin == got["as_held"].orders
    assert got["as_held"].positions[0].initial_margin == pytest.approx(10 * 100 * 0.05)


# Every value of the parameters bites, as its formula says -----------------------------------------------------------

HEDGED = {"sides": "both"}


@pytest.mark.parametrize(("override", "asked"), [
    ({}, 3 * 100 * 0.05),                                                     # 1 and 2 more short, above 3 less 1 long
    ({"orders": {"initial": EACH}}, (1 * 100 + 3 * 98 + 2 * 104) * 0.05),
    ({"orders": {"initial": NONE}}, 1 * 100 * 0.05),
    ({"futures": HEDGED}, (3 + 3) * 100 * 0.05),                              # 3 long beside 1 and 2 short
])
def test_what_two_orders_ask_by_hand(override, asked):
    assert initial(resting(document(LEGS, 1_000.0), ORDERS, **override)) == pytest.approx(asked, rel=1e-12)


def test_the_published_example():
    """Paradex, "Cross margin requirement": 1 short, buys of 3 and sells of 2, 2 % of 90,000."""
    tier = {"steps": [{"from": 0, "initial": 0.02, "maintenance": 0.01}]}
    market = {"BTC": {"price": 90_000.0}}
    doc = document([perpetual(-1.0, 90_000.0)], 10_000.0, market, {"base": "generic", "override": {"tiers": tier}})
    assert initial(resting(doc, [order(3.0, 90_000.0), order(-2.0, 90_000.0)])) == pytest.approx(5_400.0, rel=1e-12)


@pytest.mark.parametrize(("given_", "asked"), [({"leverage": 4}, 50 / 4), ({}, 50 / 10)])
def test_each_order_at_its_own_leverage_else_at_its_positions(given_, asked):
    doc = resting(document([perpetual(1.0, 100.0, leverage=10)], 1_000.0), [order(0.5, **given_)],
                  orders={"initial": EACH})
    assert results(doc, ["cross"])["cross"].orders == pytest.approx(asked, rel=1e-12)


def test_an_inverse_order_ties_up_coins_at_its_price():
    """1,000 dollars of face at 80 are 12.5 coins; at a mark of 100 a tenth of them is 125 dollars."""
    doc = resting(document((), 1_000.0), [order(1_000.0, 80.0, settlement="inverse", leverage=10)],
                  orders={"initial": EACH})
    assert results(doc, ["cross"])["cross"].orders == pytest.approx(1_000 / 80 * 100 / 10, rel=1e-12)


@pytest.mark.parametrize(("position", "orders", "asked"), [(10, (2,), 200 / 2), (2, (10,), 200 / 2), (None, (4, 8), 300 / 4)])
def test_the_smallest_leverage_of_what_is_filled_applies(position, orders, asked):
    held = perpetual(1.0, 100.0, **({"leverage": position} if position else {}))
    doc = resting(document([held], 1_000.0), [order(1.0, leverage=leverage) for leverage in orders])
    assert initial(doc) == pytest.approx(asked, rel=1e-12)


@pytest.mark.parametrize(("settlement", "size", "value"), [
    ("linear", 1.0, 80 + 120), ("inverse", 100.0, (100 / 80 + 100 / 120) * 100)])
def test_initial_margin_at_entry_takes_the_price_of_the_orders(settlement, size, value):
    """Dollars of face at 80 and at 120 are so many coins, each worth 100 dollars now."""
    doc = resting(document([perpetual(size, 80.0, settlement=settlement)], 1_000.0),
                  [order(size, 120.0, settlement=settlement)], tiers={"initial_at_cross": "entry"})
    assert initial(doc) == pytest.approx(value * 0.05, rel=1e-12)


def test_sizes_of_one_underlying_are_looked_up_with_their_orders():
    steps = [{"from": 0, "initial": 0.1, "maintenance": 0.02}, {"from": 50, "initial": 0.2, "maintenance": 0.05}]
    tiers = {"steps": steps, "style": "whole", "measure": "size", "by": "underlying", "initial_style": "whole"}
    doc = resting(document([perpetual(30.0, 100.0)], 9_000.0), [order(25.0, kind="future")], tiers=tiers)
    assert initial(doc) == pytest.approx(5_500 * 0.2, rel=1e-12)
    assert initial(changed(doc, orders=[])) == pytest.approx(3_000 * 0.1, rel=1e-12)


def test_orders_move_with_the_price_like_the_positions_they_would_open():
    doc = resting(document((), 1_000.0), [order(2.0, 90.0)])
    assert initial(doc) == pytest.approx(2 * 100 * 0.05)
    moved = move(read_document(doc), WhatIf(price=1.5))
    assert moved.document["orders"] == doc["orders"]
    assert compare(moved, load.load("generic"), ["cross"]).modes["cross"].orders == pytest.approx(2 * 150 * 0.05)


def test_an_order_on_the_smaller_side_adds_only_what_makes_it_the_larger():
    """Kraken's netting of sides: long 4 beside short 1; 2 more short ask nothing, 5 more short ask what 6 ask beyond 4."""
    held = [perpetual(4.0, 100.0), {**perpetual(-1.0, 100.0), "kind": "future", "expiry": instant(35 * DAY)}]
    netted = {"futures": {"opposite": "larger side"}}
    bare = initial(resting(document(held, 1000.0), [], **netted))
    for more, expected in ((2.0, 0.0), (5.0, 2.0 * 100.0 * 0.05)):
        doc = resting(document(held, 1000.0), [order(-more, kind="future")], **netted)
        assert initial(doc) - bare == pytest.approx(expected, rel=1e-12, abs=1e-12)
