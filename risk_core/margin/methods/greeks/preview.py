"""The preview's demand, and its error against full revaluation of the same rows.

Our own design: loss = −(δ dS + γ/2 dS² + ν dσ + θ dt), the worst of a grid of moves per underlying. It is exact for
linear books and small moves; short-dated options at large moves are where it is wrong, and `error` says by how much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....arrays import Floats, Ints
from ....rulebooks.greeks import GreekRules
from ..demand import Demand, Part, Pool, Scenarios, mean_factor
from .rows import STATES, by_greeks, by_revaluation, rows


def demand(pool: Pool, own: GreekRules) -> Demand:
    """The worst row of each underlying by Greeks."""
    profit = by_greeks(pool, own)
    held = _held(pool)
    loss = np.maximum(-profit.min(axis=1), 0.0)
    names = pool.account.underlyings
    parts = tuple(Part("greeks.moves", f"Worst row by Greeks, {names[u]}", names[u], own.initial_factor * loss[:, u],
                       loss[:, u], is_core=True) for u in held)
    scenarios = tuple(_scenarios(pool, int(u), own, profit[0, :, u]) for u in held)
    return Demand(parts, scenarios, _words(pool, own, held, profit), pool.states)


@dataclass(frozen=True, slots=True)
class Error:
    """The preview of one underlying beside full revaluation of the same rows, dollars.

    preview, revaluation: loss of the worst row each finds, at least 0. error: preview − revaluation, below 0 where the
    preview asks too little. largest: the largest difference of a row's profit. row: that row in words.
    """

    underlying: str
    preview: float
    revaluation: float
    largest: float
    row: str

    @property
    def error(self) -> float:
        return self.preview - self.revaluation


def errors(pool: Pool, own: GreekRules) -> tuple[Error, ...]:
    """Error of the preview at the pool's first state, of each underlying that is held."""
    one = Pool(pool.account, pool.quantity[:1], pool.factors[:1], pool.collateral)
    greeks, full, table = by_greeks(one, own)[0], by_revaluation(one, own)[0], rows(own)
    found = []
    for u in _held(one):
        gap = np.abs(greeks[:, u] - full[:, u])
        row = int(np.argmax(gap))
        found.append(Error(pool.account.underlyings[u], max(-float(greeks[:, u].min()), 0.0),
                           max(-float(full[:, u].min()), 0.0), float(gap[row]), table.words(row)))
    return tuple(found)


def _held(pool: Pool) -> Ints:
    return np.unique(pool.account.instruments.underlying)


def _scenarios(pool: Pool, u: int, rules: GreekRules, profit: Floats) -> Scenarios:
    table, ins = rows(rules), pool.account.instruments
    options = np.count_nonzero(ins.is_option & (ins.underlying == u) & (pool.quantity[0] != 0))
    factor = mean_factor(np.repeat(1.0 + table.volatility[:, None], options, axis=1))
    words, states = tuple(map(table.words, range(len(profit)))), tuple(STATES[int(state)] for state in table.state)
    return Scenarios(pool.account.underlyings[u], words, table.move, states, factor, profit, (int(np.argmin(profit)),))


def _words(pool: Pool, rules: GreekRules, held: Ints, profit: Floats) -> str:
    """The row that sets most of the figure, and how far full revaluation is away."""
    if not len(held):
        return "Nothing is held that needs margin."
    u = int(held[int(np.argmax(-profit[0, :, held].min(axis=1)))])
    row, loss = int(np.argmin(profit[0, :, u])), max(-float(profit[0, :, u].min()), 0.0)
    one = Pool(pool.account, pool.quantity[:1], pool.factors[:1], pool.collateral)
    full = max(-float(by_revaluation(one, rules)[0, :, u].min()), 0.0)
    gap = loss - full
    aside = "as full revaluation does" if abs(gap) < 0.5 else (
        f"full revaluation of the same rows {full:,.0f} USD, {abs(gap):,.0f} {'less' if gap > 0 else 'more'}")
    where = f"{pool.account.underlyings[u]} {rows(rules).words(row)}"
    return f"{where}: the preview by Greeks loses {loss:,.0f} USD, {aside}."
