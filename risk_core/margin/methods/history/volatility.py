"""Forecasts of daily deviation from a series of log returns: EWMA, and GARCH(1,1) fitted by likelihood.

EWMA (RiskMetrics Technical Document, 1996): s²(t+1) = λ s²(t) + (1 - λ) r²(t), from the mean square of the series.
GARCH(1,1) (T. Bollerslev, Journal of Econometrics 31, 1986): s²(t+1) = ω + α r²(t) + β s²(t) with ω = (1 - α - β) ×
mean square, so that the long-run variance is the series'; α, β by normal likelihood. Limits: mean zero; one series
at a time, correlations stay as they were; a GARCH fit on fewer than some 250 days is noise; it is fitted on the
whole series, so its early forecasts know what came later, as does the EWMA's start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....arrays import Floats
from ....rulebooks.history import HistoryRules

SHORTEST = 100
"""Days below which a GARCH fit is refused."""


@dataclass(frozen=True, eq=False)
class Forecast:
    """Daily deviations, decimals. then: (T,), forecast for each day from the days before it. now: for the next day.

    long_run: of the whole series.
    """

    then: Floats
    now: float
    long_run: float


def ewma(returns: Floats, decay: float) -> Forecast:
    """Exponentially weighted deviation of `returns` (T,), decay λ in [0, 1)."""
    return _recursion(returns, 0.0, 1.0 - decay, decay)


@dataclass(frozen=True)
class Garch:
    """Weights of GARCH(1,1): alpha of the last square, beta of the last variance; alpha + beta < 1."""

    alpha: float
    beta: float

    def forecast(self, returns: Floats) -> Forecast:
        """Deviation forecasts of a series (T,) with these weights."""
        square = float(np.mean(np.square(returns)))
        return _recursion(returns, (1.0 - self.alpha - self.beta) * square, self.alpha, self.beta)


def fit_garch(returns: Floats) -> Garch:
    """The weights most likely for `returns` (T,). Raises ValueError below SHORTEST days or without any movement."""
    if len(returns) < SHORTEST or not np.any(returns):
        raise ValueError(f"a GARCH fit needs at least {SHORTEST} days that are not all 0")
    from scipy.optimize import minimize  # here: the first page of the app does without it

    square = np.square(returns)

    def surprise(free: Floats) -> float:
        variance = np.square(_garch(free).forecast(returns).then)
        return float(np.mean(np.log(variance) + square / variance))

    found = minimize(surprise, x0=np.array([3.5, -2.5]), method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-10})
    return _garch(found.x)


def _garch(free: Floats) -> Garch:
    """Any two numbers as weights: persistence and the share of the last square in it, each kept inside (0, 1)."""
    persistence, share = np.clip(1.0 / (1.0 + np.exp(-np.clip(free, -30.0, 30.0))), 1e-6, 1.0 - 1e-6)
    return Garch(float(persistence * share), float(persistence * (1.0 - share)))


def _recursion(returns: Floats, constant: float, alpha: float, beta: float) -> Forecast:
    """S²(t+1) = constant + α r²(t) + β s²(t) from the mean square on."""
    from scipy.signal import lfilter  # here: importing it takes as long as the rest of the core

    square = np.square(returns)
    start = float(np.mean(square))
    after, _ = lfilter([1.0], [1.0, -beta], constant + alpha * square, zi=[beta * start])
    variance = np.concatenate([[start], after])
    return Forecast(np.sqrt(variance[:-1]), float(np.sqrt(variance[-1])), float(np.sqrt(start)))


def forecast(returns: Floats, rules: HistoryRules) -> Forecast:
    """The forecast a rulebook asks for, none of it below `volatility_floor` × the long-run deviation."""
    found = ewma(returns, rules.ewma_decay) if rules.filter == "EWMA" else fit_garch(returns).forecast(returns)
    least = rules.volatility_floor * found.long_run
    return Forecast(np.maximum(found.then, least), max(found.now, least), found.long_run)
