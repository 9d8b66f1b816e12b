"""Portfolio margin by scenarios, as data: rows, volatility rule, weights, aggregate, add-ons, maps."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .records import Days, Move, NotNegative, Power, Rate, Record


class ExtendedRow(Record):
    """A row beyond the grid: relative price move, volatility state, weight on its profit and loss."""

    move: Move
    volatility: Literal["up", "same", "down"]
    weight: Rate


class PortfolioRules(Record):
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

    @property
    def plain(self) -> bool:
        """Whether each underlying's charge is a lowest of rows that are sums of options: its levels are then exact."""
        return True
