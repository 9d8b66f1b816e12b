"""Opposite futures and perpetuals of one underlying in one pool: where a rulebook says so, the larger side counts.

Source: Kraken, "Margining & Liquidations: Multi-Collateral", margin netting: max(margin long, margin short), for
initial and maintenance margin alike. The charge is the higher of two: a walk has two rows for each such pair of sides.
"""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Ints
from ...portfolio.account_file import Account
from ...rulebooks.rules import Rules
from ..netting import Nets

NONE = -1
"""The pair of a net without an opposite side."""


def pairs(account: Account, nets: Nets, rules: Rules) -> Ints:
    """The pair each net belongs to, (N,), numbered by bucket and underlying; NONE where only one side is held."""
    out = np.full(len(nets.quantity), NONE, dtype=np.int64)
    plain = np.flatnonzero(~account.instruments.is_option[nets.instrument] & (nets.quantity != 0))
    if rules.futures.opposite != "larger side" or not len(plain):
        return out
    of = nets.bucket[plain] * len(account.underlyings) + account.instruments.underlying[nets.instrument[plain]]
    keys, back = np.unique(of, return_inverse=True)
    held = [np.bincount(back, nets.quantity[plain] * side > 0, len(keys)) > 0 for side in (1.0, -1.0)]
    both = held[0] & held[1]
    number = np.cumsum(both) - 1
    out[plain] = np.where(both[back], number[back], NONE)
    return out


def only(of: Ints, nets: Nets, margin: Floats) -> Floats:
    """Margin of each net (S, N) without that of the smaller side of every pair; of equal sides the long counts."""
    out = margin.copy()
    long = nets.quantity > 0
    for pair in range(int(of.max(initial=NONE)) + 1):
        mine = of == pair
        bought, sold = (margin[:, mine & side].sum(axis=1) for side in (long, ~long))
        out[:, mine & ~long] *= (bought < sold)[:, None]
        out[:, mine & long] *= (bought >= sold)[:, None]
    return out
