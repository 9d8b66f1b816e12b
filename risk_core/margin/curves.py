"""Equity and requirement of every mode along a price walk: the lines of the main picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats
from ..liquidation.search import Region
from ..liquidation.thresholds import along
from ..portfolio.account_file import Account
from ..rulebooks.rules import Rulebook
from .holding import hold, margin
from .models import MODES, usable


@dataclass(frozen=True, eq=False)
class Curve:
    """One mode along the ladder, dollars, all (L,): sums over the account. counts_option_value: equity does."""

    equity: Floats
    initial: Floats
    maintenance: Floats
    counts_option_value: bool

    @property
    def buffer(self) -> Floats:
        return self.equity - self.maintenance


@dataclass(frozen=True, slots=True)
class Line:
    """Regions of one bucket along a walk, open intervals of the price factor; `who` is the id of a pool or leg."""

    who: str
    regions: tuple[Region, ...]


@dataclass(frozen=True, eq=False)
class Walk:
    """Every mode along one walk. factors: (L,) multiples of the present price; moved: underlyings that move.

    levels: per mode, where each bucket is liquidated along the walk.
    """

    moved: tuple[str, ...]
    factors: Floats
    curves: Mapping[str, Curve]
    levels: Mapping[str, tuple[Line, ...]]


def walk(account: Account, rulebook: Rulebook, moved: Sequence[str], factors: Floats,
         modes: Iterable[str] = tuple(MODES)) -> Walk:
    """Curves and levels when the prices of `moved` are multiplied by `factors` (L,) together.

    Raises Refused for an underlying or mode there is not, Unsettled where levels cannot be found.
    """
    beta = account.direction(moved)
    states = 1.0 + beta * (np.asarray(factors, dtype=np.float64)[:, None] - 1.0)
    holdings = [hold(account, rulebook.rules, mode) for mode in usable(modes, account, rulebook.rules)]
    found = along(holdings, beta)
    curves, levels = {}, {}
    for holding, buckets in zip(holdings, found, strict=True):
        at = margin(holding, states)
        curves[holding.mode.name] = Curve(at.equity.sum(axis=1), at.initial.sum(axis=1), at.maintenance.sum(axis=1),
                                          holding.counts_option_value)
        levels[holding.mode.name] = tuple(
            Line(holding.nets.who(account, bucket), tuple(regions)) for bucket, regions in buckets.items())
    return Walk(tuple(moved), np.asarray(factors), curves, levels)
