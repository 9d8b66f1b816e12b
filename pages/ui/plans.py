"""What a liquidation map is drawn over: which two factors, over which ranges, and where the account stands on it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from risk_core.arrays import Floats
from risk_core.portfolio.account_file import Account

COINS, VOLATILITY, DAYS = "coins", "volatility", "days"
POINTS: Final = {COINS: (81, 61), VOLATILITY: (61, 31), DAYS: (61, 25)}
"""Grid points along x and y."""

NEAR, FAR = (0.45, 1.65), 1.35
"""Levels within these multiples of the present price are brought into view, with this much beyond them."""
LEAST, WIDEST, STEP = 0.10, 0.40, 0.05
"""Half width of a price axis, relative: at least, without a level, and the steps in which it grows."""
VOLATILITIES: Final = (0.4, 2.2)
LONGEST, USUAL, SHORTEST = 120.0, 30.0, 5.0
"""Days ahead: at most, where nothing expires, and at least."""


@dataclass(frozen=True)
class Plan:
    """One map. kind: which two factors. moved: underlyings, the first along x and the second along y with two coins,
    else all along x. spans: ends of x and y; here: where the account stands. Prices and volatility are multiples of
    today's, days count from today.
    """

    kind: str
    moved: tuple[str, ...]
    spans: tuple[tuple[float, float], tuple[float, float]]
    here: tuple[float, float]

    @cached_property
    def x(self) -> Floats:
        """(X,) points along x."""
        return np.linspace(*self.spans[0], POINTS[self.kind][0])

    @cached_property
    def y(self) -> Floats:
        """(Y,) points along y."""
        return np.linspace(*self.spans[1], POINTS[self.kind][1])

    @property
    def now(self) -> tuple[float, float]:
        """Where today is."""
        return 1.0, 0.0 if self.kind == DAYS else 1.0


def price_span(ends: Iterable[float], here: float) -> tuple[float, float]:
    """A range of price multiples around today that holds the levels near enough and the what-if, in round steps."""
    near = [abs(end - 1.0) for end in ends if NEAR[0] <= end <= NEAR[1]]
    half = max(LEAST, FAR * max(near)) if near else WIDEST
    half = max(half, 1.25 * (here - 1.0), 1.1 * (1.0 - here))
    half = math.ceil(half / STEP - 1e-9) * STEP
    return max(1.0 - half, 0.05), 1.0 + half


def volatility_span(here: float) -> tuple[float, float]:
    """Range of volatility multiples, with the what-if inside."""
    return min(VOLATILITIES[0], 0.8 * here), max(VOLATILITIES[1], 1.2 * here)


def days_span(account: Account, here: float) -> tuple[float, float]:
    """Days ahead: past the last expiry where that is near enough, and past the what-if."""
    years = account.instruments.years
    known = years[np.isfinite(years)]
    until = min(max(1.25 * float(known.max()) * 365.0, SHORTEST), LONGEST) if len(known) else USUAL
    return 0.0, float(math.ceil(max(until, 1.2 * here)))
