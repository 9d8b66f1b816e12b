"""Simulated joint moves from daily deviations and correlations of the market."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ....arrays import Floats, frozen
from ....rulebooks.history import HistoryRules
from .correlation import of_market, repaired, root

NORMAL = 1e6
"""Degrees of freedom from which on a Student t is taken for normal."""


@dataclass(frozen=True, eq=False)
class Simulated:
    """log: (K, n) log returns over the horizon. notes: what was assumed and repaired."""

    log: Floats
    notes: tuple[str, ...]


@lru_cache(maxsize=64)
def simulated(names: tuple[str, ...], daily: tuple[float, ...], pairs: tuple[tuple[str, float], ...],
              rules: HistoryRules) -> Simulated:
    """Draws with mean 0, deviations `daily` × √horizon and the pairs' correlation, all of one seed; every draw with its
    mirror image.

    Student t with `degrees` of freedom, one mixing variable a row, so that underlyings go to extremes together, scaled
    to the same deviation; normal from NORMAL degrees on.
    """
    matrix, absent = of_market(dict(pairs), names)
    sound = repaired(matrix)
    rng = np.random.default_rng(int(rules.seed))
    half = (int(rules.draws) + 1) // 2
    draw = rng.standard_normal((half, len(names)))
    draw = np.concatenate([draw, -draw])[: int(rules.draws)]
    if rules.degrees < NORMAL:
        spread = np.sqrt((rules.degrees - 2.0) / rng.chisquare(rules.degrees, half))
        draw *= np.concatenate([spread, spread])[: int(rules.draws), None]
    notes = tuple(f"No correlation of {pair} in the market data: taken as 0." for pair in absent)
    if sound.changed:
        told = (f"The correlation matrix of the market is not positive semidefinite: the nearest one is used, largest "
                f"change of an entry {sound.moved:.2g}, Frobenius norm {sound.distance:.2g}.")
        notes = (*notes, told)
    return Simulated(frozen(draw @ root(sound.matrix) * np.array(daily) * np.sqrt(rules.horizon)), notes)
