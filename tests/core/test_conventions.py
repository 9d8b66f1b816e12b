"""Every convention of futures, fees, tiers and collateral bites, and gives what its published formula gives.

Formulas by the names of the venue cases: LIN_LIQ, LIN_FIX, INV_LIQ, INV_FIX, LIN_LIQ_FEE, BANKRUPTCY, HTX_ADJUST,
SIZE_LINEAR_RATE, IMF_SQRT, see `docs/methods/conventions.md`.
"""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_core.liquidation.thresholds import levels
from risk_core.margin.compare import compare
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from tests.core import strategies as some
from tests.core.books import buffers, direction, gross_along, held
from tests.core.test_lines import ask

RATE, FEE = 0.02, 0.001
ONE_TIER = {"steps": [{"from": 0, "initial": 0.1, "maintenance": RATE}]}
TWO_TIERS = {"steps": [{"from": 0, "initial": 0.1, "maintenance": RATE}, {"from": 50, "initial": 0.2, "maintenance": 0.05}]}


def leg(quantity, entry=100.0, name="it", **more):
    return {"id": name, "kind": "perpetual", "underlying": "COIN", "settlement": "linear", "quantity": quantity,
            "entry_price": entry, **more}


def result(positions, mode, *, price=100.0, collateral=(), **sections):
    account = read_document({
        "format": "marginscope-account/1", "as_of": "2026-11-20T08:00:00Z", "collateral": list(collateral),
        "rules": {"base": "generic", "override": {"tiers": ONE_TIER, **sections}} if "tiers" not in sections else
                 {"base": "generic", "override": sections},
        "market": {"underlyings": {"COIN": {"price": price}}, "assets": {"OTHER": 1.0}}, "positions": positions})
    return compare(account, load.resolve(account.rules), [mode]).modes[mode]


def price_of(positions, mode="isolated", **more):
    return result(positions, mode, **more).positions[0].liquidation_price


SIDES = pytest.mark.parametrize("side", (1, -1), ids=("long", "short"))


@SIDES
def test_maintenance_valued_at_entry_is_LIN_FIX_and_at_the_tested_price_LIN_LIQ(side):
    held = [leg(side * 2.0, isolated_margin=30.0)]
    fixed = price_of(held, tiers={**ONE_TIER, "maintenance_at": "entry"})
    assert fixed == pytest.approx(100.0 - side * (30.0 - 2.0 * 100.0 * RATE) / 2.0, rel=1e-12)
    moving = price_of(held)
    assert moving == pytest.approx((side * 2.0 * 100.0 - 30.0) / (2.0 * (side - RATE)), rel=1e-12)


@SIDES
def test_maintenance_of_isolated_positions_can_stand_at_entry_while_the_pools_moves(side):
    """KuCoin: LIN_FIX in isolated margin, the tested price in cross."""
    rules = {**ONE_TIER, "maintenance_at_isolated": "entry"}
    fixed = price_of([leg(side * 2.0, isolated_margin=30.0)], tiers=rules)
    assert fixed == pytest.approx(100.0 - side * (30.0 - 2.0 * 100.0 * RATE) / 2.0, rel=1e-12)
    pooled = price_of([leg(side * 2.0)], "cross", tiers=rules, collateral=[{"asset": "USD", "amount": 30.0}])
    assert pooled == pytest.approx((side * 2.0 * 100.0 - 30.0) / (2.0 * (side - RATE)), rel=1e-12)


@pytest.mark.parametrize(("entry", "price", "rate"), [(100.0, 100.0, RATE), (100.0, 900.0, RATE), (400.0, 100.0, 0.05)])
def test_the_tier_of_the_value_at_entry_holds_for_the_whole_position_at_any_price(entry, price, rate):
    """KuCoin and older Bybit: whole-position levels; 2 at 100 are below the level of 500 dollars, 2 at 400 above it."""
    steps = [{"from": 0, "initial": 0.1, "maintenance": RATE}, {"from": 500, "initial": 0.2, "maintenance": 0.05}]
    found = result([leg(2.0, entry=entry)], "cross", price=price,
                   tiers={"steps": steps, "style": "whole", "measure": "dollars at entry"})
    assert found.head.maintenance_margin == pytest.approx(rate * 2.0 * price, rel=1e-12)


