"""Counts of days that lost more than the margin of the days before, against a direct count, and Kupiec's statistic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_core.margin.holding import whole_pool
from risk_core.margin.methods.history.backtest import Backtest, backtest, counted, kupiec
from risk_core.market_history.daily import daily
from risk_core.rulebooks import load
from tests.core.books import document, held, perpetual

RULES = load.load("historical-var").rules.history


@given(seed=st.integers(0, 1000), window=st.sampled_from((20, 50)), level=st.sampled_from((0.9, 0.95, 0.98)))
def test_R13_the_count_is_the_direct_one(seed, window, level):
    loss = np.random.default_rng(seed).standard_t(4, 150)
    own = RULES.model_copy(update={"window": float(window), "maintenance_level": level})
    row = int(np.ceil(round((1 - level) * window, 9)))
    direct = sum(loss[i] > max(sorted(loss[i - window:i], reverse=True)[row - 1], 0.0) for i in range(window, len(loss)))
    assert counted(loss, own) == Backtest(150 - window, direct, level)


@given(exceptions=st.integers(1, 250), each=st.sampled_from((10, 100)), count=st.integers(0, 250))
def test_R13_kupiec_is_0_where_the_rate_is_the_level_and_never_below(exceptions, each, count):
    assert kupiec(exceptions, each * exceptions, 1.0 - 1.0 / each) == pytest.approx(0.0, abs=1e-9)
    assert kupiec(count, 250, 1.0 - 1.0 / each) >= 0.0


def test_R13_the_statistic_at_known_counts():
    """-2 ln of 0.99^250 over 1, and of 7 in 250: 0.01^7 0.99^243 over 0.028^7 0.972^243."""
    assert kupiec(0, 250, 0.99) == pytest.approx(-500 * np.log(0.99))
    assert kupiec(7, 250, 0.99) == pytest.approx(2 * (7 * np.log(2.8) + 243 * np.log(0.972 / 0.99)))
    assert Backtest(250, 7, 0.99).chance < 0.05 < Backtest(250, 4, 0.99).chance and Backtest(250, 4, 0.99).expected == pytest.approx(2.5)


def test_a_long_bitcoin_over_its_whole_history():
    doc = document([perpetual(1.0, 100.0)], 1e6, rules="historical-var")
    holding = held(doc, "portfolio")
    found = backtest(whole_pool(holding.account, holding.nets, np.ones((1, 1))), holding.rules.history)
    loss = -np.expm1(daily().of("BTC"))
    assert found.days == len(loss) - 500
    assert found.exceptions == sum(loss[i] > np.sort(loss[i - 500:i])[-5] for i in range(500, len(loss)))
    assert 0.3 * found.expected < found.exceptions < 3 * found.expected


def test_fewer_days_than_the_window_cannot_be_tested():
    with pytest.raises(ValueError, match="more than 500 days"):
        counted(np.zeros(500), RULES)
