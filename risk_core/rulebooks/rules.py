"""A rulebook as typed, frozen records; values are checked here, wherever they come from."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from .collateral import CollateralRules
from .conventions import FeeRules, FutureRules
from .display import DisplayRules
from .liquidation import LiquidationRules
from .options import OptionRules
from .orders import OrderRules
from .records import Days, Move, NotNegative, Power, Rate, Record
from .tiers import TierRules


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


class Rules(Record):
    """All values of a rulebook. options, portfolio: None where the rulebook has no rules of them."""

    collateral: CollateralRules
    tiers: TierRules
    fees: FeeRules
    futures: FutureRules
    orders: OrderRules
    liquidation: LiquidationRules
    display: DisplayRules
    options: OptionRules | None = None
    portfolio: PortfolioRules | None = None

    @property
    def scanned(self) -> PortfolioRules:
        """The rules of portfolio margin, where it is known that there are some."""
        if self.portfolio is None:
            raise RuntimeError("this rulebook has no portfolio margin")
        return self.portfolio


class Parameter(Record):
    """One parameter as the rulebook states it: value, unit, meaning, and where it comes from."""

    value: Any
    unit: str
    meaning: str
    source: str
    date: date


class Rulebook(Record):
    """A named rulebook: its values, and each parameter with source and date by dotted key."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    name: str
    title: str
    digest: str
    limits: tuple[str, ...]
    rules: Rules
    parameters: dict[str, Parameter]
    overridden: tuple[str, ...] = ()
