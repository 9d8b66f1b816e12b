"""Unrealised gains that do not back new positions, where long and short of one instrument hedge each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Floats
from ..portfolio.account_file import Account
from .netting import Nets


@dataclass(frozen=True, eq=False)
class Gains:
    """Unrealised profit at states, dollars, all (S, N).

    unhedged: of the part of each net beyond the smaller side. hedged: of each pair as far as the sides match, at its
    first net; a loss there is locked, because no price undoes it.
    """

    unhedged: Floats
    hedged: Floats

    @property
    def withheld(self) -> Floats:
        """Gains that do not back new positions, (S, N)."""
        return np.asarray(np.maximum(self.unhedged, 0.0) + np.maximum(self.hedged, 0.0))


def gains(account: Account, nets: Nets, factors: Floats) -> Gains:
    """Profit of futures and perpetuals with prices multiplied by factors (S, U), by what is hedged and what is not.

    Source: Bybit, "Initial margin and available balance in hedge mode": sizes up to the smaller side are hedged.
    """
    moved = factors[:, account.instruments.underlying[nets.instrument]]
    profit = nets.profit_const + nets.profit_slope * moved
    pair = np.stack([nets.bucket, nets.instrument], axis=1).reshape(-1, 2)
    _, first, back = np.unique(pair, axis=0, return_index=True, return_inverse=True)
    back = back.ravel()
    long, short = (np.bincount(back, np.maximum(sign * nets.quantity, 0.0), len(first)) for sign in (1.0, -1.0))
    size = np.abs(nets.quantity)
    share = np.divide(np.minimum(long, short)[back], size, out=np.zeros(len(size)), where=size > 0)
    hedged = np.zeros_like(profit)
    np.add.at(hedged.T, first[back], (profit * share).T)
    return Gains(profit * (1.0 - share), hedged)
