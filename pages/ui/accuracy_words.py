"""The cases in words: what is compared, and figures digit for digit, never scientific."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from pages.ui import rulebook_words, words
from pages.ui.accuracy_data import Case, Cell, Figure, Venue

FORMULAS: Final = {
    "LIN_LIQ": "Linear, maintenance at the tested price",
    "LIN_LIQ_FEE": "Linear, maintenance and closing fee at the tested price",
    "LIN_FIX": "Linear, maintenance at entry",
    "INV_LIQ": "Inverse, maintenance at the tested price",
    "INV_LIQ_FEE": "Inverse, maintenance and closing fee at the tested price",
    "INV_FIX": "Inverse, maintenance at entry",
    "INV_FIX_FEE_AT_BANKRUPTCY": "Inverse, maintenance at entry, closing fee at the bankruptcy price",
    "LIN_CROSS": "Linear, several positions, the others held still",
    "LIN_CROSS_BINANCE": "Linear, several positions, the others held still, from the wallet balance",
    "LIN_CROSS_FROZEN_MM": "Linear, maintenance held at the present mark",
    "CROSS_PRORATA_KUCOIN": "Several positions, equity shared by value",
    "HTX_ADJUST": "Maintenance as a share of initial margin",
    "BANKRUPTCY": "Bankruptcy price",
    "BANKRUPTCY_PRORATA_MM": "Bankruptcy price, equity shared by maintenance",
    "FILLABLE_PRICE": "Limit price of the liquidation order",
    "MM_TIER": "Maintenance by tier",
    "MM_DEDUCTION": "Deductions of a tier table",
    "SIZE_LINEAR_RATE": "Rate that rises with size",
    "IMF_SQRT": "Weights by a power of size",
    "IM_MM": "Initial and maintenance margin",
    "IM_MM_WITH_CLOSE_FEE": "Initial and maintenance margin with the closing fee",
    "IM_WITH_CLOSE_FEE": "Initial margin with the closing fee",
    "MM_WITH_CLOSE_FEE": "Maintenance margin with the closing fee",
    "IM_OPEN_SIZE": "Initial margin with open orders",
    "RISK_RATE": "Maintenance used",
    "ACCT_TOTALS": "Totals of an account",
    "HEDGE_AVAILABLE": "Available balance in hedge mode",
    "COLLATERAL": "Collateral haircuts",
    "SPOT_WEIGHTS": "Weights of collateral and loans",
    "CONTINGENCY": "Extra charges for depeg and price feed",
    "OPTION_SM": "Options, charge of each position",
    "OPTION_SM_MAXLOSS": "Options, greatest loss of an expiry",
    "OPTION_PREMIUM_FEE": "Options, premium and fee of a purchase",
    "PARTIAL_LIQ_SHARE": "Partial liquidation",
    "LIQUIDATION_FEE": "Liquidation fee",
}
"""By the formula a case states; one that is missing here is shown as it stands."""

KINDS: Final = {
    "official_docs": "venue's documents", "recorded_payload": "recorded payload", "protocol_test": "protocol's tests",
    "third_party_docs": "third party's documents", "third_party_test": "third party's tests", "issue": "issue report",
    "textbook": "textbook",
}
"""By the kind of source."""

_NAMES: Final = {
    "maint_amounts": "Deduction", "unrealized_pnl": "Unrealised P&L", "initial_margin_sats": "Initial margin, satoshi",
    "effective": "Collateral value", "account_im_rate": "Initial margin ÷ equity", "account_value": "Equity",
    "account_mm_rate": "Maintenance margin ÷ equity", "initial_margin_excess": "Available", "notional": "Notional",
    "maintenance_margin_excess": "Buffer", "position_comm": "Closing fee", "bankrupt_comm": "Closing fee at bankruptcy",
    "bankruptcy_quote_delta": "Quote at bankruptcy", "unrealized_pnl_session": "Unrealised P&L of the session",
    "entry": "Entry price", "estimated_close_fee": "Closing fee",
    "initial_margin_bare": "Initial margin without the fee",
    "maintenance_margin_bare": "Maintenance margin without the fee", "unrealized_profit_unhedged": "Profit not hedged",
    "option_im": "Initial margin of the option", "option_mm": "Maintenance margin of the option",
}
"""Figures that are not named as the case spells them."""


def formula(name: str) -> str:
    """What a case compares, in words."""
    return FORMULAS.get(name, name)


def ran(one: Case) -> str:
    """On which rulebook a case runs, and what of it the case replaces."""
    if one.rulebook is None:
        return "The formula alone, under the plain conventions: no shipped rulebook is of this venue."
    told = [f"figures of the case: {words.listed([_named(key) for key in one.laid])}"] if one.laid else []
    told += [f"{_named(key)} here “{value}”" for key, value in one.conventions.items()]
    told += [one.variant] if one.variant else []
    return f"Runs on {one.rulebook}{': ' if told else ', nothing replaced'}{'; '.join(told)}."


def _named(key: str) -> str:
    return rulebook_words.name(key)


def figure(name: str, of: int = 1) -> str:
    """A figure's name: `depeg[1]` gives “Depeg 2”, of a list of 40 “Depeg 2, the furthest off of 40”."""
    if of > 1:
        return f"{figure(name)}, the furthest off of {of}"
    key, place = re.fullmatch(r"(.*?)(?:\[(\d+)\])?", name, re.DOTALL).groups()
    spelt = key.replace("_", " ").replace(".", ", ").replace("unrealized", "unrealised").capitalize()
    told = _NAMES.get(key) or spelt.replace("pnl", "P&L")
    return told if place is None else f"{told} {int(place) + 1}"


def printed(value: Cell) -> str:
    """A figure with every digit its source has."""
    return _digits(Decimal(repr(value))) if isinstance(value, int | float) else str(value)


def ours(one: Figure) -> str:
    """Our figure, three digits further than the printed one and one further than its tolerance."""
    if one.ours is None:
        return words.MISSING
    if not isinstance(one.ours, int | float):
        return str(one.ours)
    places = max(_places(one.printed) + 3, _places(float(f"{one.allowed or 1.0:.2g}")) + 1)
    return _digits(round(Decimal(repr(one.ours)), places))


def error(one: Figure) -> str:
    """The distance of the two figures, two digits of it."""
    return words.MISSING if one.error is None else _two(one.error)


def tolerance(one: Figure) -> str:
    """The largest error at which the figures agree."""
    return words.MISSING if one.allowed is None else _two(one.allowed)


def share(value: float | None) -> str:
    """An error as a share of its tolerance."""
    if value is None:
        return words.MISSING
    if value == 0:
        return f"0{words.SPACE}%"
    return f"under 0.1{words.SPACE}%" if 0 < value < 0.001 else words.percent(value)


def count(one: Venue) -> str:
    """How many cases of a venue match."""
    return f"{one.matched} of {len(one.cases)}"


def kinds(one: Venue) -> str:
    """The kinds of source behind the cases of a venue."""
    found = words.listed([told for kind, told in KINDS.items() if any(case.kind == kind for case in one.cases)])
    return found[:1].upper() + found[1:]


def _places(value: Cell) -> int:
    """Decimals of a number."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent if isinstance(value, int | float) else 0
    return max(-int(exponent), 0)


def _two(value: float) -> str:
    return _digits(Decimal(f"{value:.2g}"))


def _digits(value: Decimal) -> str:
    told = f"{value:,f}"
    bare = told.rstrip("0").rstrip(".") if "." in told else told
    return words.MINUS + bare[1:] if bare.startswith("-") and bare != "-0" else bare.removeprefix("-")
