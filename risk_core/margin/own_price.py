"""Liquidation price of a single leg as its rulebook states it: what it assumes of the rest of the pool, and its tick.

`regions` of a bucket are where it is liquidated with all others still. With several positions in a pool no single price
is the only one; some rulebooks print an estimate under another assumption, and that is what a leg shows there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .charges.futures import Futures
from .charges.tiered import Requirement
from .holding import Holding, Margin

CLOSE = 1e-9
"""A price within this share of a tick counts as on it."""


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """Index prices of one leg, None for none."""

    liquidation: float | None
    bankruptcy: float | None


CONVENTIONS = ("shared by value", "maintenance still")
"""What a price in a pool can assume besides that all others stand still."""


def assumed(holding: Holding, now: Margin) -> dict[int, OwnPrice]:
    """Prices of the pool's nets where the rulebook assumes something else than that all others stand still; by net."""
    convention = holding.rules.futures.cross_price
    return {} if convention == "others still" else under(holding, now, convention)


def under(holding: Holding, now: Margin, convention: str) -> dict[int, OwnPrice]:
    """Prices of the pool's futures and perpetuals by net under one of CONVENTIONS; none where legs are scanned.

    shared by value: the pool's equity belongs to the positions in proportion to their value at the mark (KuCoin).
    maintenance still: all maintenance stays as it is now (Bitget). Options have no such price.
    """
    if now.by_net is None:
        return {}
    pools = [_in_pool(holding, now, now.by_net, convention, pool) for pool in range(holding.nets.pools.count)]
    return {net: price for prices in pools for net, price in prices.items()}


def _in_pool(holding: Holding, now: Margin, charged: Requirement, convention: str, pool: int) -> dict[int, OwnPrice]:
    nets, ins = holding.nets, holding.account.instruments
    at = np.flatnonzero((nets.bucket == pool) & ~ins.is_option[nets.instrument] & (nets.quantity != 0))
    equity, maintenance = float(now.equity[0, pool]), float(now.maintenance[0, pool])
    if not len(at) or equity < maintenance:
        return {}
    held = Futures(holding.account, nets, at, holding.rules)
    side, slope = np.sign(nets.quantity[at]), held.size / np.where(held.inverse, held.entry, 1.0)
    notional, asked = held.size * np.where(held.inverse, 1.0, held.mark), charged.maintenance[0, at]
    if convention == "shared by value":
        share = equity * notional / notional.sum()
        moving = np.where(held.inverse, 0.0, asked / held.mark)
        liquidation = held.mark + (asked - share) / (side * slope - moving)
        bankruptcy = held.mark - side * share / slope
    else:
        liquidation = held.mark - side * (equity - maintenance) / slope
        bankruptcy = held.mark - side * equity / slope
    to_index = holding.account.index[ins.underlying[nets.instrument[at]]] / held.mark
    return {int(n): OwnPrice(_price(own), _price(gone))
            for n, own, gone in zip(at, liquidation * to_index, bankruptcy * to_index, strict=True)}


def _price(value: float) -> float | None:
    return float(value) if math.isfinite(value) and value > 0 else None


def rounded(holding: Holding, leg: int, price: float | None) -> float | None:
    """A leg's price on the tick of its underlying, against the trader, where the rulebook rounds."""
    rules, account = holding.rules.futures, holding.account
    name = account.underlyings[account.instruments.underlying[account.book.instrument[leg]]]
    tick = rules.ticks.get(name)
    if price is None or tick is None or rules.rounding == "none":
        return price
    steps = price / tick
    if abs(steps - round(steps)) <= CLOSE:
        return round(steps) * tick
    return _price((math.ceil if rounds_up(holding, leg, price) else math.floor)(steps) * tick)


def rounds_up(holding: Holding, leg: int, price: float) -> bool:
    """Whether a trigger is rounded up: one below the present price is, one above it is not, so that it is met sooner.

    A long is usually liquidated below and a short above; in a pool with other legs it may be the other way round.
    """
    account = holding.account
    return price <= float(account.index[account.instruments.underlying[account.book.instrument[leg]]])
