"""A rulebook as typed, frozen records; values are checked here, wherever they come from."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from pydantic import ConfigDict, model_validator

from .addons import AddOnRules
from .collateral import CollateralRules
from .conventions import FeeRules, FutureRules
from .display import DisplayRules
from .greeks import DeltaRules, GreekRules
from .history import HistoryRules
from .liquidation import LiquidationRules
from .offsets import OffsetRules
from .options import OptionRules
from .orders import OrderRules
from .portfolio import PortfolioRules
from .ratio import RatioRules
from .records import Record
from .sensitivities import SensitivityRules
from .strategies import StrategyRules
from .tiers import TierRules

WHOLE = ("portfolio", "sensitivities", "greeks", "delta_floor", "strategies", "ratio", "history")
"""Sections that say how a whole pool is charged; a rulebook has one of them or none."""


class Rules(Record):
    """All values of a rulebook. From options on: None where the rulebook has no rules of them."""

    collateral: CollateralRules
    tiers: TierRules
    fees: FeeRules
    futures: FutureRules
    orders: OrderRules
    liquidation: LiquidationRules
    display: DisplayRules
    options: OptionRules | None = None
    portfolio: PortfolioRules | None = None
    sensitivities: SensitivityRules | None = None
    greeks: GreekRules | None = None
    delta_floor: DeltaRules | None = None
    strategies: StrategyRules | None = None
    ratio: RatioRules | None = None
    history: HistoryRules | None = None
    addons: AddOnRules | None = None
    offsets: OffsetRules | None = None

    @property
    def whole(self) -> str | None:
        """The section by which a whole pool is charged; None where the rulebook has no portfolio margin."""
        return next((name for name in WHOLE if getattr(self, name) is not None), None)

    @property
    def scans(self) -> bool:
        """Whether a whole pool is charged by rows that are sums of options, see PortfolioRules.plain."""
        beside = self.addons is not None or self.offsets is not None
        return self.portfolio is not None and self.portfolio.plain and not beside

    @model_validator(mode="after")
    def _one_method(self) -> Self:
        stated = [name for name in WHOLE if getattr(self, name) is not None]
        if len(stated) > 1:
            raise ValueError("a whole pool is charged by one method, not by " + " and ".join(stated))
        beside = [name for name in ("addons", "offsets") if getattr(self, name) is not None]
        if beside and not stated:
            raise ValueError(f"{' and '.join(beside)} stand beside a method that charges a whole pool: there is none")
        if self.offsets is not None and self.offsets.groups:
            self._check_groups(self.offsets)
        return self

    def _check_groups(self, offsets: OffsetRules) -> None:
        """Rows of a group are added up one by one: its members need as many."""
        if self.portfolio is None or self.portfolio.underlyings == "together":
            raise ValueError("offsets.groups need scenarios of each underlying by itself")
        for member in offsets.groups:
            first = next(one.underlying for one in offsets.groups if one.group == member.group)
            mine, theirs = (self.portfolio.of(name) for name in (member.underlying, first))
            if [len(mine.moves), len(mine.extended_rows)] != [len(theirs.moves), len(theirs.extended_rows)]:
                raise ValueError(f"offsets.groups: {member.underlying} and {first} must have as many rows")

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
