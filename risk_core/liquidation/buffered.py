"""Figures while a liquidation runs: rates raised by a buffer, losses inflated by it, borrows as a requirement."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats
from ..margin.holding import Holding
from ..margin.netting import POOL
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
    owed, weighted = _borrows(holding)
    requirement, collateral = now.maintenance[0] + buffer * notional, now.equity[0] - buffer * loss
    requirement[POOL] += weighted + buffer * owed
    collateral[POOL] += weighted
    return Buffered(collateral, requirement)


def _borrows(holding: Holding) -> tuple[float, float]:
    """What the account owes, dollars: as it stands, and times its weights."""
    held, weigh = holding.account.collateral, holding.rules.collateral.weight
    rows = zip(held.assets, held.amount.tolist(), held.price.tolist(), strict=True)
    owed = [(-amount * price, weigh(asset, amount)) for asset, amount, price in rows if amount < 0]
    return math.fsum(value for value, _ in owed), math.fsum(value * weight for value, weight in owed)
