"""Every pool and isolated leg of an account with where it is liquidated, and what is closed there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..margin.holding import Holding, hold
from ..margin.models import MODES, chosen, usable
from ..margin.positions import leg_notional
from ..portfolio.account_file import Account
from ..rulebooks.rules import Rulebook
from .thresholds import Levels, Liquidation, emptied, levels


@dataclass(frozen=True, slots=True)
class Trigger:
    """One pool or isolated leg of a mode, along one underlying with the rest held still.

    who: id of a pool or leg; legs: ids of what is closed together. notional: of those legs now, dollars.
    bankruptcy: price behind the nearest level at which the equity is 0, None without either; where it is liquidated
    now with equity left, the price nearest to the present one at which that is so. equity: now, dollars.
    """

    mode: str
    who: str
    legs: tuple[str, ...]
    underlying: str
    notional: float
    liquidation: Liquidation
    bankruptcy: float | None
    equity: float


def triggers(account: Account, rulebook: Rulebook, modes: Iterable[str] = tuple(MODES)) -> tuple[Trigger, ...]:
    """Every trigger of `modes`, mode by mode, pools first. Raises Unsettled."""
    wanted = {mode.name for mode in chosen(modes)}
    holdings = [hold(account, rulebook.rules, mode) for mode in usable(MODES, account, rulebook.rules)]
    found = zip(holdings, levels(holdings), strict=True)  # of all modes, as a comparison asks for: found once
    kept = [(holding, level) for holding, level in found if holding.mode.name in wanted]
    gone = [(holding, bucket, u) for holding, level in kept for (bucket, u), one in level.liquidation.items()
            if one.now and holding.now.equity[0, bucket] >= 0]
    behind = {(holding.mode.name, bucket, u): price
              for (holding, bucket, u), price in zip(gone, emptied(gone), strict=True)}
    return tuple(one for holding, level in kept for one in _of(holding, level, behind))


def _of(holding: Holding, level: Levels, behind: Mapping[tuple[str, int, int], float | None]) -> list[Trigger]:
    """behind: bankruptcy price by mode, bucket and underlying where it is liquidated now with equity left."""
    account, nets = holding.account, holding.nets
    notional = leg_notional(account)
    members: list[list[int]] = [[] for _ in range(nets.buckets)]
    for leg, at in enumerate(nets.leg_net):
        members[nets.bucket[at]].append(leg)
    ids, equity = account.book.ids, holding.now.equity[0]
    return [
        Trigger(holding.mode.name, nets.who(account, bucket), tuple(ids[leg] for leg in members[bucket]),
                account.underlyings[u], math.fsum(notional[leg] for leg in members[bucket]), liquidation,
                behind.get((holding.mode.name, bucket, u), level.bankruptcy[bucket, u]), float(equity[bucket]))
        for (bucket, u), liquidation in level.liquidation.items()
    ]
