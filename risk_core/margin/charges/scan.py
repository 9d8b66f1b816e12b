"""Charge by scenario scan: each underlying's worst row, a minimum for short options, an add-on for hedged notional.

The pipeline is data: rows of (price move, volatility state, weight), a volatility rule, the worst row as aggregate,
add-ons, and a factor from maintenance to initial. Portfolio margin of the `generic` rulebook is one set of values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...arrays import Floats, Ints, frozen
from ...portfolio.account_file import Account
from ...rulebooks.portfolio import PortfolioRules
from ...valuation import black76
from ..netting import Nets

_STATES = {"up": 1, "same": 0, "down": -1}
_WORDS = {1: "volatility up", 0: "volatility unchanged", -1: "volatility down"}


@dataclass(frozen=True, eq=False)
class Rows:
    """Scenario rows, all (K,): relative price move, volatility state (1 up, 0 same, -1 down), weight on the profit."""

    move: Floats
    state: Ints
    weight: Floats

    def words(self, row: int) -> str:
        """The row in words, such as `−12 %, volatility up`."""
        move = self.move[row]
        sign = "+" if move > 0 else "−" if move < 0 else "±"
        weight = "" if self.weight[row] == 1 else f", weight {self.weight[row]:.2f}"
        return f"{sign}{abs(move) * 100:.4g} %, {_WORDS[int(self.state[row])]}{weight}"


@lru_cache(maxsize=64)
def rows(rules: PortfolioRules) -> Rows:
    """The rows of a rulebook: price ascending, volatility up, same, down; then its extended rows."""
    grid = [(move, state, 1.0) for move in rules.moves for state in (1, 0, -1)]
    grid += [(row.move, _STATES[row.volatility], row.weight) for row in rules.extended_rows]
    move, state, weight = zip(*grid, strict=True)
    return Rows(frozen(move), frozen(state, np.int64), frozen(weight))


def shocked_volatility(account: Account, rules: PortfolioRules, instrument: Ints) -> Floats:
    """Total volatility v = σ√T of options in each row, (K, len(instrument))."""
    return np.asarray(account.instruments.total_volatility[instrument] * volatility_factor(account, rules, instrument))


def volatility_factor(account: Account, rules: PortfolioRules, instrument: Ints) -> Floats:
    """What each row multiplies σ of options by, (K, len(instrument)): 1 + u h or 1 - d h, at least 0."""
    ins, scan_rows = account.instruments, rows(rules)
    days = np.maximum(ins.years[instrument] * 365.0, rules.floor_days)
    power = np.where(ins.years[instrument] * 365.0 < rules.pivot_days, rules.short_power, rules.long_power)
    scale = (rules.pivot_days / days) ** power
    state = scan_rows.state[:, None]
    change = np.where(state > 0, rules.volatility_up * scale, np.where(state < 0, -rules.volatility_down * scale, 0.0))
    return np.asarray(np.maximum(1.0 + change, 0.0))


def unit_profit(account: Account, rules: PortfolioRules) -> Floats:
    """Dollar profit of one unit of each option in each row, before weights, (K, I); 0 for other instruments."""
    ins, table = account.instruments, rows(rules)
    out = np.zeros((len(table.move), len(ins.keys)))
    at = np.flatnonzero(ins.is_option)
    if len(at):
        strike, is_call, forward = ins.strike[at], ins.is_call[at], ins.forward[at]
        moved = (1.0 + table.move[:, None]) * forward
        then = black76.price(moved, strike, shocked_volatility(account, rules, at), is_call)
        now = black76.price(forward, strike, ins.total_volatility[at], is_call)
        out[:, at] = ins.unit[at] * (then - now)
    return out


@dataclass(frozen=True, eq=False)
class Side:
    """What a pool holds of one underlying: futures and perpetuals as dollar deltas, and netted options.

    linear: (n,) q × mark now, moves with the price. face: (n,) signed face of inverse contracts, does not.
    option, size: (o,) instruments and net quantities. short: units of short options.
    """

    linear: Floats
    face: Floats
    option: Ints
    size: Floats

    @property
    def short(self) -> float:
        return float(-np.minimum(self.size, 0.0).sum())


def side(account: Account, nets: Nets, pool: Ints, underlying: int) -> Side:
    """The nets `pool` of one underlying."""
    ins = account.instruments
    mine = pool[ins.underlying[nets.instrument[pool]] == underlying]
    inst, quantity = nets.instrument[mine], nets.quantity[mine]
    option, inverse = ins.is_option[inst], ins.inverse[inst]
    return Side(
        (quantity * ins.mark[inst])[~option & ~inverse],
        quantity[~option & inverse],
        inst[option],
        quantity[option],
    )


@dataclass(frozen=True, eq=False)
class Charge:
    """The charge of one underlying at S prices, dollars, all (S,) but loss.

    loss: (S, K) of each row. worst: the row that sets it, the first within the rulebook's tie of the worst.
    """

    loss: Floats
    worst: Ints
    scan: Floats
    minimum: Floats
    hedged: Floats
    option_value: Floats

    @property
    def total(self) -> Floats:
        """Maintenance margin of the underlying, dollars."""
        return np.maximum(self.scan, self.minimum) + self.hedged


def _options_worth(account: Account, held: Side, rules: PortfolioRules, factor: Floats) -> Floats:
    """Dollar value of the options of `held` with the price multiplied by factor (S,): in each row, and now; (K+1, S).

    Priced in units of the forward, so that logarithms are few.
    """
    ins, option = account.instruments, held.option
    moved = np.outer(np.append(1.0 + rows(rules).move, 1.0), factor)
    v = np.vstack([shocked_volatility(account, rules, option), ins.total_volatility[option]]).T[:, :, None]
    strike, is_call = (column[option, None, None] for column in (ins.strike / ins.forward, ins.is_call))
    value = black76.price(moved, strike, v, is_call)
    value *= (held.size * ins.unit[option] * ins.forward[option])[:, None, None]
    return np.asarray(value.sum(axis=0))  # not BLAS, whose sums depend on how many rows there are


def charge(account: Account, held: Side, underlying: int, rules: PortfolioRules, factor: Floats,
           tie: float = 0.0) -> Charge:
    """The charge of `held` with the underlying's price multiplied by factor (S,); `tie` in dollars."""
    scan_rows = rows(rules)
    delta = held.linear.sum() * factor + held.face.sum()
    profit = delta[:, None] * scan_rows.move
    value = np.zeros(len(factor))
    if len(held.option):
        worth = _options_worth(account, held, rules, factor)
        value = worth[-1]
        profit = profit + (worth[:-1] - value).T
    loss = -profit * scan_rows.weight
    worst_loss = loss.max(axis=1)
    worst = np.argmax(loss >= (worst_loss - tie)[:, None], axis=1)
    minimum = rules.short_option_minimum * account.index[underlying] * factor * held.short
    gross = np.abs(held.linear).sum() * factor + np.abs(held.face).sum()
    hedged = rules.hedged_rate * 0.5 * (gross - np.abs(delta))
    return Charge(loss, worst, worst_loss, minimum, hedged, value)
