"""Charges by Greeks: exact where books are linear, third order in the move where not, the error shown, parameters bite."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_core.margin.compare import compare
from risk_core.margin.methods import exposures
from risk_core.margin.methods.demand import Pool
from risk_core.margin.methods.greeks import delta_floor, preview, rows
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from risk_core.valuation.sensitivities import sensitivities
from tests.core.books import DAY, call, cash, document, future, perpetual, put

GREEKS, DELTA = load.load("greeks"), load.load("delta-floor")
MARKET = {"BTC": {"price": 100.0, "volatility": 0.6, "rate": 0.03}, "ETH": {"price": 50.0, "volatility": 0.8}}
RICH = [perpetual(3.0, 100.0), perpetual(-500.0, 50.0, "ETH", "inverse"), future(-2.0, 101.0), call(110.0, -5.0),
        put(90.0, -4.0, seconds=7 * DAY), call(60.0, 3.0, underlying="ETH", settlement="inverse"), put(100.0, 2.0, seconds=90 * DAY)]


def account_of(legs, rules="greeks"):
    return read_document(document(legs, [cash(1e5)], MARKET, rules))


def pool_of(legs, factors=None):
    account = account_of(legs)
    held = np.bincount(account.book.instrument, account.book.quantity, len(account.instruments.keys))
    factors = np.ones((1, 2)) if factors is None else factors
    return Pool(account, np.tile(held, (len(factors), 1)), factors, account.collateral.amount)


def changed(book, **values):
    return load.override(book, {book.rules.whole: values}).rules


# Exposures --------------------------------------------------------------------------------------------------------

def test_exposures_are_the_greeks_of_the_book_now_and_those_of_the_moved_account_elsewhere():
    pool = pool_of(RICH)
    now, held = sensitivities(pool.account), exposures.held(pool)
    for column, legs in ((0.01 * held.delta, now.delta_dollars), (held.vega, now.vega), (held.theta, now.theta)):
        assert math.isclose(column.sum(), legs.sum(), rel_tol=1e-12)
    assert np.allclose(0.01 * held.gamma.sum(), (now.gamma * pool.account.index[
        pool.account.instruments.underlying[pool.account.book.instrument]]).sum())


@given(st.floats(0.5, 2.0))
def test_delta_at_a_price_is_the_slope_of_the_value_there(factor):
    legs = [call(110.0, -5.0), put(90.0, -4.0, seconds=7 * DAY), call(95.0, 2.0, settlement="inverse")]
    steps = factor * np.exp(np.array([-1e-5, 0.0, 1e-5]))[:, None] * np.ones(2)
    pool = pool_of(legs, steps)
    ins = pool.account.instruments
    from risk_core.margin.account_value import option_values
    value = (pool.quantity * option_values(pool.account, steps)).sum(axis=1)
    slope = (value[2] - value[0]) / 2e-5
    assert math.isclose(exposures.held(pool).delta[1].sum(), slope, rel_tol=1e-5, abs_tol=1e-4), ins.labels


@pytest.mark.parametrize("settlement", ["linear", "inverse"])
def test_the_rate_a_forward_states_counts_as_if_it_were_the_underlyings(settlement):
    """Theta, and the carry of full revaluation, by the rate options of that expiry are discounted by."""
    legs = [call(60.0, 3.0, settlement=settlement), put(120.0, -2.0, settlement=settlement)]
    found = []
    for rate, stated in ((0.0, {"rate": 0.5}), (0.5, {})):
        market = {"BTC": {"price": 100.0, "volatility": 0.6, "rate": rate,
                          "forwards": [{"expiry": legs[0]["expiry"], "price": 103.0} | stated]}}
        account = read_document(document(legs, [cash(1e5)], market, "greeks"))
        held = np.bincount(account.book.instrument, account.book.quantity, len(account.instruments.keys))
        pool = Pool(account, held[None], np.ones((1, 1)), account.collateral.amount)
        assert math.isclose(exposures.held(pool).theta.sum(), sensitivities(account).theta.sum(), rel_tol=1e-12)
        found.append((exposures.held(pool).theta, rows.by_greeks(pool, GREEKS.rules.greeks),
                      rows.by_revaluation(pool, changed(GREEKS, days=3.0).greeks)))
    for own, underlyings in zip(*found, strict=True):
        assert np.allclose(own, underlyings, rtol=1e-12)


# Preview ----------------------------------------------------------------------------------------------------------

@given(st.lists(st.sampled_from([-3.0, -1.0, 2.0, 5.0]), min_size=1, max_size=3))
def test_a_linear_book_has_no_error(sizes):
    pool = pool_of([perpetual(q, 100.0) for q in sizes] + [future(sizes[0], 100.0)])
    for error in preview.errors(pool, GREEKS.rules.greeks):
        assert abs(error.error) < 1e-9 and error.largest < 1e-9


@pytest.mark.parametrize("volatility", [0.0, 1.0])
def test_the_error_falls_with_the_size_of_the_move(volatility):
    """Third order in the price alone; second order where volatility moves along, which has no square and no cross term."""
    errors = []
    for size in (0.04, 0.02, 0.01, 0.005):
        rules = changed(GREEKS, moves=[-size, size], volatility_up=volatility * size, volatility_down=volatility * size, days=0.0)
        errors.append(max(one.largest for one in preview.errors(pool_of(RICH), rules.greeks)))
    least = 6.0 if volatility == 0 else 3.0
    assert all(larger / smaller > least for larger, smaller in zip(errors, errors[1:], strict=False)), errors


def test_the_preview_is_the_scan_where_nothing_bends_and_full_revaluation_is_the_scans_figure():
    legs = [call(110.0, -5.0), put(90.0, -4.0), perpetual(2.0, 100.0)]
    flat = {"portfolio": {"short_option_minimum": 0.0, "hedged_rate": 0.0, "short_power": 0.0, "long_power": 0.0}}
    scan = compare(account_of(legs, {"base": "generic", "override": flat}), load.override(load.load("generic"), flat), ["portfolio"])
    full = sum(one.revaluation for one in preview.errors(pool_of(legs), changed(GREEKS, days=0.0).greeks))
    assert math.isclose(full, scan.modes["portfolio"].head.maintenance_margin, rel_tol=1e-9)


def test_time_alone_costs_a_day_of_theta_and_full_revaluation_sees_the_expiry():
    legs = [call(50.0, 4.0, underlying="ETH", seconds=2 * DAY)]
    rules = changed(GREEKS, moves=[0.0], volatility_up=0.0, volatility_down=0.0, days=5.0)
    error, = preview.errors(pool_of(legs), rules.greeks)
    value = 4.0 * float(account_of(legs).instruments.mark[0])
    assert math.isclose(error.revaluation, value, rel_tol=1e-9) and error.preview == pytest.approx(
        -5.0 * sensitivities(account_of(legs)).theta.sum())


def test_the_figure_says_its_error():
    mode = compare(account_of(RICH), GREEKS, ["portfolio"]).modes["portfolio"]
    assert "full revaluation of the same rows" in mode.worst and "USD" in mode.worst
    assert math.isclose(mode.head.initial_margin, 1.25 * mode.head.maintenance_margin)


def test_rows_are_in_words():
    assert rows.rows(GREEKS.rules.greeks).words(0) == "−16 %, volatility up"


@pytest.mark.parametrize(("key", "values"), [("moves", ([0.0], [-0.9, 0.9])), ("volatility_up", (0.0, 5.0)),
                                             ("volatility_down", (0.0, 1.0)), ("days", (0.0, 30.0)), ("initial_factor", (1.0, 9.0))])
def test_E4_a_parameter_of_the_preview_bites(key, values):
    legs = [*RICH, call(100.0, 30.0, underlying="ETH", seconds=30 * DAY)]

    def figures(rules):
        found = preview.demand(pool_of(legs), rules.greeks)
        return float(found.initial[0]), float(found.maintenance[0]), [one.largest for one in preview.errors(pool_of(legs), rules.greeks)]

    usual = figures(GREEKS.rules)
    assert all(figures(changed(GREEKS, **{key: value})) != usual for value in values)


# Delta with a floor -----------------------------------------------------------------------------------------------

def test_net_and_hedged_delta_by_hand():
    """A long of 10 and a short of 4: net 600, hedged 400; rates 2 % and 1 %, floor 0.5 % of 1,400."""
    pool = pool_of([perpetual(10.0, 100.0), future(-4.0, 100.0, mark_price=100.0)])
    found = delta_floor.deltas(pool)
    assert (found.net[0, 0], found.gross[0, 0], found.hedged[0, 0]) == (600.0, 1_400.0, 400.0)
    assert float(delta_floor.demand(pool, DELTA.rules.delta_floor).maintenance[0]) == pytest.approx(12.0 + 4.0)
    floored = delta_floor.demand(pool, changed(DELTA, floor_rate=0.02).delta_floor)
    assert float(floored.maintenance[0]) == pytest.approx(28.0) and float(floored.initial[0]) == pytest.approx(35.0)


def test_a_short_option_without_delta_has_the_floor_and_a_long_one_nothing():
    far = call(1e5, -3.0, seconds=DAY, iv=0.1)
    assert float(delta_floor.demand(pool_of([far]), DELTA.rules.delta_floor).maintenance[0]) == pytest.approx(0.005 * 300.0)
    assert float(delta_floor.demand(pool_of([far | {"quantity": 3.0}]), DELTA.rules.delta_floor).maintenance[0]) == pytest.approx(0.0, abs=1e-9)


@given(st.floats(0.1, 50.0))
def test_the_delta_charge_is_homogeneous_and_the_same_for_the_opposite_linear_book(k):
    legs = [perpetual(10.0, 100.0), future(-4.0, 100.0), perpetual(2.0, 50.0, "ETH")]
    one, more, turned = (float(delta_floor.demand(Pool(pool.account, times * pool.quantity, pool.factors, pool.collateral),
                                                  DELTA.rules.delta_floor).maintenance[0])
                         for pool, times in ((pool_of(legs), 1.0), (pool_of(legs), k), (pool_of(legs), -1.0)))
    assert math.isclose(more, k * one, rel_tol=1e-12) and math.isclose(turned, one, rel_tol=1e-12)


@pytest.mark.parametrize("key", ["net_rate", "hedged_rate", "floor_rate", "initial_factor"])
def test_E4_a_parameter_of_the_delta_charge_bites_and_never_lowers_it(key):
    low, high = ((1.0, 9.0) if key == "initial_factor" else (0.0, 1.0))
    figures = [float(delta_floor.demand(pool_of([*RICH, call(1e5, -90.0, iv=0.1)]), changed(DELTA, **{key: value}).delta_floor).initial[0])
               for value in (low, DELTA.parameters[f"delta_floor.{key}"].value, high)]
    assert figures == sorted(set(figures))