@SIDES
def test_maintenance_frozen_at_the_present_mark(side):
    held = [leg(side * 2.0, isolated_margin=30.0)]
    frozen = price_of(held, price=104.0, tiers={**ONE_TIER, "maintenance_at": "present mark"})
    assert frozen == pytest.approx(100.0 - side * (30.0 - 2.0 * 104.0 * RATE) / 2.0, rel=1e-12)


@SIDES
def test_a_coin_pledge_of_an_inverse_position_is_INV_LIQ(side):
    face, coins = 1000.0, 2.0
    held = [leg(side * face, settlement="inverse", isolated_margin=coins * 100.0)]
    found = price_of(held, futures={"pledge": "coin"})
    assert found == pytest.approx(face * (side + RATE) / (coins + side * face / 100.0), rel=1e-12)
    in_dollars = price_of(held)
    assert in_dollars != pytest.approx(found, rel=1e-6)


@SIDES
def test_maintenance_fixed_at_entry_of_an_inverse_position_is_INV_FIX(side):
    face, coins = 1000.0, 2.0
    held = [leg(side * face, entry=95.0, settlement="inverse", isolated_margin=coins * 100.0)]
    found = price_of(held, futures={"pledge": "coin"}, tiers={**ONE_TIER, "maintenance_at": "entry"})
    assert 1.0 / found == pytest.approx(1.0 / 95.0 + side * (coins - face / 95.0 * RATE) / face, rel=1e-12)


@SIDES
def test_a_fee_on_the_tested_price_is_LIN_LIQ_FEE(side):
    held = [leg(side * 2.0, isolated_margin=30.0)]
    fees = {"closing_rate": FEE, "closing_on": "tested price"}
    assert price_of(held, fees=fees) == pytest.approx(
        (side * 2.0 * 100.0 - 30.0) / (2.0 * (side - RATE - FEE)), rel=1e-12)
    found = result(held, "isolated", fees=fees).positions[0]
    assert found.closing_fee == pytest.approx(200.0 * FEE)
    assert found.maintenance_margin - found.closing_fee == pytest.approx(200.0 * RATE)


@SIDES
@pytest.mark.parametrize("settlement", ("linear", "inverse"))
def test_a_fee_on_the_bankruptcy_price_counts_in_both_margins(side, settlement):
    quantity, value = (2.0, 200.0) if settlement == "linear" else (200.0, 200.0)
    held = [leg(side * quantity, settlement=settlement, leverage=5)]
    fees = {"closing_rate": FEE, "closing_on": "bankruptcy price", "closing_in": "margin"}
    found = result(held, "isolated", fees=fees).positions[0]
    away = side / 5 if settlement == "linear" else -side / 5
    assert found.closing_fee == pytest.approx(value * (1.0 - away) * FEE, rel=1e-12)
    assert found.initial_margin == pytest.approx(value / 5 + found.closing_fee, rel=1e-12)
    only_test = result(held, "isolated", fees=fees | {"closing_in": "liquidation test"}).positions[0]
    assert only_test.initial_margin == pytest.approx(value / 5, rel=1e-12)


@SIDES
def test_a_fee_on_entry_does_not_move(side):
    held = [leg(side * 2.0, isolated_margin=30.0)]
    fees = {"closing_rate": FEE, "closing_on": "entry"}
    assert price_of(held, fees=fees) == pytest.approx(
        (side * 2.0 * 100.0 - 30.0 + 200.0 * FEE) / (2.0 * (side - RATE)), rel=1e-12)


def test_initial_margin_at_entry_or_mark():
    held = [leg(2.0, entry=90.0)]
    at_mark, at_entry = (result(held, "cross", tiers={**ONE_TIER, "initial_at_cross": at}).head.initial_margin
                         for at in ("mark", "entry"))
    assert (at_mark, at_entry) == (pytest.approx(20.0), pytest.approx(18.0))
    pledged = result(held, "isolated", tiers={**ONE_TIER, "initial_at_isolated": "entry"})
    assert pledged.head.initial_margin == pytest.approx(18.0)


def test_the_whole_size_at_the_rate_of_its_tier():
    tiers = {**TWO_TIERS, "style": "whole", "measure": "coins"}
    one, many = (result([leg(size)], "cross", tiers=tiers).head.maintenance_margin for size in (49.0, 50.0))
    assert (one, many) == (pytest.approx(4900 * RATE), pytest.approx(5000 * 0.05))


def test_the_initial_rate_of_a_tier_on_the_whole_beside_marginal_maintenance():
    found = result([leg(2.0)], "cross", tiers={**TWO_TIERS, "initial_style": "whole"}).head
    assert found.initial_margin == pytest.approx(200 * 0.2)
    assert found.maintenance_margin == pytest.approx(50 * RATE + 150 * 0.05)


