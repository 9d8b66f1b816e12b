"""What a finer grid of price moves finds beyond the rulebook's own: the worst case may lie between two rows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ....rulebooks.portfolio import PortfolioRules
from ..demand import Pool
from .aggregate import book, words, worst

FINER = 40
"""Parts that each gap of the grid is divided in."""


@dataclass(frozen=True, slots=True)
class GridError:
    """Worst loss on the rulebook's rows and on a finer grid, dollars at the pool's first state.

    name: of the underlying, "" where rows are of all together. row: the worst on the finer grid in words, "" where
    nothing loses.
    """

    name: str
    grid: float
    finer: float
    row: str

    @property
    def missed(self) -> float:
        """What the rulebook's rows miss, dollars."""
        return self.finer - self.grid


class FinerRules(PortfolioRules):
    """Rules on a finer grid. beyond: moves further down or up than these stand with volatility up only."""

    beyond: tuple[float, float]

    def only_up(self, move: float) -> bool:
        low, high = self.beyond
        return self.outer_moves == "volatility up" and not low <= move <= high


def grid_errors(pool: Pool, rules: PortfolioRules, parts: int = FINER) -> tuple[GridError, ...]:
    """What each worst row misses; of underlyings that have rows."""
    errors = []
    every = range(len(pool.account.underlyings))
    own = [rules.of(pool.account.underlyings[u]) for u in every]
    coarse, fine = ([book(pool, alone(one, parts if finer else 1), u) for u, one in zip(every, own, strict=True)]
                    for finer in (False, True))
    found = worst(alone(rules, 1), coarse), worst(alone(rules, parts), fine)
    for grid, finer in zip(*found, strict=True):
        errors.append(GridError(grid.name, float(grid.loss[0]), float(finer.loss[0]), words(finer)))
    return tuple(errors)


def alone(rules: PortfolioRules, parts: int) -> FinerRules:
    """Rules of one underlying with every gap of their grid in `parts` equal parts, without tables of others."""
    moves = np.array(rules.moves)
    inside = moves[1:-1] if len(moves) > 2 else moves
    every = np.unique(np.concatenate([np.linspace(a, b, parts + 1) for a, b in pairwise(moves)]
                                     or [moves]))
    values = {name: getattr(rules, name) for name in PortfolioRules.model_fields}
    none = {"own_moves": (), "own_extended_rows": (), "own_rates": ()}
    return FinerRules.model_construct(**values | none | {
        "moves": tuple(every.tolist()), "beyond": (float(inside.min(initial=0.0)), float(inside.max(initial=0.0)))})

