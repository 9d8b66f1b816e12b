"""How implied volatility moves from day to day: account files do not say it, so it is measured once and stated.

Deribit, 30-day implied volatility at the money, 931 snapshots from 30 December 2025 to 22 August 2026: yearly standard
deviation of its relative daily moves ÷ √365, and their correlation with the daily return of the coin.
"""

from __future__ import annotations

from typing import Final

from ..portfolio.deviation import daily_volatility
from ..portfolio.market import Underlying
from .nearest import Spread

MEASURED: Final = {"BTC": (0.0541, -0.617), "ETH": (0.0382, -0.423)}
"""By underlying: daily standard deviation of the relative move of its volatility (a decimal), correlation with it."""
ELSE: Final = "BTC"
"""Whose figures stand for an underlying without its own: those of the larger deviation."""


def with_volatility(underlying: Underlying) -> Spread | None:
    """How a price and its implied volatility move together; None when the market gives no volatility of the price."""
    daily, _ = daily_volatility(underlying)
    if daily is None:
        return None
    name = underlying.name if underlying.name in MEASURED else ELSE
    deviation, correlation = MEASURED[name]
    taken = "" if name == underlying.name else f", {name}'s taken for {underlying.name}"
    source = f"Deribit 30-day volatility at the money, December 2025 to August 2026{taken}"
    return Spread((daily, deviation), correlation, source)