def test_a_rate_that_rises_with_size_is_SIZE_LINEAR_RATE():
    tiers = {"steps": [{"from": 0, "initial": 0.02, "maintenance": 0.01}], "style": "linear", "measure": "coins",
             "initial_slope": {"COIN": 5e-5}, "maintenance_slope": {"COIN": 5e-5}}
    found = result([leg(25.0, entry=100_000.0)], "cross", price=100_000.0, tiers=tiers).head
    assert (found.initial_margin, found.maintenance_margin) == (pytest.approx(53_125.0), pytest.approx(28_125.0))


def test_a_rate_that_rises_with_a_power_of_size():
    tiers = {"steps": [{"from": 0, "initial": 0.5, "maintenance": 0.01}], "style": "power", "measure": "size", "power": 0.5,
             "maintenance_slope": {"COIN": 0.01}}
    assert result([leg(16.0)], "cross", tiers=tiers).head.maintenance_margin == pytest.approx(1600 * 0.04)
    cubic = {**tiers, "power": 0.25}
    assert result([leg(16.0)], "cross", tiers=cubic).head.maintenance_margin == pytest.approx(1600 * 0.02)


def test_maintenance_as_a_share_of_initial_is_HTX_ADJUST():
    tiers = {"steps": [{"from": 0, "initial": 0.01, "maintenance": 0.15}], "style": "leverage"}
    assert result([leg(2.0, leverage=5)], "cross", tiers=tiers).head.maintenance_margin == pytest.approx(200 / 5 * 0.15)


@SIDES
def test_floors_in_coins_of_an_inverse_contract_move_with_the_price(side):
    tiers = {"steps": [{"from": 0, "initial": 0.1, "maintenance": RATE}, {"from": 5, "initial": 0.2, "maintenance": 0.05}],
             "measure": "coins"}
    face, pledge = 1000.0, 500.0
    found = price_of([leg(side * face, settlement="inverse", isolated_margin=pledge)], tiers=tiers)
    coins, equity = face / found, pledge + side * face * (found / 100.0 - 1.0)
    asked = RATE * min(coins, 5.0) + 0.05 * max(coins - 5.0, 0.0)
    assert equity == pytest.approx(asked * found, rel=1e-9)


def test_floors_in_the_contracts_own_size_do_not_move_with_the_price():
    """50 dollars of face: the same rate on the whole walk, though the coins of it grow as the price falls."""
    tiers = {**TWO_TIERS, "measure": "size"}
    found = price_of([leg(100.0, settlement="inverse", isolated_margin=20.0)], tiers=tiers)
    rate = (50 * RATE + 50 * 0.05) / 100
    assert found == pytest.approx(100.0 * (1.0 + rate - 0.2), rel=1e-12)


def test_sizes_of_one_underlying_looked_up_together():
    tiers = {**TWO_TIERS, "style": "whole", "measure": "size", "by": "underlying"}
    held = [leg(30.0), leg(-25.0, name="other", kind="future", expiry="2026-12-25T08:00:00Z")]
    together = result(held, "cross", tiers=tiers).head.maintenance_margin
    apart = result(held, "cross", tiers={**tiers, "by": "instrument"}).head.maintenance_margin
    assert (together, apart) == (pytest.approx(5500 * 0.05), pytest.approx(5500 * RATE))


def test_a_table_of_its_own():
    tiers = {**ONE_TIER, "own_steps": [{"underlying": "COIN", "from": 0, "initial": 0.5, "maintenance": 0.25}]}
    assert result([leg(2.0)], "cross", tiers=tiers).head.maintenance_margin == pytest.approx(50.0)


def test_only_losses_count_for_new_positions():
    usual, careful = (result([leg(2.0, entry=90.0)], "cross", collateral=[{"asset": "USD", "amount": 100.0}],
                             futures={"profit": profit}).head for profit in ("both ways", "losses only"))
    assert usual.equity == careful.equity and usual.buffer == careful.buffer
    assert usual.available - careful.available == pytest.approx(20.0)
    losing = result([leg(2.0, entry=110.0)], "cross", futures={"profit": "losses only"}).head
    assert losing.available == pytest.approx(losing.equity - losing.initial_margin)


