"""Figures of single pools, where a rulebook keeps one for each settlement coin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..liquidation.thresholds import Levels, Liquidation
from .figures import Figures
from .holding import Holding
from .pools import named

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WalletFigures:
    """One wallet in one mode. who: its id; coin: what it settles in, USD for dollars of any kind.

    positions: ids of the legs that share it. liquidation, bankruptcy: along every underlying that moves it, the others
    held still; bankruptcy is the index price behind the nearest level at which its equity is 0, None without either.
    """

    who: str
    coin: str
    figures: Figures
    positions: tuple[str, ...]
    liquidation: Mapping[str, Liquidation]
    bankruptcy: Mapping[str, float | None]

    @property
    def name(self) -> str:
        return named(self.who)


def wallet_figures(holding: Holding, figures: Sequence[Figures], level: Levels) -> tuple[WalletFigures, ...]:
    """Every wallet; () where there is one pool only. figures: of each bucket."""
    nets, account = holding.nets, holding.account
    if nets.pools.count == 1:
        return ()
    where = nets.bucket[nets.leg_net]
    legs = [tuple(name for name, at in zip(account.book.ids, where, strict=True) if at == pool)
            for pool in range(nets.pools.count)]

    def along(found: Mapping[tuple[int, int], T], pool: int) -> dict[str, T]:
        return {account.underlyings[u]: one for (bucket, u), one in found.items() if bucket == pool}

    return tuple(WalletFigures(nets.pools.id(pool), coin, figures[pool], legs[pool], along(level.liquidation, pool),
                               along(level.bankruptcy, pool))
                 for pool, coin in enumerate(nets.pools.coins))
