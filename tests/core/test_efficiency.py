"""Measures of efficiency by hand, the solvency delta against a plain difference, and the hedge by re-evaluation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.samples import SAMPLES
from risk_core.margin import efficiency, solvency_delta
from risk_core.margin.holding import hold, margin
from risk_core.margin.models import MODES
from risk_core.margin.rulebook_table import under
from risk_core.portfolio.account_file import read, read_document
from risk_core.rulebooks import load
from tests.core.books import call, cash, coin, document, perpetual, put, single_rate

FILES = sorted(SAMPLES.glob("*.margin.json"))
PORTFOLIO, CROSS = MODES["portfolio"], MODES["cross"]
MARKET = {"BTC": {"price": 100.0, "daily_volatility": 0.03, "funding_8h": 0.0001, "volatility": 0.6},
          "ETH": {"price": 50.0, "daily_volatility": 0.04, "funding_8h": -0.0002, "volatility": 0.8}}


def held(legs, mode=PORTFOLIO, rules="generic", collateral=(), market=MARKET, **more):
    account = read_document(document(legs, [cash(1e4), *collateral], market, rules, **more))
    return hold(account, load.resolve(account.rules).rules, mode)


def measured(holding, key, losses=None, weight=None):
    return next(one for one in efficiency.measures(holding, losses, weight) if one.key == key)


# Measures ---------------------------------------------------------------------------------------------------------

def test_intensity_offset_and_freed_by_hand():
    """16 % of 1,000 for a perpetual, 20 % initial; a hedge of the same size leaves the add-on of 0.5 % of 1,000."""
    one = held([perpetual(10.0, 100.0)])
    assert measured(one, "intensity").value == pytest.approx(0.16 * 1.25)
    assert measured(one, "offset").value == pytest.approx(0.0)
    assert measured(one, "freed").value == pytest.approx(0.05 * 1_000.0 - 200.0)
    pair = held([perpetual(10.0, 100.0), perpetual(-10.0, 100.0, settlement="inverse", ) | {"quantity": -1_000.0}])
    assert measured(pair, "offset").value == pytest.approx(1.0 - 5.0 / 320.0)


def test_normal_expected_shortfall_has_its_closed_form():
    """R9: σ φ(z) ÷ (1 − α), 2.338 standard deviations at 97.5 %."""
    holding = held([perpetual(10.0, 100.0)])
    amount, reason = efficiency.normal_shortfall(holding.account)
    assert reason == "" and amount == pytest.approx(1_000.0 * 0.03 * 2.3378, rel=1e-4)
    assert measured(holding, "over_shortfall").value == pytest.approx(200.0 / amount)


def test_normal_expected_shortfall_needs_what_it_is_made_of():
    legs = [perpetual(10.0, 100.0), perpetual(-20.0, 50.0, "ETH")]
    assert efficiency.normal_shortfall(held(legs).account) == (None, "no correlation in the market data of BTC/ETH")
    together = efficiency.normal_shortfall(held(legs, correlation={"ETH/BTC": 1.0}).account)[0]
    assert together == pytest.approx(1_000.0 * 0.01 * 2.3378, rel=1e-4)
    bare = held([perpetual(1.0, 100.0)], market={"BTC": {"price": 100.0}})
    assert efficiency.normal_shortfall(bare.account)[1] == "no volatility in the market data of BTC"
    assert measured(bare, "over_shortfall").value is None


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(1e-3, 1.0)), min_size=3, max_size=60), st.floats(0.5, 0.99), st.booleans())
def test_weighted_expected_shortfall_lies_between_the_mean_and_the_worst(drawn, level, equal):
    """R5, R6, and by the integral of the tail (R8's primal): min over t of t + E(x − t)⁺ ÷ (1 − level)."""
    losses, weight = np.array(drawn).T
    weight = np.ones(len(losses)) / len(losses) if equal else weight / weight.sum()
    got = efficiency.weighted_shortfall(losses, None if equal else weight, level)
    size = np.abs(losses).max() + 1.0
    assert weight @ losses - 1e-9 * size <= got <= losses.max() + 1e-9 * size
    primal = min(t + weight @ np.maximum(losses - t, 0.0) / (1.0 - level) for t in losses)
    assert math.isclose(got, primal, rel_tol=1e-9, abs_tol=1e-9 * size)


@pytest.mark.parametrize("changes", [{}, {"history.age_decay": 0.97}])
def test_the_rows_of_a_method_and_their_probabilities_give_its_own_expected_shortfall_again(changes):
    book = load.override(load.load("expected-shortfall"), changes)
    own = book.rules.history
    account = read_document(document([perpetual(10.0, 100.0), call(110.0, -20.0)], [cash(1e4)], MARKET, "expected-shortfall"))
    asked = under(account, book)
    table, = asked.scenarios
    assert math.isclose(table.weight.sum(), 1.0) and (table.weight.min() == table.weight.max()) == (not changes)
    again = efficiency.weighted_shortfall(-table.profit, table.weight, own.maintenance_level)
    assert asked.maintenance == pytest.approx(own.maintenance_factor * again, rel=1e-9)


def test_losses_of_a_method_take_the_place_of_the_normal_figure():
    holding = held([perpetual(10.0, 100.0)])
    got = measured(holding, "over_shortfall", np.arange(40.0))
    assert got.value == pytest.approx(200.0 / 39.0) and "40 scenarios" in got.definition
    weight = np.full(40, 0.5 / 39)
    weight[20] = 0.5
    tail = (0.5 / 39 * 39.0 + (0.025 - 0.5 / 39) * 38.0) / 0.025
    assert measured(holding, "over_shortfall", np.arange(40.0), weight).value == pytest.approx(200.0 / tail)


def test_carry_is_funding_and_theta():
    """A long of 1,000 pays 0.01 % three times a day, a short of 500 in ETH pays where the rate is below 0."""
    holding = held([perpetual(10.0, 100.0), perpetual(-10.0, 50.0, "ETH")])
    assert efficiency.carry(holding.account)[0] == pytest.approx(-3 * 0.0001 * 1_000.0 - 3 * 0.0002 * 500.0)
    short = held([call(100.0, -1.0)])
    assert efficiency.carry(short.account)[0] > 0 and measured(short, "return").value > 0
    bare = held([perpetual(1.0, 100.0)], market={"BTC": {"price": 100.0}})
    assert measured(bare, "return").reason == "no funding rate in the market data of BTC"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_measure_of_a_sample_has_a_finite_value_or_a_reason(file):
    holding = hold(read(file.read_text("utf-8")), load.load("generic").rules, PORTFOLIO)
    for one in efficiency.measures(holding):
        assert (one.value is None) == bool(one.reason) and one.definition and one.limits
        assert one.value is None or math.isfinite(one.value)


# Solvency delta ---------------------------------------------------------------------------------------------------

def test_the_solvency_delta_of_a_perpetual_is_its_size_less_what_maintenance_takes():
    long, = solvency_delta.solvency_deltas(held([perpetual(10.0, 100.0)], CROSS, single_rate(0.1, 0.02)))
    short, = solvency_delta.solvency_deltas(held([perpetual(-10.0, 100.0)], CROSS, single_rate(0.1, 0.02)))
    assert long.per_dollar == pytest.approx(10.0 * 0.98) and short.per_dollar == pytest.approx(-10.0 * 1.02)
    assert long.per_percent == pytest.approx(9.8) and not long.is_kink


def test_coins_of_the_collateral_have_a_solvency_delta_of_their_own():
    one, = solvency_delta.solvency_deltas(held([], CROSS, collateral=[coin("BTC", 3.0)]))
    assert one.per_dollar == pytest.approx(3.0 * 0.95)


def test_a_kink_tells_both_sides():
    """At a tier's floor the maintenance rate doubles for what is beyond."""
    tiers = {"tiers": {"steps": [{"from": 0, "initial": 0.1, "maintenance": 0.02}, {"from": 1_000, "initial": 0.2, "maintenance": 0.04}]}}
    one, = solvency_delta.solvency_deltas(held([perpetual(10.0, 100.0)], CROSS, {"base": "generic", "override": tiers}))
    assert one.is_kink and one.below == pytest.approx(980.0) and one.above == pytest.approx(960.0)


@pytest.mark.parametrize("file", FILES[2::4], ids=lambda file: file.stem)
@pytest.mark.parametrize("rules", ["generic", "simm", "reg-t"])
def test_the_solvency_delta_is_the_change_of_the_buffer(file, rules):
    holding = hold(read(file.read_text("utf-8")), load.load(rules).rules, PORTFOLIO)
    for one in solvency_delta.solvency_deltas(holding):
        factors = np.ones((2, len(holding.account.underlyings)))
        factors[:, holding.account.underlyings.index(one.underlying)] += [-1e-6, 1e-6]
        now = margin(holding, factors)
        low, high = (now.equity - now.maintenance)[:, 0]
        assert math.isclose((high - low) / 2e-6, one.slope, rel_tol=1e-3, abs_tol=1e-6 * holding.size)


@pytest.mark.parametrize("file", [FILES[0], FILES[4], FILES[13]], ids=lambda file: file.stem)
def test_the_hedge_zeroes_the_solvency_delta_or_the_slope_jumps_over_zero_there(file):
    account, rules = read(file.read_text("utf-8")), load.load("generic").rules
    for name in account.underlyings:
        found = solvency_delta.hedge(account, rules, PORTFOLIO, name)
        assert found.quantity is not None and found.after is not None
        small = 1e-6 * hold(account, rules, PORTFOLIO).size
        assert abs(found.after.slope) <= small or found.after.below * found.after.above <= 0, found


def test_a_hedge_by_hand_and_one_there_is_not():
    """A short of 10 − q at 2 %: slope −(10 − q) 1.02, zero when it is gone; coins of 3 need 3 × 0.95 ÷ 1.02 short."""
    holding = held([perpetual(-10.0, 100.0)], CROSS, single_rate(0.1, 0.02))
    assert solvency_delta.hedge(holding.account, holding.rules, CROSS, "BTC").quantity == pytest.approx(10.0)
    coins = held([], CROSS, single_rate(0.1, 0.02), collateral=[coin("BTC", 3.0)])
    assert solvency_delta.hedge(coins.account, coins.rules, CROSS, "BTC").quantity == pytest.approx(-3.0 / 1.02)
    whole = held([], CROSS, single_rate(1.0, 1.0), collateral=[coin("BTC", 3.0)])
    assert solvency_delta.hedge(whole.account, whole.rules, CROSS, "BTC").quantity == pytest.approx(-1.5)
    still = held([put(100.0, 1.0), call(100.0, -1.0), perpetual(1.0, 100.0)], PORTFOLIO)
    assert abs(solvency_delta.hedge(still.account, still.rules, PORTFOLIO, "BTC").quantity) < 1.1
