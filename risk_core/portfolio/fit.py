"""What enabled legs need from market and clock, and the mark and volatility that legs of one instrument share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from ..errors import ABSENT
from ..valuation import black76
from .checks import Findings
from .fields import parse_instant
from .market import Underlying, years_between

_NO_TIME = datetime.min.replace(tzinfo=UTC)
MOST_CARRY = 100.0
"""Largest |rate × time| that can be computed with."""


class Key(NamedTuple):
    """What makes two legs the same instrument. Sorts in the canonical order of instruments."""

    underlying: str
    kind: str
    settlement: str
    expiry: datetime
    type: str
    strike: float


@dataclass(frozen=True, slots=True)
class Quote:
    """What the market says of one instrument now.

    mark: as quoted (dollars; coin for an inverse option). forward: dollars. volatility: implied, a year, a decimal.
    years: to expiry. The last three are NaN where the kind has none.
    """

    mark: float
    forward: float = math.nan
    volatility: float = math.nan
    years: float = math.nan


@dataclass(frozen=True, slots=True)
class Leg:
    """One enabled leg or one order of the file: where it stands, and the instrument it is of."""

    path: str
    row: Mapping[str, Any]
    key: Key


def _members(parent: Any, key: str) -> Mapping[str, Any]:
    """The object at `key`, empty when it is missing or something else."""
    value = parent.get(key) if isinstance(parent, dict) else None
    return value if isinstance(value, dict) else {}


def check_market_keys(document: Mapping[str, Any], findings: Findings) -> None:
    """Prices given in two places, and surface points or forwards given twice."""
    market = _members(document, "market")
    assets, underlyings = _members(market, "assets"), _members(market, "underlyings")
    for name in assets:
        if name in underlyings:
            findings.add(f"market.assets.{name}", assets[name], "is an underlying, which has its index price")
    if "USD" in assets and assets["USD"] != 1:
        findings.add("market.assets.USD", assets["USD"], "must be 1: USD is the unit of account")
    for name, block in underlyings.items():
        path = f"market.underlyings.{name}"
        _repeated(block, "forwards", ("expiry",), path, findings)
        _repeated(block, "volatility", ("expiry", "strike"), path, findings)


def _repeated(block: Any, key: str, parts: tuple[str, ...], path: str, findings: Findings) -> None:
    rows = block.get(key) if isinstance(block, dict) else None
    seen: set[tuple[Any, ...]] = set()
    for i, row in enumerate(rows if isinstance(rows, list) else ()):
        at = f"{path}.{key}[{i}]"
        if not findings.clean(at):
            continue
        point = tuple(parse_instant(row[part]) if part == "expiry" else row[part] for part in parts)
        if point in seen:
            where = f"{at}.{parts[0]}" if len(parts) == 1 else at
            findings.add(where, [row[part] for part in parts], "is given twice")
        seen.add(point)


def check_assets(document: Mapping[str, Any], findings: Findings) -> None:
    """Every collateral asset has a price."""
    market, rows = document.get("market"), document.get("collateral")
    priced = {"USD"}.union(_members(market, "underlyings"), _members(market, "assets"))
    for i, row in enumerate(rows if isinstance(rows, list) and isinstance(market, dict) else ()):
        path = f"collateral[{i}].asset"
        if isinstance(row, dict) and isinstance(row.get("asset"), str) and row["asset"] not in priced:
            findings.add(path, row["asset"], "has no price: add it to market.assets")


def legs_of(document: Mapping[str, Any], findings: Findings, listed: str = "positions") -> list[Leg]:
    """The enabled legs whose instrument is known, after checking underlying and expiry against market and clock.

    listed: the list of the file they stand in, `positions` or `orders`.
    """
    rows, names = document.get(listed), _members(document, "market").get("underlyings")
    as_of = parse_instant(document.get("as_of"))
    legs = []
    for i, row in enumerate(rows if isinstance(rows, list) else ()):
        path = f"{listed}[{i}]"
        if not isinstance(row, dict) or row.get("enabled", True) is False:
            continue
        if isinstance(names, dict) and findings.clean(f"{path}.underlying") and row["underlying"] not in names:
            findings.add(f"{path}.underlying", row["underlying"], "is not in market.underlyings")
        expiry = parse_instant(row.get("expiry"))
        if expiry and as_of and expiry <= as_of and findings.clean(f"{path}.expiry"):
            findings.add(f"{path}.expiry", row["expiry"], "must be after as_of")
        identity = ("kind", "underlying", "settlement", "type", "strike", "expiry")
        if findings.clean(*(f"{path}.{part}" for part in identity)):
            legs.append(Leg(path, row, _key(row)))
    return legs


def _key(row: Mapping[str, Any]) -> Key:
    expiry = parse_instant(row.get("expiry")) or _NO_TIME
    strike = float(row.get("strike", 0.0))
    return Key(row["underlying"], row["kind"], row["settlement"], expiry, row.get("type", ""), strike)


def quotes_of(
    legs: Iterable[Leg], underlyings: Mapping[str, Underlying], as_of: datetime, findings: Findings
) -> dict[Key, Quote]:
    """The quote of every instrument whose market block is sound, in canonical order of instruments."""
    groups: dict[Key, list[Leg]] = {}
    for leg in legs:
        groups.setdefault(leg.key, []).append(leg)
    quotes = {}
    for key in sorted(groups):
        mark = _shared(groups[key], "mark_price", findings)
        iv = _shared(groups[key], "iv", findings, ignore=mark is not None)
        if key.underlying in underlyings:
            quote = _quote(groups[key], underlyings[key.underlying], as_of, mark, iv, findings)
            if quote:
                quotes[key] = quote
    return quotes


def _shared(legs: list[Leg], field: str, findings: Findings, *, ignore: bool = False) -> float | None:
    """The value that legs of one instrument give for `field`; a leg that gives another is refused."""
    given = [leg for leg in legs if field in leg.row and findings.clean(f"{leg.path}.{field}")]
    for leg in given[1:] if not ignore else ():
        if leg.row[field] != given[0].row[field]:
            rule = f"must equal {given[0].path}.{field}: legs of one instrument share one mark"
            findings.add(f"{leg.path}.{field}", leg.row[field], rule)
    return float(given[0].row[field]) if given else None


def _quote(
    legs: list[Leg], underlying: Underlying, as_of: datetime, mark: float | None, iv: float | None, findings: Findings
) -> Quote | None:
    key = legs[0].key
    if key.kind == "perpetual":
        return Quote(underlying.price if mark is None else mark)
    years = years_between(as_of, key.expiry)
    rate = underlying.rate_of(key.expiry)
    if max(abs(rate), abs(underlying.rate)) * years > MOST_CARRY:
        rule = f"times {years:.4g} years to expiry must lie within ±{MOST_CARRY:g}"
        findings.add(f"market.underlyings.{underlying.name}.rate", underlying.rate, rule)
        return None
    forward = underlying.forward(key.expiry, years)
    if key.kind == "future":
        return Quote(forward if mark is None else mark, years=years)
    discount = math.exp(-rate * years)
    quoted = discount / (forward if key.settlement == "inverse" else 1.0)  # quote per undiscounted dollar
    if mark is not None:
        volatility = _implied(legs, mark, quoted, forward, years, findings)
    else:
        volatility = iv if iv is not None else _from_surface(legs, underlying, years, findings)
        if volatility is not None:
            v = volatility * math.sqrt(years)
            mark = quoted * float(black76.price(forward, key.strike, v, key.type == "call"))
    return None if volatility is None or mark is None else Quote(mark, forward, volatility, years)


def _implied(
    legs: list[Leg], mark: float, quoted: float, forward: float, years: float, findings: Findings
) -> float | None:
    """Volatility implied by `mark`; None and a problem where it lies outside Black-76's bounds."""
    key, value = legs[0].key, mark / quoted
    low, high = black76.bounds(forward, key.strike, key.type == "call")
    slack = 1e-12 * (forward + key.strike)
    if low - slack <= value <= high + slack:
        price, forwards, strikes = (np.array([x]) for x in (value, forward, key.strike))
        v = black76.implied_total_volatility(price, forwards, strikes, np.array([key.type == "call"]))
        return float(v[0]) / math.sqrt(years)
    for leg in legs:
        if "mark_price" in leg.row:
            rule = f"must lie between {low * quoted:.8g} and {high * quoted:.8g}, the bounds of Black-76"
            findings.add(f"{leg.path}.mark_price", leg.row["mark_price"], rule)
    return None


def _from_surface(legs: list[Leg], underlying: Underlying, years: float, findings: Findings) -> float | None:
    if underlying.surface:
        return underlying.surface.volatility(years, legs[0].key.strike)
    for leg in legs if all(findings.clean(f"{leg.path}.mark_price", f"{leg.path}.iv") for leg in legs) else ():
        rule = f"is required: market.underlyings.{underlying.name} has no volatility after as_of"
        findings.add(f"{leg.path}.iv", ABSENT, rule)
    return None
