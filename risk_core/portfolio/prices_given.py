"""What the market block gives once and only once: prices, forwards, surface points and correlations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .checks import Findings
from .fields import parse_instant


def members(parent: Any, key: str) -> Mapping[str, Any]:
    """The object at `key`, empty when it is missing or something else."""
    value = parent.get(key) if isinstance(parent, dict) else None
    return value if isinstance(value, dict) else {}


def check_market_keys(document: Mapping[str, Any], findings: Findings) -> None:
    """Prices and correlations given in two places, and surface points or forwards given twice."""
    market = members(document, "market")
    assets, underlyings = members(market, "assets"), members(market, "underlyings")
    for name in assets:
        if name in underlyings:
            findings.add(f"market.assets.{name}", assets[name], "is an underlying, which has its index price")
    if "USD" in assets and assets["USD"] != 1:
        findings.add("market.assets.USD", assets["USD"], "must be 1: USD is the unit of account")
    for name, block in underlyings.items():
        path = f"market.underlyings.{name}"
        _repeated(block, "forwards", ("expiry",), path, findings)
        _repeated(block, "volatility", ("expiry", "strike"), path, findings)
    _contradicted(members(market, "correlation"), findings)


def _repeated(block: Any, key: str, parts: tuple[str, ...], path: str, findings: Findings) -> None:
    """Rows of a list that agree in `parts` with an earlier one; whatever else is wrong with either."""
    rows = block.get(key) if isinstance(block, dict) else None
    seen: set[tuple[Any, ...]] = set()
    for i, row in enumerate(rows if isinstance(rows, list) else ()):
        at = f"{path}.{key}[{i}]"
        if not isinstance(row, dict) or not findings.clean(*(f"{at}.{part}" for part in parts)):
            continue
        point = tuple(parse_instant(row[part]) if part == "expiry" else row[part] for part in parts)
        if point in seen:
            where, value = (f"{at}.{parts[0]}", row[parts[0]]) if len(parts) == 1 else (at, row)
            findings.add(where, value, "is given twice")
        seen.add(point)


def _contradicted(correlation: Mapping[str, Any], findings: Findings) -> None:
    """A pair whose correlation is given in both orders, and not the same."""
    seen: set[str] = set()
    for pair, value in correlation.items():
        turned = "/".join(reversed(pair.split("/")))
        path, earlier = (f"market.correlation.{one}" for one in (pair, turned))
        if turned in seen and findings.clean(path, earlier) and value != correlation[turned]:
            findings.add(path, value, f"must equal {earlier}: it is the same pair")
        seen.add(pair)


def check_assets(document: Mapping[str, Any], findings: Findings) -> None:
    """Every collateral asset has a price; not judged where what gives the prices is missing or no object."""
    market, rows = document.get("market"), document.get("collateral")
    sources = (market.get("underlyings"), market.get("assets", {})) if isinstance(market, dict) else (None,)
    if not all(isinstance(source, dict) for source in sources):
        return
    priced = {"USD"}.union(members(market, "underlyings"), members(market, "assets"))
    for i, row in enumerate(rows if isinstance(rows, list) else ()):
        path = f"collateral[{i}].asset"
        if isinstance(row, dict) and isinstance(row.get("asset"), str) and row["asset"] not in priced:
            findings.add(path, row["asset"], "has no price: add it to market.assets")
