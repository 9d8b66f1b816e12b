"""Tools against margins that rise when markets fall. Source: EMIR RTS 153/2013, article 28.

Margin is taken as proportional to volatility: at another volatility it is margin × that ÷ daily.
"""

from __future__ import annotations

import numpy as np

from ....arrays import Floats
from ....rulebooks.addon_rows import Procyclicality
from .exposure import Exposure

_NEEDS = {"buffer": (), "stressed weight": ("daily_volatility", "stressed_volatility"),
          "long floor": ("daily_volatility", "long_volatility")}


def needs(row: Procyclicality) -> tuple[str, ...]:
    """Keys of market.underlyings that the tool reads."""
    return _NEEDS[row.tool]


def factor(held: Exposure, row: Procyclicality) -> Floats:
    """What the tool adds, as a share of margin, (U,); NaN where the market lacks a figure.

    buffer: size. stressed weight w: w (stressed ÷ daily volatility - 1), a relief where today is wilder than
    the stress. long floor: size × max(long ÷ daily volatility - 1, 0).
    """
    if row.tool == "buffer":
        return np.full(len(held.blocks), row.size)
    daily = held.stated("daily_volatility")
    if row.tool == "stressed weight":
        return np.asarray(row.size * (held.stated("stressed_volatility") / daily - 1.0))
    return np.asarray(row.size * np.maximum(held.stated("long_volatility") / daily - 1.0, 0.0))
