"""How far a level is: in percent of the price and in daily standard deviations."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..portfolio.market import Underlying

MONTH = 30.0 / 365.0


@dataclass(frozen=True, slots=True)
class Distance:
    """From the present price to a level. relative: a decimal, negative below. sigmas: daily standard deviations of the
    log price, None when the market gives no volatility; source: where the daily volatility comes from, in words.
    """

    relative: float
    sigmas: float | None
    source: str


def distance(underlying: Underlying, level: float) -> Distance:
    """Distance from the index price to `level`, dollars."""
    daily, source = daily_volatility(underlying)
    sigmas = None if daily is None else math.log(level / underlying.price) / daily
    return Distance(level / underlying.price - 1.0, sigmas, source)


def daily_volatility(underlying: Underlying) -> tuple[float | None, str]:
    """Daily standard deviation (a decimal) and its source: given, else 30-day volatility at the money ÷ √365."""
    if underlying.daily_volatility is not None:
        return underlying.daily_volatility, "daily volatility of the market data"
    if underlying.surface is not None:
        implied = underlying.surface.volatility(MONTH, underlying.price)
        return implied / math.sqrt(365.0), "30-day implied volatility at the money ÷ √365"
    return None, "no volatility in the market data"
