"""The liquidation level nearest to now, over all underlyings of an account."""

from __future__ import annotations

from dataclasses import dataclass

from risk_core.liquidation.distance import distance
from risk_core.margin.compare import Comparison, ModeResult


@dataclass(frozen=True, slots=True)
class Nearest:
    """The first price at which the pool or a leg is liquidated, all other prices held still.

    relative: its move from the price now; sigmas: the same in daily standard deviations, None where unknown; reach:
    what levels are ordered by.
    """

    underlying: str
    price: float
    relative: float
    sigmas: float | None
    reach: float


def nearest(mode: ModeResult, of: Comparison) -> Nearest | None:
    """The level of a mode at the fewest daily sigmas; None where no price of one underlying liquidates anything."""
    markets = of.account.market.underlyings
    found = [(name, one.nearest, distance(markets[name], one.nearest)) for name, levels in mode.levels.items()
             for one in levels if one.nearest is not None]
    if not found:
        return None
    name, level, gap = min(found, key=lambda one: one[2].reach)
    return Nearest(name, level, gap.relative, gap.sigmas, gap.reach)
