"""The rows of a rulebook: grid, then extended rows, each a price move with a state of volatility, weight and days."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from ....arrays import Flags, Floats, frozen
from ....rulebooks.portfolio import PortfolioRules

STATES = {"up, same, down": ("up", "same", "down"), "up, down": ("up", "down"), "same": ("same",)}
WORDS = {"up": "volatility up", "same": "volatility unchanged", "down": "volatility down", "skew": "skew tilted",
         "wings": "wings lifted"}


class Row(NamedTuple):
    """One row. points: whether its volatility moves by points, not relatively."""

    move: float
    state: str
    points: bool = False
    weight: float = 1.0
    days: float = 0.0
    extended: bool = False

    @property
    def volatility(self) -> str:
        """The state of volatility in words."""
        return WORDS[self.state] + (" by points" if self.points else "")

    def key(self, *, beside: bool) -> str:
        """The state of volatility as `Scenarios` has it; beside: rows by points stand beside relative ones."""
        return f"{self.state} by points" if self.points and beside else self.state

    @property
    def words(self) -> str:
        """The row in words, such as `−12 %, volatility up`."""
        sign = "+" if self.move > 0 else "−" if self.move < 0 else "±"
        weight = "" if self.weight == 1 else f", weight {self.weight:.2f}"
        later = "" if not self.days else f", {self.days:g} {'day' if self.days == 1 else 'days'} later"
        return f"{sign}{abs(self.move) * 100:.4g} %, {self.volatility}{later}{weight}"


@dataclass(frozen=True, eq=False)
class Table:
    """The K rows of one underlying; move, weight, days (K,), extended (K,) whether a row lies beside the grid."""

    rows: tuple[Row, ...]
    move: Floats
    weight: Floats
    days: Floats
    extended: Flags


@lru_cache(maxsize=256)
def table(rules: PortfolioRules) -> Table:
    """The rows of `rules`: moves rising, in each the states of volatility; then the extended rows."""
    states = {move: ("up",) if rules.only_up(move) else STATES[rules.grid_states] for move in rules.moves}
    grid = [Row(move, state, points) for move in rules.moves for state in states[move]
            for points in _by_points(rules, state)]
    beside = [Row(row.move, row.volatility, points, row.weight, row.days, True) for row in rules.extended_rows
              for points in _by_points(rules, row.volatility)]
    rows = (*grid, *beside)
    return Table(rows, frozen([row.move for row in rows]), frozen([row.weight for row in rows]),
                 frozen([row.days for row in rows]), frozen([row.extended for row in rows], bool))


def _by_points(rules: PortfolioRules, state: str) -> tuple[bool, ...]:
    """Whether a row's volatility moves by points; both where the worse of the two counts."""
    if state not in {"up", "down"}:
        return (False,)
    return {"relative": (False,), "points": (True,), "worse of both": (False, True)}[rules.volatility_shock]
