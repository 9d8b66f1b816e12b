"""Charges by Greeks, as data: the grid of a preview, and rates of net and hedged delta."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from .records import Move, NotNegative, Rate, Record

Factor = Annotated[float, Field(ge=1, le=1e6, allow_inf_nan=False)]
Horizon = Annotated[float, Field(ge=0, le=365, allow_inf_nan=False)]


class GreekRules(Record):
    """Preview of a scenario scan by delta, gamma, vega and theta.

    moves: relative changes of the price. volatility_up, volatility_down: relative changes of volatility, of all
    expiries alike. days: time that passes in every row. initial_factor: initial ÷ maintenance margin.
    """

    moves: Annotated[tuple[Move, ...], Field(min_length=1, strict=False)]
    volatility_up: NotNegative
    volatility_down: Rate
    days: Horizon
    initial_factor: Factor

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if list(self.moves) != sorted(set(self.moves)):
            raise ValueError("moves must rise")
        return self


class DeltaRules(Record):
    """Charge on delta: net_rate of net delta, hedged_rate of the delta that offsets, both × index price.

    floor_rate: least charge, share of the notional of futures, perpetuals and short options. initial_factor: initial ÷
    maintenance margin.
    """

    net_rate: NotNegative
    hedged_rate: NotNegative
    floor_rate: NotNegative
    initial_factor: Factor
