"""Greeks of one unit of every instrument at states: what methods by sensitivities are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...arrays import Floats, Ints
from ...portfolio.account_file import Account
from ...valuation import black76
from ...valuation.sensitivities import discount_rate
from .demand import Pool


@dataclass(frozen=True, eq=False)
class Exposures:
    """Of one unit of each instrument at S states, all (S, I).

    delta: dollars per relative move of the price (1 = +100 %). gamma: change of delta per relative move, dollars.
    vega: dollars per volatility point. theta: dollars a day.
    """

    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats


def exposures(account: Account, factors: Floats) -> Exposures:
    """Exposures with the underlyings' prices multiplied by factors (S, U).

    Forwards move with the index, volatility stays with its strike. Inverse perpetuals and futures count their face;
    inverse options are valued in dollars. Distinct prices of an underlying are worked out once.
    """
    ins = account.instruments
    moved = factors[:, ins.underlying]
    delta = np.where(ins.inverse, 1.0, ins.mark * moved)
    out = Exposures(delta, *(np.zeros_like(delta) for _ in range(3)))
    for u in np.unique(ins.underlying[ins.is_option]):
        at = np.flatnonzero(ins.is_option & (ins.underlying == u))
        distinct, back = np.unique(factors[:, u], return_inverse=True)
        columns = out.delta, out.gamma, out.vega, out.theta
        for column, value in zip(columns, _options(account, at, distinct), strict=True):
            column[:, at] = value[back]
    return out


def _options(account: Account, at: Ints, factor: Floats) -> tuple[Floats, ...]:
    """Of options `at` of one underlying with its price multiplied by factor (n,), each (n, len(at))."""
    ins = account.instruments
    forward = factor[:, None] * ins.forward[at]
    g = black76.greeks(forward, ins.strike[at], ins.volatility[at], ins.years[at], np.ones(len(at)), ins.is_call[at],
                       discount_rate(account, at))
    unit = ins.unit[at]
    return unit * forward * g.delta, unit * forward**2 * g.gamma, unit * g.vega, unit * g.theta


def by_underlying(account: Account, values: Floats) -> Floats:
    """Sums of instruments' values (S, I) by underlying, (S, U)."""
    out = np.zeros((len(values), len(account.underlyings)))
    np.add.at(out.T, account.instruments.underlying, values.T)
    return out


def held(pool: Pool) -> Exposures:
    """Exposures of what the pool holds, dollars (S, I)."""
    one = exposures(pool.account, pool.factors)
    return Exposures(*(pool.quantity * column for column in (one.delta, one.gamma, one.vega, one.theta)))
