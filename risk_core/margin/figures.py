"""Head figures of an account or bucket."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .pools import is_pool, named


@dataclass(frozen=True, slots=True)
class Figures:
    """Dollars. buffer = equity - maintenance margin, liquidated below 0; available = equity - withheld - initial
    margin.

    withheld: equity that does not back new positions. zero: amounts no larger than this count as 0, see `lines.ZERO`.
    """

    equity: float
    initial_margin: float
    maintenance_margin: float
    zero: float = 0.0
    withheld: float = 0.0

    @property
    def buffer(self) -> float:
        return self.equity - self.maintenance_margin

    def room(self, level: float) -> float:
        """Dollars of equity above a margin call at `level`, a share of maintenance used in (0, 1]; called below 0.

        equity − maintenance margin ÷ level: at level 1 it is the buffer. The level is the reader's, no rulebook's.
        """
        return self.equity - self.maintenance_margin / level

    @property
    def available(self) -> float:
        return self.equity - self.withheld - self.initial_margin

    @property
    def maintenance_used(self) -> float | None:
        """Maintenance ÷ equity; 0 when nothing is required, None when equity ≤ 0 < maintenance."""
        if self.maintenance_margin == 0:
            return 0.0
        return self.maintenance_margin / self.equity if self.equity > self.zero else None

    @property
    def strain(self) -> float | None:
        """Maintenance used where it tells danger: None also where equity is below 0 and nothing is required."""
        return None if self.equity < -self.zero else self.maintenance_used


def total(parts: Sequence[Figures]) -> Figures:
    """Sums over buckets (at least one) of one account."""
    equity, initial, maintenance, withheld = (math.fsum(column) for column in zip(*(
        (one.equity, one.initial_margin, one.maintenance_margin, one.withheld) for one in parts), strict=True))
    return Figures(equity, initial, maintenance, parts[0].zero, withheld)


@dataclass(frozen=True, slots=True)
class Bucket:
    """One pool or isolated leg. who: its id."""

    who: str
    figures: Figures

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        return f"the {named(self.who)}" if is_pool(self.who) else self.who


def worst(buckets: Iterable[Bucket]) -> Bucket:
    """The bucket that is strained most; of several the first. Nothing is worse than no equity left."""
    return max(buckets, key=lambda one: math.inf if one.figures.strain is None else one.figures.strain)
