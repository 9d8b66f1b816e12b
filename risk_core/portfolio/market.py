"""What the market says: index prices, forwards, volatility surfaces, prices of collateral assets."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .fields import parse_instant

YEAR = 31_536_000.0
"""Seconds in a year of 365 days: T = seconds ÷ YEAR."""
DAY = 86_400.0


_AS_GIVEN = ("funding_8h", "daily_volatility", "reference_volatility", "stressed_volatility", "long_volatility",
             "daily_volume", "spread", "depth", "open_interest", "confidence")


def years_between(start: datetime, end: datetime) -> float:
    """Time from `start` to `end` in years (actual/365)."""
    return (end - start).total_seconds() / YEAR


@dataclass(frozen=True, slots=True)
class Smile:
    """Volatilities of one expiry: `years` from now, strikes ascending, variances a year."""

    years: float
    strikes: tuple[float, ...]
    variances: tuple[float, ...]

    def variance(self, strike: float) -> float:
        """Variance a year at `strike`: linear in strike between points, flat beyond the ends."""
        at = bisect_left(self.strikes, strike)
        if at == 0:
            return self.variances[0]
        if at == len(self.strikes):
            return self.variances[-1]
        left, right = self.strikes[at - 1], self.strikes[at]
        share = (strike - left) / (right - left)
        return self.variances[at - 1] + share * (self.variances[at] - self.variances[at - 1])


@dataclass(frozen=True, slots=True)
class Surface:
    """Smiles of expiries ascending; between expiries total variance is linear in time, outside them flat."""

    smiles: tuple[Smile, ...]

    def volatility(self, years: float, strike: float) -> float:
        """Implied volatility a year (a decimal) at time `years` and `strike` (dollars)."""
        at = bisect_left([smile.years for smile in self.smiles], years)
        if at == 0:
            return math.sqrt(self.smiles[0].variance(strike))
        if at == len(self.smiles):
            return math.sqrt(self.smiles[-1].variance(strike))
        near, far = self.smiles[at - 1], self.smiles[at]
        low, high = near.variance(strike) * near.years, far.variance(strike) * far.years
        total = low + (years - near.years) / (far.years - near.years) * (high - low)
        return math.sqrt(total / years)


@dataclass(frozen=True, slots=True)
class Underlying:
    """One underlying: index `price` in dollars, carry `rate` a year, forwards by instant, volatility surface.

    The rest is None where the file does not say it: volatilities are daily standard deviations (reference: that rates
    were set for), daily_volume, depth and open_interest dollars, spread a decimal of the price, confidence 0 to 1.
    """

    name: str
    price: float
    rate: float = 0.0
    funding_8h: float | None = None
    daily_volatility: float | None = None
    reference_volatility: float | None = None
    stressed_volatility: float | None = None
    long_volatility: float | None = None
    daily_volume: float | None = None
    spread: float | None = None
    depth: float | None = None
    open_interest: float | None = None
    confidence: float | None = None
    forwards: Mapping[datetime, float] = field(default_factory=dict)
    surface: Surface | None = None
    rates: Mapping[datetime, float] = field(default_factory=dict)

    def forward(self, expiry: datetime, years: float) -> float:
        """Forward price of `expiry` in dollars: the entry of that exact instant, else price × e^(rate × T)."""
        given = self.forwards.get(expiry)
        return self.price * math.exp(self.rate * years) if given is None else given

    def rate_of(self, expiry: datetime) -> float:
        """Rate a year by which options of `expiry` are discounted: the entry of that exact instant, else `rate`."""
        return self.rates.get(expiry, self.rate)


@dataclass(frozen=True, slots=True)
class Market:
    """Everything the market says at `as_of`; underlyings by name."""

    as_of: datetime
    underlyings: Mapping[str, Underlying]
    assets: Mapping[str, float]
    correlation: Mapping[str, float]

    def asset_price(self, asset: str) -> float | None:
        """Dollars per unit of a collateral asset, None when the market has none."""
        if asset == "USD":
            return 1.0
        if asset in self.underlyings:
            return self.underlyings[asset].price
        return self.assets.get(asset)


def read_underlying(name: str, block: Mapping[str, Any], as_of: datetime) -> Underlying:
    """One checked block of `market.underlyings` as an Underlying."""
    return Underlying(
        name,
        float(block["price"]),
        float(block.get("rate", 0.0)),
        forwards={_instant(row["expiry"]): float(row["price"]) for row in block.get("forwards", ())},
        rates={_instant(row["expiry"]): float(row["rate"]) for row in block.get("forwards", ()) if "rate" in row},
        surface=read_surface(block.get("volatility"), as_of),
        **{key: block.get(key) for key in _AS_GIVEN},
    )


def read_surface(volatility: Any, as_of: datetime) -> Surface | None:
    """The surface of a checked `volatility` value; points not after `as_of` are ignored; None when none is left."""
    if volatility is None:
        return None
    if not isinstance(volatility, Sequence):
        return Surface((Smile(1.0, (1.0,), (float(volatility) ** 2,)),))
    points: dict[float, dict[float, float]] = {}
    for row in volatility:
        years = years_between(as_of, _instant(row["expiry"]))
        if years > 0:
            points.setdefault(years, {})[float(row["strike"])] = float(row["iv"]) ** 2
    smiles = [Smile(years, *zip(*sorted(smile.items()), strict=True)) for years, smile in sorted(points.items())]
    return Surface(tuple(smiles)) if smiles else None


def _instant(text: str) -> datetime:
    parsed = parse_instant(text)
    if parsed is None:  # pragma: no cover - checked at the door
        raise ValueError(text)
    return parsed
