"""Ratio methods: the threshold as a maintenance margin is the same condition as the ratio the venue shows."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_core.margin.compare import compare
from risk_core.margin.holding import hold, whole_pool
from risk_core.margin.methods.ratio.demand import needed, shown
from risk_core.margin.methods.ratio.lending import lending
from risk_core.margin.methods.ratio.terms import terms
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from tests.core.books import call, cash, coin, document, perpetual

UNIFIED, LENDING = load.load("binance-pm"), load.load("hyperliquid-pm")
MARKET = {"BTC": {"price": 100_000.0}, "HYPE": {"price": 40.0}, "ETH": {"price": 4_000.0}}
SIZES = st.floats(-5.0, 5.0).filter(lambda x: abs(x) > 1e-3)


def pool_of(legs, collateral, book):
    doc = document(legs, collateral, MARKET, book.name)
    account = read_document(doc)
    holding = hold(account, book.rules, MODES["portfolio"])
    factors = np.ones((1, len(account.underlyings)))
    return whole_pool(account, holding.nets, factors), holding


def state(legs, collateral, book):
    """(ratio as the venue shows it, equity, initial, maintenance)."""
    pool, holding = pool_of(legs, collateral, book)
    now = holding.now
    equity = float(now.equity[0, 0])
    return shown(pool, book.rules, equity), equity, float(now.initial[0, 0]), float(now.maintenance[0, 0])


ACCOUNTS = st.tuples(SIZES, st.floats(-4e5, 4e5), st.floats(-2.0, 2.0), st.floats(0.0, 5_000.0), st.floats(6e4, 1.4e5))


@pytest.mark.parametrize("book", [UNIFIED, LENDING], ids=lambda book: book.name)
@given(drawn=ACCOUNTS)
def test_equity_below_maintenance_is_the_ratio_beyond_its_threshold(book, drawn):
    size, dollars, bitcoin, hype, entry = drawn
    legs, collateral = [perpetual(size, entry)], [cash(dollars), coin("BTC", bitcoin), coin("HYPE", hype)]
    ratio, equity, initial, maintenance = state(legs, collateral, book)
    if abs(equity - maintenance) > 1e-6 * (abs(equity) + maintenance):
        assert (equity < maintenance) == (ratio.state == "liquidated"), (ratio, equity, maintenance)
    if abs(equity - initial) > 1e-6 * (abs(equity) + initial) and equity < initial and ratio.state == "safe":
        assert initial == pytest.approx(float(terms_of(legs, collateral, book).initial[0])), "tiers alone can ask more"
    assert initial >= maintenance


def terms_of(legs, collateral, book):
    pool, _ = pool_of(legs, collateral, book)
    return terms(pool, book.rules, book.rules.ratio)


def test_unified_ratio_by_hand():
    """1 BTC long at 100,000: tier one, 0.4 % = 400 (below 300,000); 10,000 dollars of equity."""
    ratio, equity, initial, maintenance = state([perpetual(1.0, 100_000.0)], [cash(10_000.0)], UNIFIED)
    assert ratio.value == pytest.approx(equity / 400.0) and not ratio.rises and ratio.state == "safe"
    assert maintenance == pytest.approx(1.05 * 400.0) and initial == pytest.approx(100_000.0 / 150)
    assert [state([perpetual(1.0, 100_000.0)], [cash(amount)], UNIFIED)[0].state for amount in (590.0, 470.0, 410.0)] == [
        "warning", "restricted", "liquidated"]


def test_a_loan_counts_in_both_forms():
    held = [cash(-30_000.0), coin("BTC", 1.0)]
    ratio, equity, _, maintenance = state([perpetual(1.0, 100_000.0)], held, UNIFIED)
    assert maintenance == pytest.approx(1.05 * (400.0 + 0.1 * 30_000.0)) and equity == pytest.approx(65_000.0)
    lent, *_ = state([], held, LENDING)
    assert lent.value == pytest.approx((20.0 + 30_000.0) / 75_000.0) and lent.rises and lent.state == "safe"
    assert state([], [cash(-71_300.0), coin("BTC", 1.0)], LENDING)[0].state == "liquidated"


def test_nothing_held_and_nothing_owed_asks_nothing():
    for book in (UNIFIED, LENDING):
        ratio, _, initial, maintenance = state([], [cash(5.0)], book)
        assert (initial, maintenance, ratio.state) == (0.0, 0.0, "safe")


def test_caps_bind():
    capped = load.override(LENDING, {"ratio": {"supply_caps": {"BTC": 0.5}, "borrow_caps": {"HYPE": 1_000.0}}})
    held = [cash(-20_000.0), coin("BTC", 1.0), coin("HYPE", 100.0)]
    assert state([], held, capped)[0].value == pytest.approx(20_020.0 / (0.5 * 75_000.0 + 1_000.0))


def test_the_lending_ratio_of_one_token():
    found = lending(LENDING.rules.ratio, "HYPE", maintenance=150.0, owed=9_200.0, balance=0.0, backing=300.0, price=40.0)
    assert (found.requirement, found.liquidation_value) == (9_370.0, pytest.approx(9_000.0))
    assert found.ratio == pytest.approx(9_370.0 / 9_000.0) and found.is_liquidated
    assert lending(LENDING.rules.ratio, "HYPE", maintenance=0.0, owed=9.0, balance=0.0, backing=0.0, price=1.0).ratio == math.inf


def test_options_are_refused_with_the_reason():
    doc = document([call(120_000.0, 1.0)], [cash(1e5)], {"BTC": {"price": 100_000.0, "volatility": 0.5}}, "binance-pm")
    assert "without rules of options" in compare(read_document(doc), UNIFIED).unavailable["portfolio"]


def test_thresholds_must_run_towards_danger():
    from risk_core.errors import Refused

    for book, wrong in ((UNIFIED, {"warning": 1.1}), (LENDING, {"warning": 0.99})):
        with pytest.raises(Refused, match="thresholds must"):
            load.override(book, {"ratio": wrong})


MOVED = {"binance-pm": {"liquidation": (1.0, 1.2), "restricted": (1.05, 1.5), "loan_rate": (0.0, 1.0)},
         "hyperliquid-pm": {"liquidation": (0.95, 1.0), "fixed": (0.0, 1e4), "loan_to_value": ({"BTC": 0.0}, {"BTC": 1.0}),
                            "supply_caps": ({"BTC": 0.0}, {"BTC": 0.5}), "borrow_caps": ({"BTC": 0.0}, {"BTC": 100.0}),
                            "loan_rate": (0.05, 1.0)}}


@pytest.mark.parametrize(("name", "key"), [(name, key) for name, keys in MOVED.items() for key in keys])
def test_E4_a_parameter_bites(name, key):
    legs, held = [perpetual(1.0, 100_000.0)], [cash(-1e6), coin("BTC", 50.0)]
    usual = state(legs, held, load.load(name))[1:]
    moved = [state(legs, held, load.override(load.load(name), {"ratio": {key: value}}))[1:] for value in MOVED[name][key]]
    assert any(one != usual for one in moved)


def test_the_warning_changes_the_state_only():
    ratio = state([perpetual(1.0, 100_000.0)], [cash(590.0)], load.override(UNIFIED, {"ratio": {"warning": 1.3}}))[0]
    assert ratio.state == "safe"
    own = UNIFIED.rules.ratio
    held = terms_of([perpetual(1.0, 100_000.0)], [cash(590.0)], UNIFIED)
    assert float(needed(own, held, own.warning)[0]) == pytest.approx(600.0)