def test_hedge_mode_charges_both_sides():
    held = [leg(3.0), leg(-2.0, name="other")]
    net, both = (result(held, "cross", futures={"sides": sides}).head.maintenance_margin for sides in ("net", "both"))
    assert (net, both) == (pytest.approx(100 * RATE), pytest.approx(500 * RATE))


@SIDES
def test_a_trigger_is_rounded_against_the_trader(side):
    held = [leg(side * 2.0, isolated_margin=30.0)]
    plain = price_of(held)
    rounded = price_of(held, futures={"rounding": "against the trader", "ticks": {"COIN": 0.5}})
    assert rounded == (math.ceil if side > 0 else math.floor)(plain / 0.5) * 0.5 != plain
    assert price_of(held, futures={"rounding": "against the trader"}) == plain


def test_equity_shared_by_value_is_CROSS_PRORATA():
    held = [leg(2.0), leg(-1.0, name="other", underlying="TWIN")]
    account = read_document({
        "format": "marginscope-account/1", "as_of": "2026-11-20T08:00:00Z",
        "collateral": [{"asset": "USD", "amount": 60.0}], "positions": held,
        "rules": {"base": "generic", "override": {"tiers": ONE_TIER, "futures": {"cross_price": "shared by value"}}},
        "market": {"underlyings": {"COIN": {"price": 100.0}, "TWIN": {"price": 100.0}}}})
    found = compare(account, load.resolve(account.rules), ["cross"]).modes["cross"].positions
    share = 60.0 / 300.0
    assert found[0].liquidation_price == pytest.approx((200 - 200 * share) / ((1 - RATE) * 2.0), rel=1e-12)
    assert found[1].liquidation_price == pytest.approx((-100 - 100 * share) / ((1 + RATE) * -1.0), rel=1e-12)


@SIDES
def test_own_maintenance_kept_as_it_is_now_is_LIN_CROSS_FROZEN_MM(side):
    held = [leg(side * 2.0)]
    found = result(held, "cross", collateral=[{"asset": "USD", "amount": 30.0}],
                   futures={"cross_price": "maintenance still"}).positions[0]
    assert found.liquidation_price == pytest.approx(100.0 - side * (30.0 - 200.0 * RATE) / 2.0, rel=1e-12)


def equity(assets, **rules):
    return weighed([{"asset": asset, "amount": amount} for asset, amount in assets.items()], rules)


def weighed(held, rules):
    account = read_document({
        "format": "marginscope-account/1", "as_of": "2026-11-20T08:00:00Z", "collateral": held, "positions": [],
        "rules": {"base": "generic", "override": {"collateral": rules}},
        "market": {"underlyings": {}, "assets": {"OTHER": 2.0}}})
    return compare(account, load.resolve(account.rules), ["cross"]).modes["cross"].head


def test_slices_of_a_balance():
    slices = [{"asset": "OTHER", "from": 0, "haircut": 0.0}, {"asset": "OTHER", "from": 5, "haircut": 0.1},
              {"asset": "OTHER", "from": 10, "haircut": 0.2}]
    assert equity({"OTHER": 11.0}, slices=slices).equity == pytest.approx(2.0 * (5 + 4.5 + 0.8))
    assert equity({"OTHER": -11.0}, slices=slices).equity == pytest.approx(-22.0)


def test_a_haircut_of_initial_margin_alone():
    plain = equity({"OTHER": 10.0}, other_haircut=0.1)
    careful = equity({"OTHER": 10.0}, other_haircut=0.1, initial_haircuts={"OTHER": 0.25})
    assert plain.equity == careful.equity == pytest.approx(18.0)
    assert (plain.available, careful.available) == (pytest.approx(18.0), pytest.approx(13.5))


def test_a_borrow_weighs_more_than_its_value():
    assert equity({"OTHER": -10.0}, borrow_weights={"OTHER": 1.2}).equity == pytest.approx(-24.0)


def test_weights_that_move_with_size_are_IMF_SQRT():
    factors = {"OTHER": 0.01}
    assert equity({"OTHER": 10_000.0}, other_haircut=0.2, size_factors=factors).equity == pytest.approx(20_000 * 1.1 / 2.0)
    assert equity({"OTHER": 4.0}, other_haircut=0.2, size_factors=factors).equity == pytest.approx(8 * 0.8)
    assert equity({"OTHER": -10_000.0}, borrow_weights={"OTHER": 1.2}, size_factors=factors).equity == pytest.approx(
        -20_000 * (0.8 * 1.2 + 1.0))


