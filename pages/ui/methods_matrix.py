"""Scenarios of a method as something to look at: a matrix of price moves and volatility states, or a list by loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from risk_core.arrays import Floats, Ints
from risk_core.margin.methods.demand import Scenarios
from risk_core.margin.methods.scenarios.rows import table
from risk_core.margin.methods.scenarios.shocks import volatility
from risk_core.margin.rulebook_table import Asked

WIDEST = 81
"""Price moves that still fit beside each other."""
TEN = 10
RANKS = {"up": 0, "same": 1, "down": 2}


@dataclass(frozen=True, eq=False)
class Matrix:
    """Scenarios of one underlying, or of all moving alike, that form a grid, and those beside it.

    moves: (X,) relative, ascending. states: Y names. row: (Y, X) which scenario a cell is, -1 for none. beside: rows of
    the scenarios outside the grid.
    """

    scenarios: Scenarios
    moves: Floats
    states: tuple[str, ...]
    row: Ints
    beside: tuple[int, ...]

    @property
    def profit(self) -> Floats:
        """(Y, X) dollars, NaN where there is no scenario."""
        return np.where(self.row >= 0, np.asarray(self.scenarios.profit)[self.row], np.nan)

    @property
    def worst(self) -> tuple[int, int] | None:
        """Cell (y, x) of the scenario that sets the figure; None where that is beside the grid or nothing is lost."""
        setting = self.scenarios.setting
        if not setting or self.scenarios.profit[setting[0]] >= 0:
            return None
        at = np.argwhere(self.row == setting[0])
        return (int(at[0][0]), int(at[0][1])) if len(at) else None


def matrix(one: Scenarios) -> Matrix | None:
    """The grid of price moves and volatility states; None where moves are joint or too many to stand side by side.

    A price move belongs to the grid when it has more than half of the volatility states that the fullest one comes
    with, a state when it comes with at least half of those moves; a second scenario for the same cell (with a weight,
    say) stands beside it.
    """
    moves = np.asarray(one.move)
    if not len(moves) or np.isnan(moves).any() or len(np.unique(moves)) > WIDEST:
        return None
    named = [state.removeprefix("volatility ").replace("unchanged", "same") for state in one.volatility]
    states = tuple(sorted(dict.fromkeys(named), key=lambda state: RANKS.get(state, len(RANKS))))
    columns = np.unique(moves)
    row = np.full((len(states), len(columns)), -1, dtype=np.int64)
    beside = []
    for k, (move, state) in enumerate(zip(moves, named, strict=True)):
        cell = states.index(state), int(np.searchsorted(columns, move))
        if row[cell] >= 0:
            beside.append(k)
        else:
            row[cell] = k
    count = (row >= 0).sum(axis=0)
    kept = count * 2 > count.max()
    rows = (row[:, kept] >= 0).sum(axis=1) * 2 >= kept.sum()
    grid = row[np.ix_(rows, kept)]
    beside += sorted({int(k) for k in row.ravel() if k >= 0} - set(grid.ravel().tolist()))
    shown = tuple(state for state, has in zip(states, rows, strict=True) if has)
    return Matrix(one, columns[kept], shown, grid, tuple(sorted(beside)))


def worst_first(one: Scenarios, most: int = TEN) -> list[int]:
    """Rows of the scenarios with the largest losses, worst first."""
    return [int(k) for k in np.argsort(one.profit, kind="stable")[:most]]


def state_name(state: str) -> str:
    """A volatility state in words."""
    return f"volatility {state}" if state in RANKS else state


def volatility_factor(one: Asked, told: Matrix, y: int, x: int) -> float:
    """What a cell multiplies implied volatility by: the mean over the options held that it moves, 1 without any."""
    account, rules, name = one.holding.account, one.holding.rules, told.scenarios.underlying
    ins, k = account.instruments, int(told.row[y, x])
    held = np.unique(account.book.instrument)
    options = held[ins.is_option[held] & ((name == "") | (ins.underlying[held] == _index(account.underlyings, name)))]
    if rules.portfolio is not None and len(options):
        own = rules.portfolio.of(name) if name else rules.portfolio
        return float(np.mean(volatility(account, own, options, table(own).rows[k]) / ins.volatility[options]))
    if rules.greeks is not None and len(options):
        state = told.states[y]
        return {"up": 1.0 + rules.greeks.volatility_up, "down": 1.0 - rules.greeks.volatility_down}.get(state, 1.0)
    return 1.0


def _index(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else -1
