"""Charges on the term structure: moves of the basis, and what expiries offset against each other."""

from __future__ import annotations

import numpy as np

from ....arrays import Floats, Ints
from ....rulebooks.addon_rows import DeltaSpread, TermMove, VegaSpread
from .exposure import Exposure, summed

DAYS = 365.0
MOST = 100.0
"""Largest yearly move × years that can be computed with."""


def term_move(held: Exposure, row: TermMove) -> Floats:
    """Σ over expiries |Δ| × price × max(move of the expiry, least), dollars (S, U).

    Source: Deribit, portfolio margin, roll shock (continuous); OKX, portfolio margin, MR4 (simple).
    """
    years = np.nan_to_num(held.terms.years)
    move = row.yearly * years if row.compounding == "simple" else np.expm1(np.minimum(row.yearly * years, MOST))
    rate = np.where(np.isnan(held.terms.years), row.perpetual, np.maximum(move, row.least_move))
    dollars = held.delta(row.delta) * held.own_price
    if row.priced == "mark":
        dollars = dollars + held.futures - held.coins * held.own_price
    return summed(np.abs(held.by_term(dollars)) * rate, held.terms.underlying, held.price.shape[1])


def delta_spread(held: Exposure, row: DeltaSpread) -> Floats:
    """Offset delta × price, × the time between the expiries where the row asks so, dollars (S, U)."""
    out = np.zeros_like(held.price)
    for underlying, years, matched in _matched(held, held.by_term(held.delta())):
        out[:, underlying] += matched * {"pair": 1.0, "year apart": years, "day apart": years * DAYS}[row.by]
    return np.asarray(out * held.price)


def vega_spread(held: Exposure, row: VegaSpread) -> Floats:
    """Offset vega × points × days between the expiries, dollars (S, U)."""
    out = np.zeros_like(held.price)
    for underlying, years, matched in _matched(held, held.by_term(held.vega)):
        out[:, underlying] += matched * years * DAYS * row.points
    return out


def _matched(held: Exposure, values: Floats) -> list[tuple[int, float, Floats]]:
    """What expiries of one underlying offset, of signed values (S, E): underlying, years apart, amount (S,).

    Pairs are used up nearest in time first, the earlier pair first where two are as near; a perpetual stands at 0.
    """
    left, when = values.copy(), np.nan_to_num(held.terms.years)
    out = []
    for near, far in _pairs(held.terms.underlying, when):
        opposite = left[:, near] * left[:, far] < 0
        amount = np.where(opposite, np.minimum(np.abs(left[:, near]), np.abs(left[:, far])), 0.0)
        for one in (near, far):
            left[:, one] -= np.sign(left[:, one]) * amount
        out.append((int(held.terms.underlying[near]), float(when[far] - when[near]), amount))
    return out


def _pairs(underlying: Ints, when: Floats) -> list[tuple[int, int]]:
    count = len(when)
    every = [(i, j) for i in range(count) for j in range(i + 1, count) if underlying[i] == underlying[j]]
    return sorted(every, key=lambda pair: (float(when[pair[1]] - when[pair[0]]), float(when[pair[0]])))
