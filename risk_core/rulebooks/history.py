"""Portfolio margin by joint moves, as data: where moves come from, how they are scaled and weighted, tail, maps."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .records import Move, NotNegative, Positive, Rate, Record

Level = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Decay = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Slope = Annotated[float, Field(ge=-20, le=20, allow_inf_nan=False)]
Count = Annotated[float, Field(ge=2, le=1e5, allow_inf_nan=False, multiple_of=1)]
Seed = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False, multiple_of=1)]

QuantileRule = Literal["Hull", "lower", "higher", "interpolated"]
EsRule = Literal["weighted", "beyond the VaR row", "VaR row inside"]


class Beta(Record):
    """A coin without history of its own: beta × the proxy's daily log return + noise of deviation residual."""

    underlying: Annotated[str, Field(min_length=1)]
    beta: Slope
    residual: NotNegative


class StressRow(Record):
    """A loss with a probability of its own: a named day, or, where `day` is empty, one move of all underlyings."""

    day: str = ""
    move: Move = 0.0
    probability: Rate


class HistoryRules(Record):
    """The joint-move pipeline: moves, volatility scaling, horizon, weights, tail, initial and maintenance maps."""

    moves: Literal["daily history", "simulated"]
    window: Count
    horizon: Annotated[float, Field(ge=1e-3, le=365, allow_inf_nan=False)]
    horizon_scaling: Literal["square root of time", "overlapping windows"]
    age_decay: Decay
    filter: Literal["none", "EWMA", "GARCH(1,1)"]
    ewma_decay: Level
    volatility_floor: NotNegative
    volatility_now: Literal["history", "market"]
    volatility_beta: Slope
    measure: Literal["value at risk", "expected shortfall"]
    quantile_rule: QuantileRule
    es_rule: EsRule
    initial_level: Level
    initial_factor: NotNegative
    maintenance_level: Level
    maintenance_factor: NotNegative
    stress_rows: Annotated[tuple[StressRow, ...], Field(strict=False)]
    missing: Literal["refuse", "proxy", "simulate"]
    proxy: Annotated[str, Field(min_length=1)]
    betas: Annotated[tuple[Beta, ...], Field(strict=False)]
    draws: Count
    seed: Seed
    degrees: Positive
    collateral: Literal["haircut only", "moves too"]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.initial_level < self.maintenance_level or self.initial_factor < self.maintenance_factor:
            raise ValueError("initial_level and initial_factor must not be below those of maintenance")
        if self.horizon_scaling == "overlapping windows" and (self.horizon != int(self.horizon)):
            raise ValueError("horizon must be whole days where windows overlap")
        if self.stress_weight > 1:
            raise ValueError("stress_rows have probabilities of more than 1 together")
        if self.degrees <= 2:
            raise ValueError("degrees must be above 2: below, the moves have no deviation")
        return self

    @property
    def stress_weight(self) -> float:
        """Probability of all stress rows together."""
        return sum(row.probability for row in self.stress_rows)
