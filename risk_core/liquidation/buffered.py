"""Figures while a liquidation runs: rates raised by a buffer, losses inflated by it, borrows as a requirement."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats
from ..margin.holding import Holding
from .order_prices import net_notional


@dataclass(frozen=True, eq=False)
class Buffered:
    """Dollars of each bucket now, both (B,). collateral: assets, pledges and profit; requirement: margin and borrows.

    collateral − requirement is equity − maintenance margin where the rulebook's rate_buffer is 0.
    """

    collateral: Floats
    requirement: Floats


def buffered(holding: Holding) -> Buffered:
    """The buckets of an account as a liquidation in progress measures them.

    Rate + buffer, weight of a borrow + buffer, loss × (1 + buffer); where the charge scans, its requirement rises by
    buffer × notional. Source: Drift protocol v2, margin calculation with a margin buffer.
    """
    buffer, nets, now = holding.rules.liquidation.rate_buffer, holding.nets, holding.now
    notional = np.bincount(nets.bucket, net_notional(holding), nets.buckets)
    loss = np.bincount(nets.bucket, np.maximum(-(nets.profit_const + nets.profit_slope), 0.0), nets.buckets)
    requirement, collateral = now.maintenance[0] + buffer * notional, now.equity[0] - buffer * loss
    for pool in range(nets.pools.count):
        owed, weighted = _borrows(holding, pool)
        requirement[pool] += weighted + buffer * owed
        collateral[pool] += weighted
    return Buffered(collateral, requirement)


def _borrows(holding: Holding, pool: int) -> tuple[float, float]:
    """What a pool owes, dollars: as it stands, and times its weights."""
    held, weigh = holding.account.collateral, holding.rules.collateral.weight
    rows = zip(held.assets, held.amount.tolist(), held.price.tolist(), holding.nets.pools.of_asset, strict=True)
    owed = [(-amount * price, weigh(asset, amount)) for asset, amount, price, at in rows if amount < 0 and at == pool]
    return math.fsum(value for value, _ in owed), math.fsum(value * weight for value, weight in owed)
