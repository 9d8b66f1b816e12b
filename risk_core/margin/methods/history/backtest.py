"""How a rulebook's joint moves would have fared: days of the history on which today's book lost more than its margin.

Each day's margin is measured on the `window` days before it, so nothing is known in advance. Kupiec's test asks whether
the count fits the level (P. Kupiec, "Techniques for verifying the accuracy of risk measurement models", Journal of
Derivatives 3, 1995): -2 ln of the likelihood at 1 - level over that at the rate counted, chi-squared with one degree of
freedom. Limits: one day's horizon, no volatility scaling and no stress rows, whose forecasts and choice know the whole
history; the book and its options stand still at today's expiries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import chdtrc, xlogy

from ....arrays import Floats
from ....rulebooks.history import HistoryRules
from ..demand import Pool
from . import moves
from .charge import measured
from .revaluation import profits


@dataclass(frozen=True)
class Backtest:
    """Count of days tested, of those with a loss above maintenance margin, and Kupiec's statistic of the level."""

    days: int
    exceptions: int
    level: float

    @property
    def expected(self) -> float:
        """Days a right level would give."""
        return self.days * (1.0 - self.level)

    @property
    def statistic(self) -> float:
        """Kupiec's likelihood ratio, at least 0; 0 where the rate is exactly 1 - level."""
        return kupiec(self.exceptions, self.days, self.level)

    @property
    def chance(self) -> float:
        """How often a right level gives a count at least as odd (p-value)."""
        return float(chdtrc(1.0, self.statistic))


def kupiec(exceptions: int, days: int, level: float) -> float:
    """Kupiec's likelihood ratio of `exceptions` in `days` at `level`."""
    rest, rate = days - exceptions, exceptions / days
    counted = xlogy(exceptions, rate) + xlogy(rest, 1.0 - rate)
    asked = xlogy(exceptions, 1.0 - level) + xlogy(rest, level)
    return max(float(2.0 * (counted - asked)), 0.0)


def counted(loss: Floats, rules: HistoryRules) -> Backtest:
    """The test of losses of one day each (T,), the oldest first. Raises ValueError where T is not above the window."""
    window = int(rules.window)
    if len(loss) <= window:
        raise ValueError(f"a backtest needs more than {window} days, there are {len(loss)}")
    before = sliding_window_view(loss[:-1], window)
    margin = measured(before, np.full(window, 1.0 / window), rules, rules.maintenance_level)
    asked = rules.maintenance_factor * np.maximum(margin, 0.0)
    return Backtest(len(before), int((loss[window:] > asked).sum()), rules.maintenance_level)


def backtest(pool: Pool, own: HistoryRules) -> Backtest:
    """The test of a pool at its first state on the whole history of its underlyings. Raises as `counted`, Refused."""
    whole = {"moves": "daily history", "window": 1e5, "horizon": 1.0, "filter": "none", "age_decay": 1.0,
             "stress_rows": ()}
    plain = own.model_copy(update=whole)
    at, joint = moves.moved(pool.account, plain), moves.joint(pool.account, plain)
    profit = profits(pool, at, joint.columns, own.volatility_beta, collateral=own.collateral == "moves too")
    return counted(-np.asarray(sum(profit))[0], own)
