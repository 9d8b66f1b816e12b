"""Charges on deltas and notionals of an underlying: hedged, net, futures, and net delta beyond a threshold."""

from __future__ import annotations

import numpy as np

from ....arrays import Floats
from ....rulebooks.addon_rows import DeltaMinimum, DeltaShock, FuturesRate, HedgedNotional
from .exposure import Exposure


def hedged_notional(held: Exposure, _: HedgedNotional) -> Floats:
    """Dollars of futures and perpetuals that offset each other, (S, U)."""
    gross, net = (held.by_underlying(one) for one in (np.abs(held.futures), held.futures))
    return np.asarray(0.5 * (gross - np.abs(net)))


def delta_minimum(held: Exposure, row: DeltaMinimum) -> Floats:
    """(net |Δ| + hedged (Σ|δ| - |Δ|) ÷ 2) × price, dollars (S, U). Source: Paradex, portfolio margin."""
    delta = held.delta()
    gross, net = held.by_underlying(np.abs(delta)), np.abs(held.by_underlying(delta))
    return np.asarray((row.net * net + row.hedged * 0.5 * np.maximum(gross - net, 0.0)) * held.price)


def futures_rate(held: Exposure, row: FuturesRate) -> Floats:
    """Notional of the futures or perpetuals charged, dollars (S, U)."""
    wanted = {"perpetuals": held.is_perpetual, "futures": ~held.is_perpetual}.get(row.of, np.True_)
    mine = np.where(wanted, held.coins * held.own_price if row.priced == "index" else held.futures, 0.0)
    if row.count == "net":
        return np.asarray(np.abs(held.by_underlying(mine)))
    return held.by_underlying(np.abs(mine))


def delta_shock(held: Exposure, row: DeltaShock) -> Floats:
    """|Δ| × price × min(slope × coins beyond the threshold, most), dollars (S, U)."""
    coins = np.abs(held.by_underlying(held.delta(row.delta)))
    beyond = np.maximum(coins - row.threshold / held.price, 0.0)
    return np.asarray(coins * held.price * np.minimum(row.slope * beyond, row.most))
