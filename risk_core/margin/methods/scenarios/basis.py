"""Charge for forwards that move apart: it competes with the rows, and adds up over expiries without offset.

Source: Derive, "basis contingency": the worse of a move up and one down of each expiry, volatility unchanged, at least
0, times a rate that grows with time to expiry.
"""

from __future__ import annotations

import numpy as np

from ....arrays import Floats
from ....portfolio.account_file import Account
from ....rulebooks.portfolio import PortfolioRules
from .profits import Held, Values, contracted
from .transforms import expiries


def loss(account: Account, mine: Held, rules: PortfolioRules, worth: Values) -> Floats:
    """Loss that counts, dollars (S,), at least 0."""
    out = np.zeros(len(mine.factor))
    if not rules.basis_moves:
        return out
    for expiry in expiries(account, mine.option):
        change = worth.moved[..., expiry] - worth.now[:, None, expiry]
        profit = contracted(mine.size[:, expiry], change, worth.back).min(axis=1)
        years = account.instruments.years[mine.option[expiry]][0]
        out -= np.minimum(profit, 0.0) * (rules.basis_rate + rules.basis_rate_per_year * years)
    return out
