"""Charges on money: balances owed, a dollar coin below par, funding and fees kept back."""

from __future__ import annotations

import numpy as np

from ....arrays import Floats
from ....rulebooks.addon_rows import Depeg, FeeProvision, FundingProvision
from ..demand import Pool
from .exposure import Exposure
from .short_options import counted

SETTLED = 8.0
"""Hours between two fundings of the account file's rate."""


def owed(pool: Pool, asset: str) -> Floats:
    """What is owed of an asset, dollars (S,)."""
    held = pool.account.collateral
    at = held.assets.index(asset)
    moved = pool.factors[:, held.underlying[at]] if held.underlying[at] >= 0 else np.ones(pool.states)
    return np.asarray(max(-float(pool.collateral[at]), 0.0) * float(held.price[at]) * moved)


def gap(pool: Pool, row: Depeg) -> float | None:
    """How far the coin trades below the threshold, × factor; None where the account does not say its price."""
    price = pool.account.market.asset_price(row.asset)
    return None if price is None else max(row.threshold - price, 0.0) * row.factor


def at_risk(held: Exposure) -> Floats:
    """Notional of short options and of futures and perpetuals, dollars (S, U)."""
    return np.asarray(counted(held, "option") * held.price + held.by_underlying(np.abs(held.futures)))


def funding_provision(held: Exposure, row: FundingProvision) -> Floats:
    """Funding the perpetuals would pay on net, dollars (S, U): longs pay a positive rate."""
    perpetuals = held.by_underlying(np.where(held.is_perpetual, held.futures, 0.0))
    return np.asarray(np.maximum(perpetuals * held.stated("funding_8h") * row.hours / SETTLED, 0.0))


def fee_provision(held: Exposure, row: FeeProvision) -> Floats:
    """Fee for closing every instrument, dollars (S, U)."""
    options = np.abs(held.quantity) * np.minimum(row.option * held.own_price, row.option_share * held.mark)
    return held.by_underlying(np.where(held.is_option, options, row.futures * np.abs(held.futures)))
