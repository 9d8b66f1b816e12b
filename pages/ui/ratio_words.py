"""The ratio of a method that is one, in words: a plain number as its venue shows it, and its thresholds."""

from __future__ import annotations

import math

from pages.ui import words
from risk_core.margin.methods.ratio.demand import Shown

LARGEST = 10_000
"""Beyond it the number says no more than that it is large."""


def value(one: Shown) -> str:
    """The ratio to three decimals, rounded towards danger; in words where it divides by nothing."""
    if one.value is None:
        return "nothing required"
    if one.rises and math.isinf(one.value):
        return "no liquidation value left"
    if abs(one.value) > LARGEST:
        return f"over {LARGEST:,}" if one.value > 0 else f"below {words.MINUS}{LARGEST:,}"
    towards = math.ceil if one.rises else math.floor
    number = towards(round(one.value * 1000, 6)) / 1000
    return f"{number:,.3f}".replace("-", words.MINUS)


def thresholds(one: Shown) -> str:
    """What the ratio is, each threshold that is not that of liquidation itself, and which way is worse."""
    beyond, way = ("above", "rising") if one.rises else ("below", "falling")
    steps = (("warning", one.warning), ("no new positions", one.restricted))
    said = [f"{what} {beyond} {limit:g}" for what, limit in steps if limit != one.liquidation]
    return f"{one.form}; " + ", ".join([*said, f"liquidated {beyond} {one.liquidation:g}", f"{way} = worse"])
