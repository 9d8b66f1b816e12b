"""The daily standard deviation of an underlying as the market data give it."""

from __future__ import annotations

import math

from .market import Underlying

MONTH = 30.0 / 365.0


def daily_volatility(underlying: Underlying) -> tuple[float | None, str]:
    """Daily standard deviation (a decimal) and its source: given, else 30-day volatility at the money ÷ √365."""
    if underlying.daily_volatility is not None:
        return underlying.daily_volatility, "daily volatility of the market data"
    if underlying.surface is not None:
        implied = underlying.surface.volatility(MONTH, underlying.price)
        return implied / math.sqrt(365.0), "30-day implied volatility at the money ÷ √365"
    return None, "no volatility in the market data"
