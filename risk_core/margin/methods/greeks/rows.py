"""Rows of the preview: profit by Greeks, and by full revaluation of the same moves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ....arrays import Floats, frozen
from ....rulebooks.greeks import GreekRules
from ....valuation import black76
from ....valuation.sensitivities import discount_rate
from .. import exposures
from ..demand import Pool

YEAR = 365.0
STATES = {1: "up", 0: "same", -1: "down"}


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows, all (K,): relative price move, relative change of volatility, and which way that is (1, 0, -1)."""

    move: Floats
    volatility: Floats
    state: Floats

    def words(self, row: int) -> str:
        """The row in words, such as `−12 %, volatility up`."""
        move, state = self.move[row], STATES[int(self.state[row])]
        sign = "+" if move > 0 else "−" if move < 0 else "±"
        return f"{sign}{abs(move) * 100:.4g} %, volatility {'unchanged' if state == 'same' else state}"


@lru_cache(maxsize=64)
def rows(rules: GreekRules) -> Rows:
    """Every price move with volatility up, same and down."""
    change = {1: rules.volatility_up, 0: 0.0, -1: -rules.volatility_down}
    grid = [(move, change[state], float(state)) for move in rules.moves for state in (1, 0, -1)]
    move, volatility, state = zip(*grid, strict=True)
    return Rows(frozen(move), frozen(volatility), frozen(state))


def by_greeks(pool: Pool, rules: GreekRules) -> Floats:
    """Profit of each row by δ dS + γ/2 dS² + ν dσ + θ dt, dollars (S, K, U)."""
    account, table = pool.account, rows(rules)
    held = exposures.held(pool)
    points = np.where(account.instruments.is_option, account.instruments.volatility, 0.0) * 100.0
    delta, gamma, vega, theta = (exposures.by_underlying(account, one)[:, None, :]
                                 for one in (held.delta, held.gamma, held.vega * points, held.theta))
    move, volatility = table.move[:, None], table.volatility[:, None]
    return np.asarray(delta * move + 0.5 * gamma * move**2 + vega * volatility + theta * rules.days)


def by_revaluation(pool: Pool, rules: GreekRules) -> Floats:
    """Profit of the same rows with every option valued anew, dollars (S, K, U); an option that expires pays off."""
    account, table, ins = pool.account, rows(rules), pool.account.instruments
    out = (pool.quantity * np.where(ins.inverse, 1.0, ins.mark * pool.factors[:, ins.underlying]))[:, None, :]
    profit = np.where(ins.is_option, 0.0, out) * table.move[:, None]
    at = np.flatnonzero(ins.is_option)
    if len(at):
        profit[:, :, at] = pool.quantity[:, None, at] * _options(pool, rules)
    return np.stack([profit[:, :, ins.underlying == u].sum(axis=2) for u in range(len(account.underlyings))], axis=2)


def _options(pool: Pool, rules: GreekRules) -> Floats:
    """Profit of one unit of each option, dollars (S, K, o)."""
    table, ins = rows(rules), pool.account.instruments
    at = np.flatnonzero(ins.is_option)
    now = pool.factors[:, None, ins.underlying[at]] * ins.forward[at]
    left = np.maximum(ins.years[at] - rules.days / YEAR, 0.0)
    grown = np.exp(discount_rate(pool.account, at) * (ins.years[at] - left))
    v = ins.volatility[at] * np.sqrt(left) * (1.0 + table.volatility[:, None])
    then = grown * black76.price(now * (1.0 + table.move[:, None]), ins.strike[at], v[None], ins.is_call[at])
    before = black76.price(now, ins.strike[at], ins.total_volatility[at], ins.is_call[at])
    return np.asarray(ins.unit[at] * (then - before))
