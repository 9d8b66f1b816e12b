"""How collateral counts: haircuts by asset, in slices, by size, for initial margin; weights of what is owed."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .records import NotNegative, Positive, Rate, Record, Weight

SIZE_CEILING = 1.1
"""Weight of an asset whose weight falls with its size: at most this ÷ (1 + factor × √amount). Source: Drift, "Asset
weights"."""
SIZE_SHARE = 0.8
"""Weight of a borrow that grows with its size: at least this × weight + factor × √amount. Source: Drift, as above."""


class Slice(Record):
    """Part of a balance, from this many units of the asset on, and its haircut."""

    asset: Annotated[str, Field(min_length=1)]
    start: NotNegative = Field(alias="from")
    haircut: Rate


class CollateralRules(Record):
    """Haircuts by asset; `other_haircut` for the rest. What a unit of a balance counts for, as a share of its value.

    slices win over haircuts. initial_haircuts come off once more where initial margin is measured. borrow_weights:
    what a negative balance counts times, 1 where not given. size_factors: weights move with the square root of the
    amount. pools: whether one pool backs everything, or the balances of each settlement coin what settles in it.
    """

    haircuts: dict[str, Rate]
    other_haircut: Rate
    slices: Annotated[tuple[Slice, ...], Field(strict=False)]
    initial_haircuts: dict[str, Rate]
    borrow_weights: dict[str, Weight]
    size_factors: dict[str, NotNegative]
    deposits: dict[str, Positive]
    deposit_starts: dict[str, Positive]
    pools: Literal["one", "settlement coin"]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for asset in {part.asset for part in self.slices}:
            starts = [part.start for part in self.slices if part.asset == asset]
            if starts[0] != 0 or starts != sorted(set(starts)):
                raise ValueError(f"slices of {asset} must start at 0 and rise")
        return self

    def haircut(self, asset: str) -> float:
        """Share of a positive balance of `asset` that does not count, before slices and size."""
        return self.haircuts.get(asset, self.other_haircut)

    def weight(self, asset: str, amount: float) -> float:
        """What each unit of `amount` units of `asset` counts for on average, as a share of its value."""
        factor = self.size_factors.get(asset, 0.0) * math.sqrt(abs(amount))
        if amount < 0:
            owed = self.borrow_weights.get(asset, 1.0)
            return max(owed, SIZE_SHARE * owed + factor) if factor else owed
        plain = self._sliced(asset, amount) * self._deposited(asset)
        return min(plain, SIZE_CEILING / (1.0 + factor)) if factor else plain

    def initial_weight(self, asset: str, amount: float) -> float:
        """The same where initial margin is measured."""
        weight = self.weight(asset, amount)
        return weight * (1.0 - self.initial_haircuts.get(asset, 0.0)) if amount > 0 else weight

    def _deposited(self, asset: str) -> float:
        """Share of an asset's weight that is left when its market holds more than where scaling starts."""
        start, held = self.deposit_starts.get(asset), self.deposits.get(asset)
        return 1.0 if start is None or held is None else min(1.0, start / held)

    def _sliced(self, asset: str, amount: float) -> float:
        parts = [part for part in self.slices if part.asset == asset]
        if not parts or not amount:
            return 1.0 - self.haircut(asset)
        ends = [*(part.start for part in parts[1:]), math.inf]
        inside = [max(min(amount, end) - part.start, 0.0) for part, end in zip(parts, ends, strict=True)]
        return math.fsum(size * (1.0 - part.haircut) for size, part in zip(inside, parts, strict=True)) / amount
