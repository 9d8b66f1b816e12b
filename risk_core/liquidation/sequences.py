"""What a liquidation closes next: one function per sequence, from a strained bucket to shares of its nets.

A further sequence is a further entry of `SEQUENCES` and a further word of `LiquidationRules.sequence`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ..arrays import Flags, Floats
from ..margin.charges.schedule import measured
from ..margin.holding import Holding
from ..rulebooks.liquidation import LiquidationRules
from .order_prices import auction_share, buffer_margin, net_notional

WHOLE = 1e-9
"""A rest below this share of the size at the start is closed with the step; steps end this far below a tier's floor."""


@dataclass(frozen=True, eq=False)
class Strained:
    """A bucket below its maintenance margin. left: share of each net's size at the start, (N,).

    settles: whether closing these shares (N,) at once would end the liquidation.
    """

    holding: Holding
    bucket: int
    left: Floats
    settles: Callable[[Floats], bool]

    @property
    def rules(self) -> LiquidationRules:
        return self.holding.rules.liquidation

    @property
    def mine(self) -> Flags:
        """Nets of the bucket, (N,)."""
        return np.asarray(self.holding.nets.bucket == self.bucket)

    @property
    def all(self) -> Floats:
        """Every net of the bucket whole, (N,)."""
        return self.mine.astype(np.float64)

    @property
    def worst(self) -> int | None:
        """The net that asks the most maintenance margin, None where nets are charged together or none asks any.

        Closing one of several that are charged together could raise what the others ask, so they are closed alike.
        """
        asked, options = self.holding.now.by_net, self.holding.rules.options
        if asked is None or (options is not None and options.offset != "none"):
            return None
        own = np.where(self.mine, asked.maintenance[0], 0.0)
        return int(own.argmax()) if own.max(initial=0.0) > 0 else None

    def only(self, net: int, share: float) -> Floats:
        """A share of one net; the whole of it where the rulebook does not split positions of its size."""
        out = np.zeros(len(self.left))
        out[net] = 1.0 if net_notional(self.holding)[net] <= self.rules.whole_up_to else share
        return out

    def step(self, share: float) -> float:
        """`share` of the size at the start as a share of what is left."""
        return 1.0 if self.rules.step_share >= share * (1.0 - WHOLE) else self.rules.step_share / share


def all_at_once(strained: Strained) -> Floats:
    return strained.all


def share_of_all(strained: Strained) -> Floats:
    """The smallest multiple of the step that settles, of every position. Source: Paradex, "Partial liquidation"."""
    step = strained.rules.step_share
    multiples = (n * step * strained.all for n in range(1, math.ceil(1.0 / step)))
    return next((shares for shares in multiples if strained.settles(shares)), strained.all)


def first_share(strained: Strained) -> Floats:
    """A first step of the worst position, its rest after that. Source: Hyperliquid, "Liquidations"."""
    worst, step = strained.worst, strained.rules.step_share
    if worst is None:
        return strained.all * (step if strained.left[strained.mine].min(initial=1.0) >= 1.0 - WHOLE else 1.0)
    return strained.only(worst, step if strained.left[worst] >= 1.0 - WHOLE else 1.0)


def step_down_tiers(strained: Strained) -> Floats:
    """The worst position down to just below the end of a lower tier. Source: OKX, "Liquidation", tier 3 and above."""
    worst = strained.worst
    holding, steps = strained.holding, int(strained.rules.step_tiers)
    if worst is None or holding.account.instruments.is_option[holding.nets.instrument[worst]]:
        return strained.all if worst is None else strained.only(worst, 1.0)
    tiers, at = holding.rules.tiers, np.array([worst])
    own = measured(holding.account, holding.nets, at, tiers.model_copy(update={"by": "instrument"}))[0]
    size = measured(holding.account, holding.nets, at, tiers)[0]
    underlying = holding.account.instruments.underlying[holding.nets.instrument[worst]]
    starts = [step.start for step in tiers.table(holding.account.underlyings[underlying])]
    tier = sum(size >= start for start in starts) - 1
    if tier < steps:
        return strained.only(worst, 1.0)
    too_much = size - starts[tier - steps + 1] * (1.0 - WHOLE)
    return strained.only(worst, min(float(too_much / own), 1.0))


def until_safe(strained: Strained) -> Floats:
    """A step of the worst position, again and again. Source: Deribit, "Liquidations", incremental."""
    worst = strained.worst
    if worst is None:
        return strained.all * strained.step(float(strained.left[strained.mine].min(initial=1.0)))
    return strained.only(worst, strained.step(float(strained.left[worst])))


def auction(strained: Strained) -> Floats:
    """The share of the account that brings it beyond maintenance by the buffer. Source: Derive, "Liquidations".

    Where the fee takes more than the buffer gives, every further auction sells at least a step.
    """
    now, bucket = strained.holding.now, strained.bucket
    equity, maintenance = float(now.equity[0, bucket]), float(now.maintenance[0, bucket])
    margin = buffer_margin(equity, equity - maintenance, strained.rules)
    left = float(strained.left[strained.mine].min(initial=1.0))
    least = strained.step(left) if left < 1.0 else 0.0
    return strained.all * max(auction_share(equity, margin), least)


SEQUENCES: Mapping[str, Callable[[Strained], Floats]] = MappingProxyType({
    "all at once": all_at_once,
    "share of all": share_of_all,
    "first share": first_share,
    "step down tiers": step_down_tiers,
    "until safe": until_safe,
    "auction": auction,
})
"""By the name a rulebook's `liquidation.sequence` uses."""
