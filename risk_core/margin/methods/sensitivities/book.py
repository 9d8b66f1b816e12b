"""From a pool to its sensitivities: delta per underlying, vega per underlying and expiry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....arrays import Floats
from ....rulebooks.sensitivities import SensitivityRules
from .. import exposures
from ..demand import Pool
from .simm import Sensitivity
from .spread import YEAR

PRODUCTS = {"equity": "Equity", "commodity": "Commodity"}


def sensitivities(pool: Pool, rules: SensitivityRules) -> tuple[list[Sensitivity], Floats]:
    """Columns and dollar amounts (S, m): delta per +1 %, vega per volatility point at each days to expiry.

    Options of one underlying and one expiry are added; delta of futures, perpetuals and options is one amount.
    """
    account, ins = pool.account, pool.account.instruments
    held = exposures.held(pool)
    columns: list[Sensitivity] = []
    amounts: list[Floats] = []
    delta = exposures.by_underlying(account, 0.01 * held.delta)
    for u in np.unique(ins.underlying):
        columns.append(_column(rules, account.underlyings[u], "delta"))
        amounts.append(delta[:, u])
    years = np.where(ins.is_option, ins.years, np.nan)
    for u, expiry in np.unique(np.stack([ins.underlying, years])[:, ins.is_option], axis=1).T:
        mine = (ins.underlying == u) & (years == expiry)
        columns.append(_column(rules, account.underlyings[int(u)], "vega", expiry * YEAR))
        amounts.append(held.vega[:, mine].sum(axis=1))
    return columns, np.stack(amounts, axis=1) if amounts else np.zeros((pool.states, 0))


def _column(rules: SensitivityRules, underlying: str, measure: str, days: float = np.nan) -> Sensitivity:
    risk, bucket = rules.place(underlying)
    return Sensitivity(PRODUCTS[risk], risk, measure, underlying, bucket, days)


def largest(columns: Sequence[Sensitivity], amount: Floats) -> str:
    """The largest sensitivity of a state in words, amounts (m,)."""
    if not len(columns) or not np.abs(amount).max() > 0:
        return "no sensitivity is held"
    one, size = columns[int(np.argmax(np.abs(amount)))], float(amount[np.argmax(np.abs(amount))])
    sign = "−" if size < 0 else ""
    if one.measure == "delta":
        return f"{one.name} delta {sign}{abs(size):,.0f} USD per +1 %"
    return f"{one.name} vega {sign}{abs(size):,.0f} USD per volatility point at {one.days:,.0f} days"
