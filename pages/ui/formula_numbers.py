"""Numbers of a formula as people write them: dollars with cents, shares as percent, anything else with its digits."""

from __future__ import annotations

from decimal import Decimal

from pages.ui import words
from risk_core.margin.formulas.formula import Formula
from risk_core.margin.formulas.nodes import Operation, worked

DIGITS = 8
"""Significant digits of what is neither dollars nor a share."""
ROUNDED = {"initial_margin": "up", "maintenance_margin": "up", "buffer": "down", "available": "down",
           "pledged": "up", "capital_freed": "down"}
"""How the tables round a figure; half where it is not named."""


def write(value: float, unit: str) -> str:
    """A number inside a formula."""
    if value != value:  # noqa: PLR0124 - not a number
        return words.MISSING
    if unit == "USD":
        return words.money(value)
    return _digits(value * 100.0, 6) + f"{words.SPACE}%" if unit == "share" else _digits(value, DIGITS)


def _digits(value: float, digits: int) -> str:
    """So many significant digits, never scientific, without trailing zeros."""
    text = f"{Decimal(f'{value:.{digits}g}').normalize():,f}"
    return words.MINUS + text[1:] if text.startswith("-") else text


def with_unit(value: float, unit: str) -> str:
    """A number beside its unit."""
    return write(value, unit) if unit == "share" else f"{write(value, unit)}{words.SPACE}{unit}".strip()


def result(figure: str, one: Formula) -> str:
    """A figure as the tables show it."""
    value = one.result
    if value is None:
        return words.used(None) if figure == "maintenance_used" else words.NONE
    if figure == "maintenance_used":
        return words.used(value)
    if figure.endswith("_price"):
        return f"{words.price(value)}{words.SPACE}USD"
    if figure == "capital_freed" and isinstance(one.of, Operation):
        isolated, here = (words.rounded(worked(part), "up") for part in one.of.of)
        value = round(isolated - here, 2)
    return f"{words.money(value, ROUNDED.get(figure, 'half'))}{words.SPACE}USD"
