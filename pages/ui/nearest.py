"""The liquidation level nearest to now, over all underlyings of an account."""

from __future__ import annotations

import math
from dataclasses import dataclass

from risk_core.liquidation.distance import distance
from risk_core.margin.compare import Comparison, ModeResult


@dataclass(frozen=True, slots=True)
class Nearest:
    """The first price at which the pool or a leg is liquidated, all other prices held still.

    relative: its move from the price now; sigmas: the same in daily standard deviations, None where unknown.
    """

    underlying: str
    price: float
    relative: float
    sigmas: float | None


def nearest(mode: ModeResult, of: Comparison) -> Nearest | None:
    """The nearest level of a mode; None where no price of any one underlying liquidates anything."""
    markets = of.account.market.underlyings
    found = [(name, level) for name, walk in mode.liquidation.items() for level in (walk.below, walk.above)
             if level is not None]
    if not found:
        return None
    name, level = min(found, key=lambda one: abs(math.log(one[1] / markets[one[0]].price)))
    gap = distance(markets[name], level)
    return Nearest(name, level, gap.relative, gap.sigmas)
