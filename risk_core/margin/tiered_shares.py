"""What each leg adds where nets are charged by themselves: alone, to the others, and as its part of the whole."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..arrays import Floats
from .attribution import sides_of_nets
from .charges import tiered
from .holding import Holding
from .netting import HEDGED, Nets


def columns(holding: Holding, amounts: Floats) -> tuple[Floats, Floats, Floats]:
    """Standalone, marginal and Euler of every leg, dollars, (P,) each; amounts: maintenance margin of nets, (N,)."""
    account, quantity = holding.account, holding.account.book.quantity
    one = np.ones((1, len(account.underlyings)))

    def charged(changed: Nets) -> Floats:
        return np.asarray(tiered.requirement(account, changed, holding.rules, one).maintenance[0])

    return _alone(holding, quantity), _marginal(holding, amounts, charged), sides_of_nets(holding, amounts)


def _marginal(holding: Holding, amounts: Floats, charged: Callable[[Nets], Floats]) -> Floats:
    """The margin of all legs less what it would be without each of them, (P,)."""
    nets, quantity = holding.nets, holding.account.book.quantity
    rest = nets.quantity[nets.leg_net] - quantity
    rest[np.abs(rest) <= HEDGED * np.abs(quantity)] = 0.0
    options = holding.rules.options
    couples = holding.rules.futures.opposite == "larger side" or (options is not None and options.couples)
    if holding.rules.tiers.by == "instrument" and not couples:
        return np.asarray(amounts[nets.leg_net] - _alone(holding, rest))
    without = [np.where(np.arange(len(nets.quantity)) == n, left, nets.quantity)
               for n, left in zip(nets.leg_net, rest, strict=True)]
    return np.array([math.fsum(amounts) - math.fsum(charged(replace(nets, quantity=held))) for held in without])


def _alone(holding: Holding, quantity: Floats) -> Floats:
    """Maintenance margin of every leg with `quantity` (P,) by itself, valued as where it is held, pool or isolated."""
    account, nets, rules = holding.account, holding.nets, holding.rules
    legs, one = _per_leg(nets, quantity), np.ones((1, len(account.underlyings)))
    at = rules.tiers.model_copy(update={"maintenance_at_isolated": rules.tiers.maintenance_at})
    in_pool = tiered.requirement(account, legs, rules.model_copy(update={"tiers": at}), one).maintenance[0]
    apart = tiered.requirement(account, legs, rules, one).maintenance[0]
    return np.asarray(np.where(nets.bucket[nets.leg_net] < nets.pools.count, in_pool, apart))


def _per_leg(nets: Nets, quantity: Floats) -> Nets:
    """Every leg as a net of its own and by itself, with `quantity` (P,)."""
    n = nets.leg_net
    return replace(nets, bucket=nets.pools.count + np.arange(len(n)), instrument=nets.instrument[n], quantity=quantity,
                   leverage=nets.leverage[n], entry=nets.entry[n], profit_const=nets.profit_const[n],
                   profit_slope=nets.profit_slope[n], leg_net=np.arange(len(n)))
