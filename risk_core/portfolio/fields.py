"""The fields of the account file: name, rule, meaning. Checks and the JSON Schema are both made from these tables."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Rule = Callable[[Any], str | None]
"""Takes a value and returns the rule it breaks, or None."""


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an object in the account file."""

    name: str
    rule: Rule
    meaning: str
    schema: dict[str, Any]
    required: bool = False


def is_number(value: Any) -> bool:
    """True for a finite JSON number; booleans and numeric strings are not numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


SMALLEST, LARGEST = 1e-30, 1e30
"""Sizes of numbers that can be computed with: products and quotients of several stay within the range of floats."""


def number(value: Any) -> str | None:
    if not is_number(value):
        return "must be a finite number"
    return None if abs(value) <= LARGEST else f"must not exceed {LARGEST:g} in size"


def positive(value: Any) -> str | None:
    return number(value) or (None if value >= SMALLEST else "must be above 0" if value <= 0 else _too_small())


def not_negative(value: Any) -> str | None:
    return number(value) or (None if value >= 0 else "must not be negative")


def not_zero(value: Any) -> str | None:
    return number(value) or (None if abs(value) >= SMALLEST else "must not be 0" if value == 0 else _too_small())


def _too_small() -> str:
    return f"must be at least {SMALLEST:g} in size"


def correlation(value: Any) -> str | None:
    return number(value) or (None if -1 <= value <= 1 else "must lie between -1 and 1")


def share(value: Any) -> str | None:
    return number(value) or (None if 0 <= value <= 1 else "must lie between 0 and 1")


def text(value: Any) -> str | None:
    return None if isinstance(value, str) else "must be text"


def name(value: Any) -> str | None:
    if text(value) or not value.strip():
        return text(value) or "must not be empty"
    return "must not hold control characters" if any(c < " " or c == "\x7f" for c in value) else None


def flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def choice(*options: str) -> Rule:
    """The rule that a value is one of `options`."""
    sentence = "must be " + " or ".join(f'"{option}"' for option in options)
    return lambda value: None if isinstance(value, str) and value in options else sentence


def instant(value: Any) -> str | None:
    return None if parse_instant(value) else "must be a time in ISO 8601 with an offset, such as 2026-12-25T08:00:00Z"


def parse_instant(value: Any) -> datetime | None:
    """The instant in UTC, or None when `value` is not an ISO 8601 time with an offset."""
    if not isinstance(value, str) or "T" not in value.upper():
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else None
    except (ValueError, OverflowError):
        return None


NUMBER: dict[str, Any] = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
POSITIVE: dict[str, Any] = {"type": "number", "minimum": SMALLEST, "maximum": LARGEST}
NOT_NEGATIVE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": LARGEST}
SHARE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}
NOT_ZERO: dict[str, Any] = NUMBER | {"not": {"exclusiveMinimum": -SMALLEST, "exclusiveMaximum": SMALLEST}}
TEXT: dict[str, Any] = {"type": "string"}
NAME: dict[str, Any] = {"type": "string", "pattern": r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$(?!\n)"}
FLAG: dict[str, Any] = {"type": "boolean"}
INSTANT: dict[str, Any] = {"type": "string", "format": "date-time"}

FORMAT = "marginscope-account/1"

FORWARD = (
    Field("expiry", instant, "Expiry of the forward, compared as an instant.", INSTANT, required=True),
    Field("price", positive, "Forward price, dollars per unit of the underlying.", POSITIVE, required=True),
    Field("rate", number, "Rate a year that discounts options of the expiry; the underlying's when absent.", NUMBER),
    Field("fixed_share", share, "Part of the forward that its settlement average has fixed already.", SHARE),
    Field("confidence", share, "How sure the feeds of the expiry are, 1 in full; the least of them.", SHARE),
)
VOLATILITY_POINT = (
    Field("expiry", instant, "Expiry of the quoted point.", INSTANT, required=True),
    Field("strike", positive, "Strike of the quoted point, dollars.", POSITIVE, required=True),
    Field("iv", positive, "Implied volatility a year, a decimal (0.61 is 61 vol points).", POSITIVE, required=True),
)
UNDERLYING = (
    Field("price", positive, "Index price, dollars per unit.", POSITIVE, required=True),
    Field("rate", number, "Continuous carry a year, a decimal; 0 when absent.", NUMBER),
    Field("funding_8h", number, "Funding a perpetual's long pays each 8 hours, a decimal of notional.", NUMBER),
    Field("daily_volatility", positive, "Daily standard deviation of the index, a decimal.", POSITIVE),
    Field("confidence", share, "How far its price feeds agree, 1 in full, 0 not at all.", SHARE),
    Field("perpetual_confidence", share, "The same of the price of its perpetual.", SHARE),
    Field("reference_volatility", positive, "Daily standard deviation that a rulebook's rates were set for, a decimal.",
          POSITIVE),
    Field("stressed_volatility", positive, "Daily standard deviation over a time of stress, a decimal.", POSITIVE),
    Field("long_volatility", positive, "Daily standard deviation over ten years, a decimal.", POSITIVE),
    Field("daily_volume", positive, "Average traded a day in all its instruments, dollars.", POSITIVE),
    Field("spread", not_negative, "Bid-ask spread of its instruments, a decimal of the price.", NOT_NEGATIVE),
    Field("depth", positive, "Resting orders near the price on one side of the book, dollars.", POSITIVE),
    Field("open_interest", not_negative, "Open positions of one side of all traders, dollars.", NOT_NEGATIVE),
)
BALANCE = (
    Field("asset", name, "Asset held as collateral.", NAME, required=True),
    Field("amount", number, "Units of the asset after premiums paid and received; negative is borrowed.", NUMBER,
          required=True),
)
POSITION = (
    Field("id", name, "Name of the leg, unique in the file.", NAME, required=True),
    Field("kind", choice("perpetual", "future", "option"), "What the instrument is.",
          {"enum": ["perpetual", "future", "option"]}, required=True),
    Field("underlying", name, "Underlying of the instrument, one of market.underlyings.", NAME, required=True),
    Field("settlement", choice("linear", "inverse"), "linear: settled in dollars; inverse: settled in the coin.",
          {"enum": ["linear", "inverse"]}, required=True),
    Field("quantity", not_zero, "Signed size, + long: units of the underlying; face dollars for inverse futures.",
          NOT_ZERO, required=True),
    Field("mode", choice("cross", "isolated"), "How the leg is held now; cross when absent.",
          {"enum": ["cross", "isolated"]}),
    Field("isolated_margin", not_negative, "Collateral pledged to the leg when isolated, dollars.", NOT_NEGATIVE),
    Field("enabled", flag, "false keeps the leg in the file and out of every figure.", FLAG),
)
LEVERAGE = Field("leverage", positive, "Leverage chosen for the leg; initial margin is at least notional ÷ leverage.",
                 POSITIVE)
FUNDING = Field("unsettled_funding", number, "Funding accrued and not settled yet, dollars, + is received.", NUMBER)
EXPIRY = Field("expiry", instant, "Expiry of the contract.", INSTANT, required=True)
OPTION_ONLY = (
    Field("type", choice("call", "put"), "Right of the option.", {"enum": ["call", "put"]}, required=True),
    Field("strike", positive, "Strike, dollars.", POSITIVE, required=True),
    Field("iv", positive, "Implied volatility of the option, a decimal; wins over the market's.", POSITIVE),
)
FUTURE_PRICES = (
    Field("entry_price", positive, "Price at which the leg was opened, dollars.", POSITIVE, required=True),
    Field("mark_price", positive, "Mark price, dollars; wins over the market's.", POSITIVE),
)
OPTION_PRICES = (
    Field("entry_price", not_negative, "Premium at which the leg was opened (coin when inverse); display only.",
          NOT_NEGATIVE),
    Field("mark_price", not_negative, "Mark price (coin when inverse); wins over any volatility.", NOT_NEGATIVE),
)
ORDER = (
    Field("id", name, "Name of the order, unique among the orders.", NAME, required=True),
    Field("kind", choice("perpetual", "future"), "What the order is for.", {"enum": ["perpetual", "future"]},
          required=True),
    Field("underlying", name, "Underlying of the instrument, one of market.underlyings.", NAME, required=True),
    Field("settlement", choice("linear", "inverse"), "linear: settled in dollars; inverse: settled in the coin.",
          {"enum": ["linear", "inverse"]}, required=True),
    Field("quantity", not_zero, "Signed size not filled yet, + buys: units of the underlying; face dollars when "
          "inverse.", NOT_ZERO, required=True),
    Field("price", positive, "Limit price, dollars.", POSITIVE, required=True),
    Field("leverage", positive, "Leverage chosen for the order.", POSITIVE),
)
