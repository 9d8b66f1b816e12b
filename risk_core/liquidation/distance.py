"""How far a level is: in percent of the price and in daily standard deviations."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..portfolio.deviation import daily_volatility
from ..portfolio.market import Underlying

USUAL = 0.03
"""Daily standard deviation that orders levels among others where the market gives none."""


@dataclass(frozen=True, slots=True)
class Distance:
    """From the present price to a level. relative: a decimal, negative below. sigmas: daily standard deviations of the
    log price, None when the market gives no volatility; source: where the daily volatility comes from, in words.
    """

    relative: float
    sigmas: float | None
    source: str

    @property
    def reach(self) -> float:
        """What levels are ordered by, the nearest first: daily standard deviations, never negative."""
        return abs(self.sigmas if self.sigmas is not None else math.log1p(self.relative) / USUAL)


def distance(underlying: Underlying, level: float) -> Distance:
    """Distance from the index price to `level`, dollars."""
    daily, source = daily_volatility(underlying)
    sigmas = None if daily is None else math.log(level / underlying.price) / daily
    return Distance(level / underlying.price - 1.0, sigmas, source)
