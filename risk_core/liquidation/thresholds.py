"""Liquidation levels: every trigger of every bucket along each underlying, and the bankruptcy prices behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from ..arrays import Floats
from ..margin.holding import Holding
from .question import Question
from .search import Region
from .variants import below_zero
from .walks import HIGHEST, LOWEST

SAME = 1e-9
"""Levels this close, relative, are one level."""
KEPT = 16
"""Sets of holdings whose levels are kept for the next question."""

Open = tuple[float | None, float | None]
"""A region in prices; None where it reaches the end of the walk."""


@dataclass(frozen=True)
class Liquidation:
    """Where something is liquidated along one underlying, the rest held still.

    regions: open intervals of the index price in dollars, sorted, disjoint; None where a region reaches the end of the
    walk. below, above: nearest triggers under and over the present price; both None when there is none, and when the
    present price is itself inside a region.
    """

    price: float
    regions: tuple[Open, ...]

    @cached_property
    def now(self) -> bool:
        """True when the present price is inside a region."""
        return any((low is None or low < self.price) and (high is None or high > self.price)
                   for low, high in self.regions)

    @cached_property
    def below(self) -> float | None:
        ends = [high for _, high in self.regions if high is not None and high <= self.price]
        return max(ends) if ends and not self.now else None

    @cached_property
    def above(self) -> float | None:
        ends = [low for low, _ in self.regions if low is not None and low >= self.price]
        return min(ends) if ends and not self.now else None

    @cached_property
    def nearest(self) -> float | None:
        """The nearer of below and above; below when they are equally near."""
        below, above = self.below, self.above
        if below is None or above is None:
            return above if below is None else below
        return below if self.price - below <= above - self.price else above


@dataclass(frozen=True, eq=False)
class Levels:
    """Per (bucket, underlying) of one holding: its liquidation, and the bankruptcy price of its nearest level."""

    liquidation: dict[tuple[int, int], Liquidation]
    bankruptcy: dict[tuple[int, int], float | None]


def levels(holdings: Sequence[Holding]) -> list[Levels]:
    """Levels of each holding: a pool along every underlying that moves it, an isolated bucket along its own.

    Raises Unsettled.
    """
    return list(_levels(tuple(holdings)))


@lru_cache(maxsize=KEPT)
def _levels(holdings: tuple[Holding, ...]) -> tuple[Levels, ...]:
    asked = [(holding, bucket, u) for holding in holdings for bucket, u in _own_walks(holding)]
    found = below_zero([_question(*one) for one in asked])
    liquidations = [_in_prices(holding, u, regions) for (holding, _, u), regions in zip(asked, found, strict=True)]
    bankruptcies = _bankruptcies(asked, liquidations)
    out = {id(holding): Levels({}, {}) for holding in holdings}
    for (holding, bucket, u), level, price in zip(asked, liquidations, bankruptcies, strict=True):
        out[id(holding)].liquidation[bucket, u] = level
        out[id(holding)].bankruptcy[bucket, u] = price
    return tuple(out[id(holding)] for holding in holdings)


def along(holdings: Sequence[Holding], beta: Floats) -> list[dict[int, list[Region]]]:
    """Regions of k of each holding's buckets when prices are multiplied by 1 + beta (k - 1), beta (U,).

    A bucket that the move does not touch is left out, a pool that some price moves never is.
    """
    asked = []
    for i, holding in enumerate(holdings):
        asked += [(i, bucket) for bucket in touched(holding, beta)]
    found = below_zero([Question(holdings[i], bucket, beta) for i, bucket in asked])
    out: list[dict[int, list[Region]]] = [{} for _ in holdings]
    for (i, bucket), regions in zip(asked, found, strict=True):
        out[i][bucket] = regions
    return out


def touched(holding: Holding, beta: Floats) -> list[int]:
    """Buckets that a move of prices by beta (U,) touches, in their order; a pool that some price moves always."""
    return sorted({bucket for bucket, u in _own_walks(holding) if bucket not in holding.nets.alone or beta[u]})


def walked(holding: Holding) -> list[int]:
    """Underlyings of an enabled position or a collateral balance, as indices in their order."""
    account = holding.account
    mine = {int(u) for u in account.instruments.underlying} | {int(u) for u in account.collateral.underlying if u >= 0}
    return sorted(mine)


def _own_walks(holding: Holding) -> list[tuple[int, int]]:
    nets, underlying = holding.nets, holding.account.instruments.underlying
    pools = [(pool, u) for pool in range(nets.pools.count) for u in nets.pools.underlyings(holding.account, pool)]
    alone = [(int(bucket), int(underlying[inst])) for bucket, inst in zip(nets.bucket, nets.instrument, strict=True)
             if bucket in nets.alone]
    return pools + alone


def _question(holding: Holding, bucket: int, u: int, what: str = "buffer") -> Question:
    beta = np.zeros(len(holding.account.underlyings))
    beta[u] = 1.0
    return Question(holding, bucket, beta, "equity" if what == "equity" else "buffer")


def _in_prices(holding: Holding, u: int, regions: Sequence[Region]) -> Liquidation:
    price = float(holding.account.index[u])
    return Liquidation(price, tuple(_open(price, low, high) for low, high in regions))


def _open(price: float, low: float, high: float) -> Open:
    return (None if low <= LOWEST else low * price, None if high >= HIGHEST else high * price)


def emptied(asked: Sequence[tuple[Holding, int, int]]) -> list[float | None]:
    """Per (holding, bucket, underlying) the price nearest to the present one at which equity turns 0, dollars; None for
    none. Raises Unsettled.
    """
    found = below_zero([_question(*one, "equity") for one in asked])
    ends = [[end for region in regions for end in region if LOWEST < end < HIGHEST] for regions in found]
    return [min(own, key=lambda end: abs(end - 1.0)) * float(holding.account.index[u]) if own else None
            for own, (holding, _, u) in zip(ends, asked, strict=True)]


def union(parts: Sequence[Liquidation]) -> Liquidation:
    """Where any of `parts` (at least one, all along one underlying) is liquidated."""
    spans = sorted((low or 0.0, np.inf if high is None else high) for part in parts for low, high in part.regions)
    joined: list[tuple[float, float]] = []
    for low, high in spans:
        if joined and low < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return Liquidation(parts[0].price, tuple((low or None, None if high == np.inf else high) for low, high in joined))


def _bankruptcies(asked: Sequence[tuple[Holding, int, int]], found: Sequence[Liquidation]) -> list[float | None]:
    """Per walk the first price at or beyond its nearest level at which equity is 0; None without either."""
    with_level = [i for i, level in enumerate(found) if level.nearest is not None]
    equity = below_zero([_question(*asked[i], "equity") for i in with_level])
    out: list[float | None] = [None] * len(asked)
    for i, regions in zip(with_level, equity, strict=True):
        level = found[i].nearest
        if level is not None:
            out[i] = _first_beyond(level / found[i].price, level == found[i].below, regions, found[i].price)
    return out


def _first_beyond(k: float, falling: bool, regions: Sequence[Region], price: float) -> float | None:
    """The first end of an equity region at or beyond k, walking down (`falling`) or up, in dollars."""
    ends = sorted({end for region in regions for end in region if LOWEST < end < HIGHEST}, reverse=falling)
    for end in ends:
        if (end <= k * (1 + SAME)) if falling else (end >= k * (1 - SAME)):
            return end * price
    return None
