"""Tier tables: margin of futures and perpetuals in isolated and cross, and how venues read them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .records import NotNegative, Power, Rate, Record

ANY = ""
"""Stands for every underlying without a table of its own."""


class Step(Record):
    """One tier: from this size on, rates and their deductions. A deduction that is not printed is worked out."""

    start: NotNegative = Field(alias="from")
    initial: Rate
    maintenance: Rate
    initial_deduction: NotNegative | None = None
    maintenance_deduction: NotNegative | None = None


class OwnStep(Step):
    """One tier of the table of one underlying."""

    underlying: Annotated[str, Field(min_length=1)]


class OpenInterest(Record):
    """Between these open interests of a market, dollars, its initial rates rise to 1; upper 0 keeps them."""

    underlying: str = ANY
    lower: NotNegative
    upper: NotNegative


class TierRules(Record):
    """Margin of futures and perpetuals in isolated and cross.

    style reads the maintenance column: marginal (each part at its own rate), whole (all at the rate of its tier),
    linear (rate + slope × size), power (at least factor × size ^ power), leverage (the column is a share of notional
    ÷ leverage). initial_style reads the initial column, marginal or whole. measure: what `from` counts, dollars of
    notional, dollars at entry, coins, or size (coins of a linear contract, dollars of face of an inverse one, which no
    price moves). by: whose size counts. open_interest: of which markets initial rates rise with it. as_of: the day of
    the tables, where there are several (`dated.py`), else empty.
    """

    style: Literal["marginal", "whole", "linear", "power", "leverage"]
    initial_style: Literal["marginal", "whole"]
    measure: Literal["dollars", "dollars at entry", "coins", "size"]
    by: Literal["instrument", "underlying"]
    as_of: Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
    steps: Annotated[tuple[Step, ...], Field(min_length=1, strict=False)]
    own_steps: Annotated[tuple[OwnStep, ...], Field(strict=False)]
    initial_slope: dict[str, NotNegative]
    maintenance_slope: dict[str, NotNegative]
    power: Power
    maintenance_at: Literal["tested price", "entry", "present mark"]
    maintenance_at_isolated: Literal["as in the pool", "tested price", "entry", "present mark"]
    initial_at_isolated: Literal["mark", "entry"]
    initial_at_cross: Literal["mark", "entry"]
    open_interest: Annotated[tuple[OpenInterest, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.style in {"whole", "linear", "power"} and self.measure == "dollars" and len(self.steps) > 1:
            raise ValueError(f"style {self.style} needs a measure no price moves: size, coins, dollars at entry")
        for row in self.open_interest:
            if row.upper and row.upper <= row.lower:
                raise ValueError(f"open_interest: upper {row.upper:,.10g} must be above lower, or 0")
        for underlying, steps in self.tables().items():
            check_steps(steps, f"{underlying} " if underlying else "", by_share=self.style == "leverage",
                        marginal_initial=self.initial_style == "marginal")
        return self

    def tables(self) -> dict[str, tuple[Step, ...]]:
        """The table of every underlying that has its own, and of `ANY` other."""
        own = groupby(self.own_steps, key=lambda step: step.underlying)
        return {ANY: self.steps, **{name: tuple(steps) for name, steps in own}}

    @property
    def maintenance_alone(self) -> str:
        """Price at which maintenance of an isolated position is valued."""
        own = self.maintenance_at_isolated
        return self.maintenance_at if own == "as in the pool" else own

    def table(self, underlying: str) -> tuple[Step, ...]:
        """The tiers that apply to `underlying`."""
        tables = self.tables()
        return tables.get(underlying, tables[ANY])


def deductions(starts: Sequence[float], rates: Sequence[float]) -> list[float]:
    """Deduction of each tier, dollars, that makes tiers from `starts` at `rates` meet: D + start × rise of the rate.

    Source: Binance, "Leverage and margin of USDⓈ-M futures", maintenance amount; law T1.
    """
    out = [0.0]
    for i, (before, rate) in enumerate(pairwise(rates), start=1):
        out.append(out[-1] + starts[i] * (rate - before))
    return out


def check_steps(steps: Sequence[Step], whose: str, *, by_share: bool, marginal_initial: bool) -> None:
    """Refuse (ValueError) a table that does not start at 0, falls, asks less initially, or prints a wrong deduction."""
    if steps[0].start != 0:
        raise ValueError(f"{whose}the first tier must start at 0")
    for step in steps:
        if step.initial < step.maintenance and not by_share:
            raise ValueError(f"{whose}tier from {step.start:,.10g}: initial {step.initial} is below maintenance")
    for before, step in pairwise(steps):
        if step.start <= before.start:
            raise ValueError(f"{whose}tier from {step.start:,.10g}: tiers must rise")
    for side, printed in _printed(steps, marginal_initial=marginal_initial):
        _check_side(steps, side, printed, whose)


def _printed(steps: Sequence[Step], *, marginal_initial: bool) -> Iterable[tuple[str, list[float | None]]]:
    yield "maintenance", [step.maintenance_deduction for step in steps]
    yield "initial", [step.initial_deduction if marginal_initial else None for step in steps]


def _check_side(steps: Sequence[Step], side: str, printed: Sequence[float | None], whose: str) -> None:
    """Recompute each deduction from floors and rates; a printed one that disagrees is refused."""
    starts, rates = [step.start for step in steps], [getattr(step, side) for step in steps]
    for i, (step, stated, worked) in enumerate(zip(steps, printed, deductions(starts, rates), strict=True)):
        if i and rates[i] < rates[i - 1]:
            raise ValueError(f"{whose}tier from {step.start:,.10g}: tiers and {side} rates must rise")
        if stated is not None and not math.isclose(stated, worked, rel_tol=1e-9, abs_tol=1e-6):
            tier = f"{whose}tier from {step.start:,.10g}"
            raise ValueError(f"{tier}: {side} deduction {stated:,.2f} must be {worked:,.2f}")
