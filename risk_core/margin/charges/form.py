"""Adds up what rows of a walk are made of: constants, slopes, options."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...arrays import Floats, Ints
from ...portfolio.account_file import Account
from .terms import Terms


@dataclass
class LineSum:
    """Rows under construction: const and slope (R,), and the terms that bend them."""

    const: Floats
    slope: Floats
    terms: list[Terms] = field(default_factory=list)

    @staticmethod
    def empty(rows: int) -> LineSum:
        return LineSum(np.zeros(rows), np.zeros(rows))

    def add(self, row: Ints, const: Floats, slope: Floats | float = 0.0) -> None:
        """Add const + slope·k to rows; row, const: (E,)."""
        np.add.at(self.const, row, const)
        np.add.at(self.slope, row, slope)

    def option(self, row: Ints, quantity: Floats, account: Account, instrument: Ints, shift: Floats, scale: Floats,
               v: Floats) -> None:
        """Add quantity × dollar value of options, their forwards multiplied by shift + scale·k; all (E,).

        Puts enter as calls by parity, P = C - F + K.
        """
        ins = account.instruments
        weight, forward, strike = quantity * ins.unit[instrument], ins.forward[instrument], ins.strike[instrument]
        self.terms.append(Terms(row, weight, forward * shift, forward * scale, strike, v))
        put = np.where(ins.is_call[instrument], 0.0, weight)
        self.add(row, put * (strike - forward * shift), -put * forward * scale)
