"""E7: histories that say next to nothing: one row, all rows alike, no loss at all."""

import math

import numpy as np
import pytest

from risk_core.margin.methods.history import moves, tail, volatility
from risk_core.market_history.daily import Returns, daily
from risk_core.rulebooks import load
from tests.core.books import DAY, call, document, perpetual, result

TAIL_RULES = ("Hull", "lower", "higher", "interpolated")
ES_RULES = ("weighted", "beyond the VaR row", "VaR row inside")
LEVELS = (0.0, 0.5, 0.99)


def measured(losses):
    """Value at risk and expected shortfall of losses of equal probability by every rule, at every level."""
    losses = np.array([losses], dtype=np.float64)
    found = tail.tail(losses, np.full(losses.shape[1], 1.0 / losses.shape[1]))
    for level in LEVELS:
        yield from (float(tail.value_at_risk(found, level, rule)[0]) for rule in TAIL_RULES)
        yield from (float(tail.expected_shortfall(found, level, rule)[0]) for rule in ES_RULES)


@pytest.mark.parametrize(("losses", "each"), [
    ([0.0] * 250, 0.0), ([0.0], 0.0),                  # all-zero losses
    ([12.5], 12.5), ([-3.0], -3.0),                    # a one-row history
    ([12.5] * 250, 12.5), ([-3.0] * 7, -3.0),          # an all-equal history
])
def test_E7_the_tail_of_losses_that_are_all_alike_is_that_loss(losses, each):
    assert list(measured(losses)) == pytest.approx([each] * len(LEVELS) * 7, rel=1e-12)


@pytest.fixture
def replayed(monkeypatch):
    """`replayed(log)`: BTC's shipped series gives way to these daily log returns."""
    def stand_in(log):
        table = Returns(daily().dates[:len(log)], ("BTC",), np.array(log, dtype=np.float64)[:, None])
        monkeypatch.setattr(moves, "daily", lambda: table)
        moves._historical.cache_clear()

    yield stand_in
    moves._historical.cache_clear()


def charge(legs, base="historical-var", **history):
    """(maintenance margin, worst row in words) of a portfolio pool."""
    mode = result(document(legs, 1_000, rules={"base": base, "override": {"history": history}}), "portfolio")
    return mode.head.maintenance_margin, mode.worst


@pytest.mark.parametrize("base", ["historical-var", "expected-shortfall"])
@pytest.mark.parametrize("count", [1, 300])
def test_E7_a_one_row_and_an_all_equal_history_charge_that_days_loss(replayed, base, count):
    """Long 10 at 100 loses 1,000 (1 − e^−0.05) on every day there is; a short loses nothing, and less than nothing is not asked."""
    replayed([-0.05] * count)
    asked, told = charge([perpetual(10.0, 100.0)], base, filter="none")
    assert asked == pytest.approx(1_000.0 * -math.expm1(-0.05), rel=1e-9) and "−4.88 %" in told
    asked, told = charge([perpetual(-10.0, 100.0)], base, filter="none")
    assert asked == 0.0 and "loses nothing" in told


def test_E7_a_history_in_which_nothing_moves_charges_nothing(replayed):
    """All losses 0, of options too: neither a scaling by their deviation of 0 nor a tail makes a figure of it."""
    replayed([0.0] * 300)
    for name, legs in (("none", [perpetual(10.0, 100.0), call(110.0, -5.0, seconds=30 * DAY)]), ("EWMA", [perpetual(10.0, 100.0)])):
        assert charge(legs, filter=name)[0] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("returns", [[0.0] * 300, [0.01], [0.0], [-0.02, -0.02]])
def test_E7_a_series_that_is_short_or_never_moves_is_not_fitted(returns):
    rules = load.resolve({"base": "filtered-var", "override": {"history": {"filter": "GARCH(1,1)"}}}).rules.history
    with pytest.raises(ValueError, match="a GARCH fit needs at least 100 days that are not all 0"):
        volatility.forecast(np.array(returns), rules)
    found = volatility.ewma(np.array(returns), 0.94)
    assert found.now == pytest.approx(abs(returns[0])) and np.isfinite(found.then).all()


def test_E7_a_garch_fit_of_an_all_equal_history_is_its_own_deviation():
    found = volatility.fit_garch(np.full(300, 0.01)).forecast(np.full(300, 0.01))
    assert found.now == pytest.approx(0.01) and found.then == pytest.approx(0.01)
