"""Portfolio margin by scenarios, as data: rows, volatility rule, base of profit, transforms, add-ons, maps."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from .portfolio_rows import OTHER, Cancelling, ExtendedRow, OwnMove, OwnRates, OwnRow, Peg, VolatilityStep
from .records import Days, Move, NotNegative, Power, Rate, Record

Signed = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


class PortfolioRules(Record):
    """The scenario pipeline. What has a value here is a choice whose value is the plain convention."""

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
    grid_states: Literal["up, same, down", "up, down", "same"] = "up, same, down"
    outer_moves: Literal["as the others", "volatility up"] = "as the others"
    volatility_shock: Literal["relative", "points", "worse of both"] = "relative"
    volatility_scaling: Literal["power", "table"] = "power"
    volatility_table: Annotated[tuple[VolatilityStep, ...], Field(strict=False)] = ()
    points_up: NotNegative = 0.0
    points_down: NotNegative = 0.0
    least_volatility_up: NotNegative = 0.0
    skew_cap: NotNegative = 0.0
    skew_cap_slope: Signed = 0.0
    wings_cap: NotNegative = 0.0
    wings_cap_slope: Signed = 0.0
    skew_least_width: NotNegative = 0.0
    skew_width: NotNegative = 0.0
    skew_volatility: NotNegative = 0.0
    skew_volatility_slope: Signed = 0.0
    skew_change: Literal["as it is", "against the book"] = "as it is"
    linear_base: Literal["mark", "index"] = "mark"
    profit_in: Literal["dollars", "coin"] = "dollars"
    option_discount: Literal["as valued", "none"] = "as valued"
    settlement_minutes: NotNegative = 0.0
    positive_factor: NotNegative = 1.0
    positive_rate_multiple: NotNegative = 0.0
    positive_rate_added: NotNegative = 0.0
    negative_factor: NotNegative = 1.0
    negative_rate_multiple: NotNegative = 0.0
    negative_rate_added: NotNegative = 0.0
    extended_scale: Literal["weight", "edge"] = "weight"
    extended_dampener: NotNegative = 0.0
    underlyings: Literal["apart", "together"] = "apart"
    gains_share: NotNegative = 1.0
    gains_cap: NotNegative = 1e18
    basis_moves: Annotated[tuple[Move, ...], Field(strict=False)] = ()
    basis_rate: NotNegative = 0.0
    basis_rate_per_year: NotNegative = 0.0
    risk_cancelling: Annotated[tuple[Cancelling, ...], Field(strict=False)] = ()
    cancelling_rate: NotNegative = 0.0
    perpetual_initial: NotNegative = 0.0
    perpetual_maintenance: NotNegative = 0.0
    naked_initial: NotNegative = 0.0
    naked_maintenance: NotNegative = 0.0
    confidence_threshold: NotNegative = 0.0
    confidence_scale: NotNegative = 0.0
    maintenance_factor: NotNegative = 1.0
    initial_on: Literal["maintenance", "core"] = "maintenance"
    pegs: Annotated[tuple[Peg, ...], Field(strict=False)] = ()
    own_moves: Annotated[tuple[OwnMove, ...], Field(strict=False)] = ()
    own_extended_rows: Annotated[tuple[OwnRow, ...], Field(strict=False)] = ()
    own_rates: Annotated[tuple[OwnRates, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if list(self.moves) != sorted(set(self.moves)):
            raise ValueError("moves must rise")
        days = [step.days for step in self.volatility_table]
        if days != sorted(set(days)):
            raise ValueError("volatility_table must rise in days")
        if self.extended_dampener and self.extended_scale != "edge":
            raise ValueError("extended_dampener needs extended_scale edge")
        if self.volatility_scaling == "table" and not days:
            raise ValueError("volatility_table is required where volatility_scaling is table")
        self._check_maps()
        if self.underlyings == "together" and (self.own_moves or self.own_extended_rows):
            raise ValueError("own_moves and own_extended_rows need underlyings apart: rows of all are added up")
        return self

    def _check_maps(self) -> None:
        """Initial margin is never below maintenance margin."""
        rates = ("perpetual", "naked")
        if self.initial_on == "core":
            for name in {OTHER, *(own.underlying for own in self.own_rates)}:
                mine = own_rates(self, name)
                if mine["initial_factor"] < mine["maintenance_factor"]:
                    raise ValueError("initial_factor must not be below maintenance_factor")
                for rate in rates:
                    if mine[f"{rate}_initial"] < mine[f"{rate}_maintenance"]:
                        raise ValueError(f"{rate}_initial must not be below {rate}_maintenance")
        elif any(getattr(one, f"{rate}_initial") for one in (self, *self.own_rates) for rate in rates):
            raise ValueError("perpetual_initial and naked_initial need initial_on core: initial is a factor else")

    @property
    def plain(self) -> bool:
        """Whether each underlying's charge is a lowest of rows that are sums of options: its levels are then exact."""
        choices = (name for name, field in type(self).model_fields.items() if not field.is_required())
        states = {"up", "same", "down"}
        return (all(getattr(self, name) == type(self).model_fields[name].default for name in choices)
                and all(row.days == 0 and row.volatility in states for row in self.extended_rows))

    def only_up(self, move: float) -> bool:
        """Whether a move of the grid stands with volatility up only."""
        return self.outer_moves == "volatility up" and move != 0 and move in {self.moves[0], self.moves[-1]}

    def of(self, underlying: str) -> PortfolioRules:
        """The rules with the grid, rows and figures of `underlying` in place of the common ones."""
        return _of(self, underlying) if self.own_moves or self.own_extended_rows or self.own_rates else self


def own_name(rules: PortfolioRules, underlying: str) -> str:
    """The name under which tables by underlying hold `underlying`: its own, or that of all others where none does."""
    tables: tuple[tuple[OwnMove | OwnRow | OwnRates, ...], ...] = (
        rules.own_rates, rules.own_moves, rules.own_extended_rows)
    return underlying if any(row.underlying == underlying for rows in tables for row in rows) else OTHER


def own_rates(rules: PortfolioRules, underlying: str) -> dict[str, float]:
    """The figures of `underlying` by name: its own, those of others, else the common ones."""
    name = own_name(rules, underlying)
    mine = next((own for own in rules.own_rates if own.underlying == name), None)
    keys = [key for key in OwnRates.model_fields if key not in {"underlying", "basis_move"}]
    given = {key: getattr(mine, key) for key in keys} if mine else {}
    return {key: getattr(rules, key) if given.get(key) is None else given[key] for key in keys}


@lru_cache(maxsize=256)
def _of(rules: PortfolioRules, underlying: str) -> PortfolioRules:
    name = own_name(rules, underlying)
    changes: dict[str, Any] = own_rates(rules, underlying)
    if moves := [row.move for row in rules.own_moves if row.underlying == name]:
        changes["moves"] = tuple(sorted(moves))
    if rows := tuple(row for row in rules.own_extended_rows if row.underlying == name):
        changes["extended_rows"] = rows
    for move in (row.basis_move for row in rules.own_rates if row.underlying == name and row.basis_move is not None):
        changes["basis_moves"] = (-move, move)
    return rules.model_copy(update=changes)
