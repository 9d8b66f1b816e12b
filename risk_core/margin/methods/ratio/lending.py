"""The ratio of a lending account as its venue states it: requirement ÷ liquidation value.

Source: docs/methods/ratio.md; the figures of Julianos87/btc-quant, tests/test_carry_v2_pm.py (commit 5d160137), are
reproduced.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....rulebooks.ratio import RatioRules
from .terms import credit


@dataclass(frozen=True, slots=True)
class Lending:
    """Dollars. ratio: requirement ÷ liquidation value, infinite where that is not above 0 and something is required."""

    requirement: float
    liquidation_value: float
    liquidation: float

    @property
    def ratio(self) -> float:
        if self.requirement <= 0:
            return 0.0
        return self.requirement / self.liquidation_value if self.liquidation_value > 0 else float("inf")

    @property
    def is_liquidated(self) -> bool:
        return self.requirement > self.liquidation * self.liquidation_value


def lending(own: RatioRules, asset: str, *, maintenance: float, owed: float, balance: float, backing: float,
            price: float) -> Lending:
    """The ratio of one asset's loan.

    maintenance: of positions, dollars. owed: dollars. balance: dollars that count in full. backing: units of `asset`,
    at `price` dollars, that back the loan.
    """
    value = balance + float(credit(own, asset, backing, np.array([price]))[0])
    return Lending(own.fixed + maintenance + owed, value, own.liquidation)
