"""What the picture's horizontal axis means, and how a place on it is told."""

from __future__ import annotations

from dataclasses import dataclass

from pages.ui import words


@dataclass(frozen=True, eq=False)
class Axis:
    """What x means. unit: dollars of one price at factor 1, None where x is the factor's percent move of all prices."""

    name: str
    unit: float | None
    here: float

    def at(self, factor: float) -> float:
        """Where a factor stands on the axis."""
        return factor * self.unit if self.unit is not None else (factor - 1.0) * 100.0

    def told(self, factor: float) -> str:
        """A level in words, its distance seen from where the price stands."""
        gone = words.move(factor / self.here - 1.0)
        return f"{words.price(factor * self.unit)} ({gone})" if self.unit is not None else gone
