"""Where a position in a pool is liquidated under each assumption that can be made of the rest of the pool.

With several positions in one pool no single price is the liquidation price: it depends on what the others do meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..margin.holding import Holding, hold
from ..margin.models import MODES, usable
from ..margin.own_price import CONVENTIONS, OwnPrice, under
from ..portfolio.account_file import Account
from ..rulebooks.rules import Rulebook
from .search import Region
from .thresholds import Liquidation, along, levels
from .walks import HIGHEST, LOWEST

STILL = "others stand still"
TOGETHER = "all prices move together"
WORDS = {"shared by value": "equity shared by value at the mark", "maintenance still": "maintenance stays as it is now"}


@dataclass(frozen=True, slots=True)
class Assumed:
    """Index prices of one position under one assumption, dollars; None for none on that side."""

    assumption: str
    below: float | None
    above: float | None


@dataclass(frozen=True, slots=True)
class Range:
    """A position of a pool: its price now and its liquidation prices under each assumption, the plain one first.

    worst: the price nearest to the present one over all assumptions, None without any.
    """

    mode: str
    id: str
    price: float
    assumed: tuple[Assumed, ...]

    @property
    def worst(self) -> float | None:
        """The nearest of all; where two are equally near, the lower."""
        ends = [end for one in self.assumed for end in (one.below, one.above) if end is not None]
        return min(ends, key=lambda end: (abs(end - self.price), end), default=None)


def ranges(account: Account, rulebook: Rulebook, modes: Iterable[str] = tuple(MODES)) -> tuple[Range, ...]:
    """Every position that shares a pool with another, mode by mode, in the order of the file. Raises Unsettled.

    A pool of one position has one answer and is left out, and so is one that is liquidated now.
    """
    holdings = [hold(account, rulebook.rules, mode) for mode in usable(modes, account, rulebook.rules)]
    found = zip(holdings, levels(holdings), along(holdings, np.ones(len(account.underlyings))), strict=True)
    return tuple(one for holding, level, together in found
                 for pool in range(holding.nets.pools.count)
                 if (holding.nets.bucket == pool).sum() > 1 and not _gone(together[pool])
                 for one in _of(holding, pool, level.liquidation, together[pool]))


def _gone(regions: Iterable[Region]) -> bool:
    return any(low < 1.0 < high for low, high in regions)


def _of(holding: Holding, pool: int, liquidation: dict[tuple[int, int], Liquidation],
        together: Iterable[Region]) -> list[Range]:
    account, nets = holding.account, holding.nets
    below = max((high for _, high in together if high <= 1.0), default=None)
    above = min((low for low, _ in together if low >= 1.0), default=None)
    other = {name: under(holding, holding.now, name) for name in CONVENTIONS}
    out = []
    for p, leg in enumerate(account.book.ids):
        net = int(nets.leg_net[p])
        if nets.bucket[net] != pool:
            continue
        u = int(account.instruments.underlying[account.book.instrument[p]])
        price = float(account.index[u])
        own = liquidation[pool, u]
        assumed = [Assumed(STILL, own.below, own.above),
                   Assumed(TOGETHER, _price(below, price), _price(above, price))]
        assumed += [_one_sided(WORDS[name], other[name][net], price) for name in CONVENTIONS if net in other[name]]
        out.append(Range(holding.mode.name, leg, price, tuple(assumed)))
    return out


def _price(factor: float | None, price: float) -> float | None:
    return None if factor is None or not LOWEST < factor < HIGHEST else factor * price


def _one_sided(words: str, own: OwnPrice, price: float) -> Assumed:
    level = own.liquidation
    if level is None:
        return Assumed(words, None, None)
    return Assumed(words, level, None) if level <= price else Assumed(words, None, level)
