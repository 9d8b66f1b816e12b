"""Liquidation frontier: the least buffer of each mode over two factors at once; where it is 0 the mode liquidates.

Every position lives on one underlying and every charge is a sum over underlyings, so a map over the prices of two coins
is an outer sum of two ladders. Volatility and days change what the ladders are, so each of their values is a ladder of
its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..arrays import Floats
from ..margin.holding import Holding, hold, margin
from ..margin.models import MODES, usable
from ..margin.pledges import pinned
from ..portfolio.account_file import Account
from ..portfolio.whatif import WhatIf, move
from ..rulebooks.rules import Rulebook
from .lines import ZERO
from .volatilities import buffers_at

NOW = WhatIf()


@dataclass(frozen=True, eq=False)
class Map:
    """Least buffer over two factors, dollars, per mode (Y, X).

    x: (X,) multiples of the price of what moves along x. y: (Y,) multiples of a price or of volatilities, or days.
    A mode is liquidated where its least buffer is below 0. Infinite where nothing is held that could be.
    """

    x: Floats
    y: Floats
    least: Mapping[str, Floats]


def two_prices(account: Account, rulebook: Rulebook, names: tuple[str, str], x: Floats, y: Floats,
               modes: Iterable[str] = tuple(MODES)) -> Map:
    """The prices of two underlyings `names` multiplied by x (X,) and y (Y,), the rest held still."""
    chosen = usable(modes, account, rulebook.rules)
    least = {}
    for mode in chosen:
        holding = hold(account, rulebook.rules, mode)
        along_x, along_y, now = (_buffers(holding, _states(account, moved, factors))
                                 for moved, factors in (((names[0],), x), ((names[1],), y), ((), np.ones(1))))
        least[mode.name] = _least(holding, along_x[None, :, :] + (along_y - now)[:, None, :])
    return Map(x, y, least)


def price_and_volatility(account: Account, rulebook: Rulebook, moved: Sequence[str], x: Floats, y: Floats,
                         modes: Iterable[str] = tuple(MODES)) -> Map:
    """The prices of `moved` together multiplied by x (X,), every implied volatility by y (Y,)."""
    beta, least = account.direction(moved), {}
    for mode in usable(modes, account, rulebook.rules):
        base = hold(account, rulebook.rules, mode)
        least[mode.name] = _least(base, buffers_at(base, beta, x, y))
    return Map(x, y, least)


def price_and_days(account: Account, rulebook: Rulebook, moved: Sequence[str], x: Floats, y: Floats,
                   modes: Iterable[str] = tuple(MODES), at: WhatIf = NOW) -> Map:
    """The prices of `moved` together multiplied by x (X,), y (Y,) days forward; see `whatif` for what days do.

    at: prices and volatility of every day, on top of which x counts; its days are those of y.
    """
    chosen = usable(modes, account, rulebook.rules)
    rows: dict[str, list[Floats]] = {mode.name: [] for mode in chosen}
    fixed = pinned(account, rulebook)
    for days in y:
        later = move(fixed, replace(at, days=float(days)))
        for mode in chosen:
            holding = hold(later, rulebook.rules, mode)
            rows[mode.name].append(_least(holding, _buffers(holding, _states(later, moved, x))))
    return Map(x, y, {name: np.stack(values) for name, values in rows.items()})


def _states(account: Account, moved: Sequence[str], factors: Floats) -> Floats:
    """Price factors (S, U) with `moved` multiplied by `factors` (S,)."""
    beta = np.array([1.0 if name in moved else 0.0 for name in account.underlyings])
    return np.asarray(1.0 + beta * (np.asarray(factors)[:, None] - 1.0))


def _buffers(holding: Holding, states: Floats) -> Floats:
    """Buffer of each bucket, (S, B) dollars."""
    at = margin(holding, states)
    return at.equity - at.maintenance


def _least(holding: Holding, buffers: Floats) -> Floats:
    """The least buffer over buckets, (...); buffers (..., B). A pool that holds no position counts only below 0."""
    pools = holding.nets.pools.count
    idle = np.setdiff1d(np.arange(pools), holding.nets.bucket)
    if len(idle) and (holding.mode.splits or pools > 1):
        own = buffers[..., idle]
        buffers = buffers.copy()
        buffers[..., idle] = np.where(own < -ZERO * holding.size, own, np.inf)
    return np.asarray(buffers.min(axis=-1))