# Opposite sides ------------------------------------------------------------------------------------------------------

LARGER = {"futures": {"opposite": "larger side"}}
DATED = {"kind": "future", "expiry": "2027-01-01T08:00:00Z"}


def test_of_opposite_positions_the_side_with_the_larger_margin_is_charged():
    """Kraken: total margin requirement = max(margin long positions, margin short positions), initial and maintenance."""
    held = [leg(3.0, name="a"), leg(-2.0, name="b", **DATED), leg(1.0, name="c", **DATED | {"expiry": "2027-02-01T08:00:00Z"})]
    both, one = (result(held, "cross", collateral=[{"asset": "USD", "amount": 50.0}], **rules).head
                 for rules in ({}, LARGER))
    assert (both.initial_margin, both.maintenance_margin) == (pytest.approx(60.0), pytest.approx(600.0 * RATE))
    assert (one.initial_margin, one.maintenance_margin) == (pytest.approx(40.0), pytest.approx(400.0 * RATE))


def test_an_isolated_leg_is_never_offset():
    held = [leg(3.0, name="a"), leg(-2.0, name="b", mode="isolated", isolated_margin=30.0, **DATED)]
    plain, netted = (result(held, "as_held", **rules).head.maintenance_margin for rules in ({}, LARGER))
    assert plain == netted == pytest.approx(500.0 * RATE)


def test_the_level_of_a_hedged_pool_counts_the_larger_side_alone():
    """Equity 20 + (P - 100) against 300 P ÷ 100 × 2 %: the short hedges two of the three, only the long is charged."""
    held = [leg(3.0, name="a"), leg(-2.0, name="b", **DATED)]
    found = result(held, "cross", collateral=[{"asset": "USD", "amount": 20.0}], **LARGER).positions[0].liquidation_price
    assert found == pytest.approx((100.0 - 20.0) / (1.0 - 3.0 * RATE), rel=1e-12)


def test_the_waterfall_says_what_the_smaller_side_would_ask():
    held = [leg(3.0, name="a"), leg(-2.0, name="b", **DATED)]
    got = result(held, "cross", collateral=[{"asset": "USD", "amount": 50.0}], **LARGER)
    assert {one.name: one.amount for one in got.steps}["Smaller side of opposite positions"] == pytest.approx(-200.0 * RATE)
    assert sum(part.amount for part in got.components) == pytest.approx(got.head.maintenance_margin)
    assert sum(one.euler for one in got.shares) == pytest.approx(got.head.maintenance_margin)


# Lines and states say the same under every convention; the slow obvious twin of a charge -----------------------------


@settings(max_examples=max(settings.default.max_examples // 6, 1))
@given(doc=some.conventions().flatmap(lambda rules: some.accounts(rules=rules, apart=True)),
       k=st.lists(some.walk_factors, min_size=4, max_size=4))
def test_rows_are_the_state_form_under_every_convention(doc, k):
    coins = max(step["from"] for step in doc["rules"]["override"]["tiers"]["steps"])
    dearest = max(block["price"] for block in doc["market"]["underlyings"].values())
    ask(doc, np.maximum(np.array([1.0, *k]), 1e-4), floors=coins * dearest)


@settings(max_examples=max(settings.default.max_examples // 6, 1))
@given(doc=some.conventions().flatmap(lambda rules: some.accounts(rules=rules)))
def test_no_buffer_at_a_level_under_every_convention(doc):
    """L1: at every end of a region the buffer of its bucket is 0."""
    for mode in ("isolated", "cross"):
        holding = held(doc, mode)
        [level] = levels([holding])
        for (bucket, u), found in level.liquidation.items():
            beta = direction(holding, [holding.account.underlyings[u]])
            ends = [end / found.price for region in found.regions for end in region if end is not None]
            if not ends:
                continue
            left = buffers(holding, bucket, beta, np.array(ends), "buffer")
            size = gross_along(holding, beta, ends) + gross_along(holding, beta, [1.0])
            assert np.all(np.abs(left) <= 1e-9 * size), (mode, bucket, found)


def test_every_convention_of_futures_fees_tiers_and_collateral_is_in_its_document():
    told = (Path(__file__).resolve().parents[2] / "docs/methods/conventions.md").read_text("utf-8")
    sections = ("collateral.", "tiers.", "fees.", "futures.")
    missing = [key for key, known in load.meanings().items()
               if key.startswith(sections) and "default" in known and f"`{key}`" not in told]
    assert not missing
