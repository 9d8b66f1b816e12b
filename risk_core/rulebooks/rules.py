"""A rulebook as typed, frozen records; values are checked here, wherever they come from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..arrays import Floats

Rate = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Days = Annotated[float, Field(ge=1e-6, le=1e6, allow_inf_nan=False)]
Power = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, le=1e18, allow_inf_nan=False)]
Move = Annotated[float, Field(gt=-1, le=10, allow_inf_nan=False)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class CollateralRules(_Record):
    """Haircuts by asset; `other_haircut` for the rest."""

    haircuts: dict[str, Rate]
    other_haircut: Rate

    def haircut(self, asset: str) -> float:
        """Share of a positive balance of `asset` that does not count."""
        return self.haircuts.get(asset, self.other_haircut)


class Step(_Record):
    """One tier: from this notional on (dollars), rates and their deductions (dollars)."""

    start: NotNegative = Field(alias="from")
    initial: Rate
    maintenance: Rate
    initial_deduction: NotNegative
    maintenance_deduction: NotNegative


class TierRules(_Record):
    """Margin of futures and perpetuals in isolated and cross. A style that is not built yet is refused by name."""

    style: Literal["marginal"]
    steps: Annotated[tuple[Step, ...], Field(min_length=1, strict=False)]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.steps[0].start != 0:
            raise ValueError("the first tier must start at 0")
        for step in self.steps:
            if step.initial < step.maintenance:
                raise ValueError(f"tier from {step.start:,.0f}: initial {step.initial} is below maintenance")
        for side in ("initial", "maintenance"):
            _check_deductions(self.steps, side)
        return self

    def starts(self) -> Floats:
        """Notional from which each tier applies, dollars, (tiers,)."""
        return np.array([step.start for step in self.steps])

    def rates(self, side: str) -> Floats:
        """Rates of `initial` or `maintenance`, (tiers,)."""
        return np.array([getattr(step, side) for step in self.steps])

    def deductions(self, side: str) -> Floats:
        """Deductions of `initial` or `maintenance`, dollars, (tiers,)."""
        return np.array([getattr(step, f"{side}_deduction") for step in self.steps])


def deductions(starts: Sequence[float], rates: Sequence[float]) -> list[float]:
    """Deduction of each tier, dollars, that makes tiers from `starts` at `rates` meet: D + start × rise of the rate.

    Source: Binance, "Leverage and margin of USDⓈ-M futures", maintenance amount; law T1.
    """
    out = [0.0]
    for i, (before, rate) in enumerate(pairwise(rates), start=1):
        out.append(out[-1] + starts[i] * (rate - before))
    return out


def _check_deductions(steps: tuple[Step, ...], side: str) -> None:
    """Recompute each deduction from floors and rates; a printed one that disagrees is refused."""
    starts, rates = [step.start for step in steps], [getattr(step, side) for step in steps]
    for i, (step, deduction) in enumerate(zip(steps, deductions(starts, rates), strict=True)):
        if i and (starts[i] <= starts[i - 1] or rates[i] < rates[i - 1]):
            raise ValueError(f"tier from {step.start:,.0f}: tiers and {side} rates must rise")
        printed = getattr(step, f"{side}_deduction")
        if not math.isclose(printed, deduction, rel_tol=1e-9, abs_tol=1e-6):
            raise ValueError(f"tier from {step.start:,.0f}: {side} deduction {printed:,.2f} must be {deduction:,.2f}")


class OptionRules(_Record):
    """Short options in isolated and cross."""

    initial_rate: Rate
    initial_floor: Rate
    maintenance_rate: Rate

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.initial_floor < self.maintenance_rate:
            raise ValueError("initial_floor must not be below maintenance_rate")
        return self


class ExtendedRow(_Record):
    """A row beyond the grid: relative price move, volatility state, weight on its profit and loss."""

    move: Move
    volatility: Literal["up", "same", "down"]
    weight: Rate


class PortfolioRules(_Record):
    """The scenario pipeline: rows, volatility rule, weights, aggregation, add-ons, initial and maintenance maps."""

    moves: Annotated[tuple[Move, ...], Field(min_length=1, strict=False)]
    volatility_up: NotNegative
    volatility_down: Rate
    pivot_days: Days
    floor_days: Days
    short_power: Power
    long_power: Power
    extended_rows: Annotated[tuple[ExtendedRow, ...], Field(strict=False)]
    aggregate: Literal["worst"]
    short_option_minimum: NotNegative
    hedged_rate: NotNegative
    initial_factor: Annotated[float, Field(ge=1, le=1e6, allow_inf_nan=False)]
    tie: NotNegative

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if list(self.moves) != sorted(set(self.moves)):
            raise ValueError("moves must rise")
        return self


class Rules(_Record):
    """All values of a rulebook."""

    collateral: CollateralRules
    tiers: TierRules
    options: OptionRules
    portfolio: PortfolioRules


class Parameter(_Record):
    """One parameter as the rulebook states it: value, unit, meaning, and where it comes from."""

    value: Any
    unit: str
    meaning: str
    source: str
    date: date


class Rulebook(_Record):
    """A named rulebook: its values, and each parameter with source and date by dotted key."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    name: str
    title: str
    digest: str
    limits: tuple[str, ...]
    rules: Rules
    parameters: dict[str, Parameter]
    overridden: tuple[str, ...] = ()
