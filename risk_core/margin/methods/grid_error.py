"""What a finer grid of price moves finds beyond the rulebook's own: the worst case may lie between two rows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...rulebooks.portfolio import PortfolioRules
from ..charges import scan
from ..holding import Holding

FINER = 40
"""Parts that each gap of the grid is divided in."""


@dataclass(frozen=True, slots=True)
class GridError:
    """Worst loss of one underlying on the rulebook's rows and on a finer grid, dollars now. row: the finer worst."""

    name: str
    grid: float
    finer: float
    row: str

    @property
    def missed(self) -> float:
        """What the rulebook's rows miss, dollars."""
        return self.finer - self.grid


def grid_errors(holding: Holding) -> tuple[GridError, ...]:
    """Of each underlying held, where the pool is charged by rows that are sums of options; else none."""
    if holding.charge != "scan":
        return ()
    account, rules = holding.account, finer(holding.rules.scanned)
    pool, one = np.arange(len(holding.nets.quantity)), np.ones(1)
    found = []
    for u in np.unique(account.instruments.underlying[holding.nets.instrument]).tolist():
        fine = scan.charge(account, scan.side(account, holding.nets, pool, u), u, rules, one)
        row = scan.rows(rules).words(int(fine.worst[0]))
        found.append(GridError(account.underlyings[u], float(holding.now.charges[u].scan[0]), float(fine.scan[0]), row))
    return tuple(found)


def finer(rules: PortfolioRules, parts: int = FINER) -> PortfolioRules:
    """Rules with every gap between two moves in `parts` equal parts; each of their own moves stays one."""
    inside = [low + (high - low) * step / parts for low, high in pairwise(rules.moves) for step in range(1, parts)]
    return rules.model_copy(update={"moves": tuple(sorted({*rules.moves, *inside}))})
