"""The axes of the liquidation map: what a multiple means in dollars, percent or days, and which ticks it gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from pages.ui import words

PRICE, VOLATILITY, DAYS = "price", "volatility", "days"
_STEPS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)

Ticks = tuple[list[float], list[str]]


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis. sort: PRICE, VOLATILITY or DAYS. name: of the coin. unit: dollars of the price today, None for several.

    Factors are multiples of today's price or volatility, or days from today. Prices stand on the axis in dollars where
    there is one, else as their move in percent; volatility as its move in percent.
    """

    sort: str
    name: str
    unit: float | None = None

    def at(self, factor: float) -> float:
        """Where a factor stands on the axis."""
        if self.sort == DAYS:
            return factor
        return factor * self.unit if self.unit is not None else (factor - 1.0) * 100.0

    def factor(self, place: float) -> float:
        """The factor that stands at a place on the axis."""
        if self.sort == DAYS:
            return place
        return place / self.unit if self.unit is not None else 1.0 + place / 100.0

    @property
    def title(self) -> str:
        """What the axis measures, with its unit; text, not escaped."""
        if self.sort == DAYS:
            return "days from today"
        if self.sort == VOLATILITY:
            return "implied volatility, relative move in %"
        return f"{self.name}, USD and move" if self.unit is not None else f"{self.name}, move in %"

    def told(self, factor: float) -> str:
        """A place on the axis in words."""
        if self.sort == DAYS:
            return f"day {factor:g}"
        move = words.move(factor - 1.0)
        if self.sort == VOLATILITY:
            return f"volatility {move}"
        return f"{self.name} {words.price(factor * self.unit)} ({move})" if self.unit is not None else move

    def ticks(self, low: float, high: float, most: int) -> Ticks:
        """Places between two factors in round moves from today, and what is written there."""
        if self.sort == DAYS:
            step = next(size for size in (1, 2, 5, 10, 20, 30, 60, 120, 365, 3650) if (high - low) / size <= most)
            days = np.arange(low, high + 1e-9, step)
            return [float(day) for day in days], [f"{day:g}" for day in days]
        step = next((size for size in _STEPS if (high - low) / size <= most), _STEPS[-1])
        count = np.arange(np.ceil((low - 1.0) / step - 1e-9), np.floor((high - 1.0) / step + 1e-9) + 1.0)
        factors = [float(1.0 + step * n) for n in count]
        return [self.at(factor) for factor in factors], [self._written(factor) for factor in factors]

    def _written(self, factor: float) -> str:
        today = abs(factor - 1.0) < 1e-9
        move = "today" if today else words.percent(factor - 1.0, plus=True, places=0)
        if self.sort == PRICE and self.unit is not None:
            return f"{words.price(factor * self.unit)}<br>{move}"
        return move
