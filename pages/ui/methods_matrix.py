"""Scenarios of a method as something to look at: a matrix of price moves and volatility states, or a list by loss."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from risk_core.arrays import Floats, Ints
from risk_core.margin.methods.demand import Scenarios

WIDEST = 81
"""Price moves that still fit beside each other."""
TEN = 10
RANKS = {"up": 0, "same": 1, "down": 2}
STATES = {"skew": "skew tilted", "wings": "wings lifted"}


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
    states = tuple(sorted(dict.fromkeys(one.volatility), key=lambda state: RANKS.get(state, len(RANKS))))
    columns = np.unique(moves)
    row = np.full((len(states), len(columns)), -1, dtype=np.int64)
    beside = []
    for k, (move, state) in enumerate(zip(moves, one.volatility, strict=True)):
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
    return STATES.get(state, f"volatility {state}")


def volatility_factor(told: Matrix, y: int, x: int) -> float:
    """What a cell multiplies implied volatility by, 1 where it moves none."""
    factor = float(told.scenarios.volatility_factor[told.row[y, x]])
    return 1.0 if math.isnan(factor) else factor
