"""Charges by what the market can bear: size against daily volume, spread and depth, and doubt in its feeds."""

from __future__ import annotations

import numpy as np

from ....arrays import Floats
from ....rulebooks.addon_rows import Concentration, FeedDoubt, Liquidity, LiquidityScale, VolatilityScale
from .exposure import Exposure


def _size(held: Exposure) -> Floats:
    """Net delta, dollars at present prices (S, U): volumes count in coins, so that no price moves the ratio."""
    return np.asarray(np.abs(held.by_underlying(held.delta())) * held.pool.account.index)


def concentration(held: Exposure, row: Concentration) -> Floats:
    """Net delta beyond the share of the daily volume × (size ÷ volume) ^ power, dollars (S, U)."""
    volume, size = held.stated("daily_volume"), _size(held)
    beyond = np.maximum(size - row.share * volume, 0.0)
    return np.asarray(beyond * (size / volume) ** row.power * held.pool.factors)


def liquidity(held: Exposure, row: Liquidity) -> Floats:
    """½ spread × Σ|δ| × price × (1 + slope × Σ|δ| × price ÷ depth), dollars (S, U)."""
    gross = held.by_underlying(np.abs(held.delta())) * held.pool.account.index
    crowd = row.slope * gross / held.stated("depth") if row.slope else 0.0
    return np.asarray(0.5 * held.stated("spread") * gross * (1.0 + crowd) * held.pool.factors)


def feed_doubt(held: Exposure, row: FeedDoubt) -> Floats:
    """(1 - confidence) × notional where the confidence is below the threshold, dollars (S, U). Source: Derive."""
    confidence = held.stated("confidence")
    doubt = np.where(confidence < row.threshold, 1.0 - confidence, np.where(np.isnan(confidence), np.nan, 0.0))
    return np.asarray(doubt * held.by_underlying(held.notional))


def volatility_scale(held: Exposure, row: VolatilityScale) -> Floats:
    """What the core is multiplied by, less 1, (S, U)."""
    ratio = (held.stated("daily_volatility") / held.stated("reference_volatility")) ** row.power
    factor = np.clip(ratio, row.least, row.most) - 1.0
    return np.asarray(np.broadcast_to(factor, held.price.shape))


def liquidity_scale(held: Exposure, row: LiquidityScale) -> Floats:
    """What the core is multiplied by, less 1, (S, U)."""
    ratio = (_size(held) / (row.share * held.stated("daily_volume"))) ** row.power
    return np.asarray(np.clip(ratio, 1.0, row.most) - 1.0)
