"""What a venue shows besides amounts: the form of its margin ratio."""

from __future__ import annotations

from typing import Literal

from .records import Record

RatioForm = Literal[
    "maintenance ÷ equity", "equity ÷ maintenance", "buffer ÷ maintenance", "buffer ÷ initial", "buffer",
]


class DisplayRules(Record):
    """ratio: the margin ratio as displayed; `margin.ratios.RATIOS` says which way it runs and where liquidation is."""

    ratio: RatioForm
