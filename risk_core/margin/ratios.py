"""Margin ratios as venues display them: form, direction, and the value at which liquidation begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from ..rulebooks.rules import Rules
from .figures import Figures
from .holding import Holding, whole_pool
from .methods.ratio.demand import Shown, shown
from .netting import POOL


@dataclass(frozen=True, slots=True)
class Ratio:
    """One form. of: its value, None where divided by nothing. rises: danger grows with it. danger: liquidation."""

    form: str
    of: Callable[[Figures], float | None]
    rises: bool
    danger: float
    unit: Literal["share", "dollars"] = "share"


def _over(top: float, bottom: float) -> float | None:
    return top / bottom if bottom > 0 else None


RATIOS: Mapping[str, Ratio] = MappingProxyType({
    one.form: one
    for one in (
        Ratio("maintenance ÷ equity", lambda f: f.strain, rises=True, danger=1.0),
        Ratio("equity ÷ maintenance", lambda f: _over(f.equity, f.maintenance_margin), rises=False, danger=1.0),
        Ratio("buffer ÷ maintenance", lambda f: _over(f.buffer, f.maintenance_margin), rises=False, danger=0.0),
        Ratio("buffer ÷ initial", lambda f: _over(f.buffer, f.initial_margin), rises=False, danger=0.0),
        Ratio("buffer", lambda f: f.buffer, rises=False, danger=0.0, unit="dollars"),
    )
})
"""Every form by the name a rulebook's `display.ratio` uses."""


def ratio(rules: Rules) -> Ratio:
    """The form the rulebook displays."""
    return RATIOS[rules.display.ratio]


def of_method(holding: Holding) -> Shown | None:
    """The ratio by which a pool is charged whole, with its own thresholds; None where it is charged another way."""
    if holding.mode.charge != "whole" or holding.rules.ratio is None:
        return None
    pool = whole_pool(holding.account, holding.nets, np.ones((1, len(holding.account.underlyings))))
    return shown(pool, holding.rules, float(holding.now.equity[0, POOL]))


def initial_used(figures: Figures) -> float | None:
    """Initial margin ÷ equity; 0 when nothing is required, None when there is no equity."""
    return 0.0 if figures.initial_margin == 0 else _over(figures.initial_margin, figures.equity)


def totals(wallet: float, profit: float, initial: float, maintenance: float, rules: Rules) -> Figures:
    """Figures of an account of which only totals are known, dollars; profit: unrealised, of all positions together.

    What of a gain backs new positions is the rulebook's `futures.profit`, here by the sum, for lack of the positions.
    """
    withheld = max(profit, 0.0) if rules.futures.profit == "losses only" else 0.0
    return Figures(wallet + profit, initial, maintenance, withheld=withheld)
