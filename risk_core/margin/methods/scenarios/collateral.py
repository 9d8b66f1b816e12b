"""Collateral that moves with an underlying inside its rows, and so cancels risk or adds to it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....arrays import Floats
from ....rulebooks.portfolio import PortfolioRules
from ....rulebooks.portfolio_rows import Cancelling
from ..demand import Pool
from .rows import table


def cancelling(pool: Pool, rules: PortfolioRules, underlying: int) -> Iterator[tuple[int, Cancelling]]:
    """Which balances of the pool move with the underlying, and the rule that says so."""
    name = pool.account.underlyings[underlying]
    said = {row.asset: row for row in rules.risk_cancelling if row.underlying == name}
    for i, asset in enumerate(pool.account.collateral.assets):
        if asset in said and pool.collateral[i]:
            yield i, said[asset]


def worth(pool: Pool, balance: int) -> Floats:
    """Dollars of one balance at every state, (S,)."""
    held = pool.account.collateral
    own = int(held.underlying[balance])
    price = float(held.price[balance])
    moved = pool.factors[:, own] if own >= 0 else np.ones(pool.states)
    return np.asarray(pool.collateral[balance] * price * moved)


def charged_on(pool: Pool, balance: int, row: Cancelling, underlying: int) -> Floats:
    """Dollars a balance's own charges are a share of, at every state, (S,)."""
    if row.charged_on == "index":
        return np.asarray(abs(pool.collateral[balance]) * pool.account.index[underlying] * pool.factors[:, underlying])
    return np.abs(worth(pool, balance))


def profit(pool: Pool, rules: PortfolioRules, underlying: int) -> Floats | float:
    """Profit of such collateral in each row before weights, dollars (S, K); 0.0 where there is none."""
    move = table(rules).move
    return sum((worth(pool, i)[:, None] * move for i, _ in cancelling(pool, rules, underlying)), 0.0)
