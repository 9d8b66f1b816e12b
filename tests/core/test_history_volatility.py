"""Volatility forecasts: EWMA and GARCH(1,1) against their definitions, and the floor."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_core.margin.methods.history.volatility import Garch, ewma, fit_garch, forecast
from risk_core.market_history.daily import daily
from risk_core.rulebooks import load

returns = st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=60).map(np.array)
decays = st.sampled_from((0.0, 0.5, 0.94, 0.97)) | st.floats(0.0, 0.999)


def by_hand(values, constant, alpha, beta):
    """Forecasts day by day, the last for the day after the series."""
    variance = [float(np.mean(values**2))]
    for value in values:
        variance.append(constant + alpha * value**2 + beta * variance[-1])
    return np.sqrt(variance)


@given(values=returns, decay=decays)
def test_R14_the_recursion_is_the_one_of_the_definition(values, decay):
    found, want = ewma(values, decay), by_hand(values, 0.0, 1.0 - decay, decay)
    assert np.allclose(np.append(found.then, found.now), want, rtol=1e-9, atol=1e-12)
    assert (found.then >= 0).all() and found.now >= 0


@given(values=returns, decay=decays, k=st.floats(-100, 100))
def test_R14_scaled_returns_scale_the_forecast(values, decay, k):
    one, other = ewma(values, decay), ewma(k * values, decay)
    assert np.allclose(other.then, abs(k) * one.then, rtol=1e-9, atol=1e-12) and np.isclose(other.now, abs(k) * one.now)


def test_R14_constant_returns_are_their_own_deviation():
    assert np.allclose(ewma(np.full(50, -0.02), 0.94).then, 0.02)
    turned = np.concatenate([np.full(500, 0.01), np.full(500, 0.05)])
    assert ewma(turned, 0.94).now == pytest.approx(0.05, rel=1e-6)


def test_R14_the_floor_is_monotone_and_holds_now_and_then():
    rules, before = load.load("filtered-var").rules.history, 0.0
    series = daily().of("BTC")
    for floor in (0.0, 0.5, 1.0, 2.0):
        found = forecast(series, rules.model_copy(update={"volatility_floor": floor}))
        assert min(found.then.min(), found.now) >= floor * found.long_run and found.then.mean() >= before
        before = found.then.mean()


def test_a_garch_fit_finds_the_weights_a_series_was_drawn_with():
    rng, true = np.random.default_rng(3), Garch(0.1, 0.85)
    values, variance = [], 0.02**2
    for _ in range(6000):
        values.append(np.sqrt(variance) * rng.standard_normal())
        variance = 0.05 * 0.02**2 + true.alpha * values[-1] ** 2 + true.beta * variance
    found = fit_garch(np.array(values))
    assert abs(found.alpha - 0.1) < 0.03 and abs(found.beta - 0.85) < 0.05


def test_a_garch_forecast_is_its_recursion_and_returns_to_the_long_run():
    values = np.random.default_rng(4).normal(0.0, 0.03, 300)
    found = Garch(0.1, 0.8).forecast(values)
    assert np.allclose(np.append(found.then, found.now), by_hand(values, 0.1 * np.mean(values**2), 0.1, 0.8))
    quiet = Garch(0.1, 0.8).forecast(np.append(values, np.zeros(400)))
    assert quiet.now == pytest.approx(np.sqrt(0.1 * quiet.long_run**2 / 0.2), rel=1e-6)


@pytest.mark.parametrize("values", [np.full(99, 0.01), np.zeros(500)])
def test_a_garch_fit_of_too_little_is_refused(values):
    with pytest.raises(ValueError, match="at least"):
        fit_garch(values)
