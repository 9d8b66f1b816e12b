"""What enabled legs need from market and clock, and the mark and volatility that legs of one instrument share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from ..valuation import black76
from .checks import Findings
from .fields import parse_instant
from .market import Underlying, years_between
from .prices_given import members

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


class Given(NamedTuple):
    """The mark and the volatility that the legs of one instrument give, None where none does."""

    mark: float | None
    iv: float | None


@dataclass(frozen=True, slots=True)
class Leg:
    """One enabled leg or one order of the file: where it stands, and the instrument it is of."""

    path: str
    row: Mapping[str, Any]
    key: Key


def legs_of(document: Mapping[str, Any], findings: Findings, listed: str = "positions") -> list[Leg]:
    """The enabled legs whose instrument is known, after checking underlying and expiry against market and clock.

    listed: the list of the file they stand in, `positions` or `orders`.
    """
    rows, names = document.get(listed), members(document, "market").get("underlyings")
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


def grouped(legs: Iterable[Leg]) -> dict[Key, list[Leg]]:
    """The legs of each instrument, in canonical order of instruments."""
    groups: dict[Key, list[Leg]] = {}
    for leg in legs:
        groups.setdefault(leg.key, []).append(leg)
    return {key: groups[key] for key in sorted(groups)}


def given_of(groups: Mapping[Key, list[Leg]], findings: Findings) -> dict[Key, Given]:
    """What the legs of each instrument give for its mark and volatility; a leg that gives another is refused."""
    given = {}
    for key, legs in groups.items():
        mark = _shared(legs, "mark_price", findings)
        given[key] = Given(mark, _shared(legs, "iv", findings, ignore=mark is not None))
    return given


def quotes_of(groups: Mapping[Key, list[Leg]], given: Mapping[Key, Given], underlyings: Mapping[str, Underlying],
              as_of: datetime, findings: Findings) -> dict[Key, Quote]:
    """The quote of every instrument whose market block is sound, in canonical order of instruments."""
    quotes = {}
    for key, legs in groups.items():
        if key.underlying in underlyings:
            quote = _quote(legs, underlyings[key.underlying], as_of, given[key], findings)
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


def _quote(legs: list[Leg], underlying: Underlying, as_of: datetime, given: Given, findings: Findings) -> Quote | None:
    key, mark, iv = legs[0].key, *given
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
        volatility = iv if iv is not None or underlying.surface is None else underlying.surface.volatility(
            years, key.strike)
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
