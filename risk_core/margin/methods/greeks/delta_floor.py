"""Charge on net and hedged delta with a floor.

max(a |net| + b × hedged, floor × notional) per underlying, hedged = (gross − |net|) ÷ 2, deltas in dollars.
Source of the form: docs.paradex.trade/risk/portfolio-margin, minimum delta; the floor is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....arrays import Floats
from ....rulebooks.greeks import DeltaRules
from .. import exposures
from ..demand import Demand, Part, Pool


@dataclass(frozen=True, eq=False)
class Deltas:
    """Dollar deltas at S states by underlying, all (S, U). hedged: (gross − |net|) ÷ 2. notional: of futures,
    perpetuals and short options.
    """

    net: Floats
    gross: Floats
    notional: Floats

    @property
    def hedged(self) -> Floats:
        return 0.5 * (self.gross - np.abs(self.net))


def deltas(pool: Pool) -> Deltas:
    """Deltas of the pool, instruments netted."""
    account, ins = pool.account, pool.account.instruments
    held = exposures.held(pool).delta
    index = (account.index * pool.factors)[:, ins.underlying]
    notional = np.where(ins.is_option, np.maximum(-pool.quantity, 0.0) * index, np.abs(held))
    return Deltas(*(exposures.by_underlying(account, one) for one in (held, np.abs(held), notional)))


def demand(pool: Pool, own: DeltaRules) -> Demand:
    """The charge of each underlying, and what the floor adds."""
    found = deltas(pool)
    net, hedged = own.net_rate * np.abs(found.net), own.hedged_rate * found.hedged
    added = np.maximum(own.floor_rate * found.notional - net - hedged, 0.0)
    parts = []
    for u in np.unique(pool.account.instruments.underlying):
        name = pool.account.underlyings[u]
        for key, title, value in (("net_rate", "Net delta", net), ("hedged_rate", "Hedged delta", hedged),
                                  ("floor_rate", "Added by the floor", added)):
            column = value[:, u]
            parts.append(Part(f"delta_floor.{key}", f"{title}, {name}", name, own.initial_factor * column, column,
                              is_core=True))
    return Demand(tuple(parts), (), _words(pool, found, parts), pool.states)


def _words(pool: Pool, found: Deltas, parts: list[Part]) -> str:
    if not parts:
        return "Nothing is held that needs margin."
    most = max(parts, key=lambda part: float(part.maintenance[0]))
    u = pool.account.underlyings.index(most.underlying)
    net, hedged = float(found.net[0, u]), float(found.hedged[0, u])
    sign = "−" if net < 0 else ""
    return (f"{most.title}: net delta {sign}{abs(net):,.0f} USD, hedged delta {hedged:,.0f} USD, "
            f"notional {float(found.notional[0, u]):,.0f} USD.")
