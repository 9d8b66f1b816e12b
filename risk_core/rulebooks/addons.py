"""Charges beside a method that charges a whole pool: add-ons, each a list of rows by underlying."""

from __future__ import annotations

from typing import Annotated, Self, TypeVar

from pydantic import Field, model_validator

from .addon_rows import (
    Borrowing,
    Concentration,
    DeltaMinimum,
    DeltaShock,
    DeltaSpread,
    Depeg,
    FeedDoubt,
    FeeProvision,
    FundingProvision,
    FuturesRate,
    HedgedNotional,
    Liquidity,
    LiquidityScale,
    MinimumStep,
    OptionMinimum,
    Procyclicality,
    ShortOptions,
    TermMove,
    TieredMinimum,
    VegaSpread,
    VolatilityScale,
)
from .records import Record

T = TypeVar("T", bound=Record)
Rows = Annotated[tuple[T, ...], Field(strict=False)]


class AddOnRules(Record):
    """Every add-on of a rulebook, each a list of rows; minimum_steps belong to tiered_minimum."""

    hedged_notional: Rows[HedgedNotional]
    delta_minimum: Rows[DeltaMinimum]
    short_options: Rows[ShortOptions]
    option_minimum: Rows[OptionMinimum]
    futures_rate: Rows[FuturesRate]
    term_move: Rows[TermMove]
    delta_spread: Rows[DeltaSpread]
    vega_spread: Rows[VegaSpread]
    delta_shock: Rows[DeltaShock]
    tiered_minimum: Rows[TieredMinimum]
    minimum_steps: Rows[MinimumStep]
    concentration: Rows[Concentration]
    liquidity: Rows[Liquidity]
    depeg: Rows[Depeg]
    feed_doubt: Rows[FeedDoubt]
    borrowing: Rows[Borrowing]
    funding_provision: Rows[FundingProvision]
    fee_provision: Rows[FeeProvision]
    volatility_scale: Rows[VolatilityScale]
    liquidity_scale: Rows[LiquidityScale]
    procyclicality: Rows[Procyclicality]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for name in self.__class__.model_fields:
            rows = [row.underlying for row in getattr(self, name)]
            if name != "minimum_steps" and len(rows) != len(set(rows)):
                raise ValueError(f"{name} must have one row for each underlying")
        for underlying in {step.underlying for step in self.minimum_steps}:
            starts = [step.start for step in self.minimum_steps if step.underlying == underlying]
            if starts[0] != 0 or starts != sorted(set(starts)):
                raise ValueError("minimum_steps must start at 0 and rise")
        for row in self.volatility_scale:
            if row.least > row.most:
                raise ValueError("volatility_scale: least must not exceed most")
        return self
