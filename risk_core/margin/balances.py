"""What collateral is worth as it counts, pool by pool."""

from __future__ import annotations

import math

import numpy as np

from ..arrays import Floats, exact_sums
from ..portfolio.account_file import Account
from ..rulebooks.rules import Rules
from .pools import Pools


def collateral_value(account: Account, rules: Rules, pools: Pools, *,
                     initial: bool = False) -> list[tuple[float, Floats]]:
    """Collateral of each pool as it counts, dollars: what no walk moves, and what each underlying's price moves, (U,).

    initial: as it counts where initial margin is measured.
    """
    held = account.collateral
    weigh = rules.collateral.initial_weight if initial else rules.collateral.weight
    weight = np.array([weigh(asset, amount) for asset, amount in zip(held.assets, held.amount.tolist(), strict=True)])
    value = held.amount * held.price * weight
    out = []
    for pool in range(pools.count):
        mine = pools.of_asset == pool
        still, moving = mine & (held.underlying < 0), mine & (held.underlying >= 0)
        by_underlying = exact_sums(value[moving], held.underlying[moving], len(account.underlyings))
        out.append((math.fsum(value[still]), by_underlying))
    return out
