"""What a leg is called: the way venues name their contracts, with a number behind it where the name is taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pages.ui import expiries


def instrument_name(row: Mapping[str, Any]) -> str:
    """`BTC-PERP`, `BTC-25SEP26`, `BTC-25SEP26-70000-P`; `-INV` behind what is settled in the coin."""
    parts = [str(row.get("underlying") or "leg")]
    if row.get("kind") == "perpetual":
        parts.append("PERP")
    elif row.get("expiry"):
        parts.append(expiries.venue_name(str(row["expiry"])))
    if row.get("kind") == "option":
        strike = row.get("strike")
        parts += [f"{strike:g}" if isinstance(strike, int | float) and strike < 1e6 else str(strike),
                  str(row.get("type") or "")[:1].upper()]
    if row.get("settlement") == "inverse":
        parts.append("INV")
    return "-".join(part for part in parts if part and part != "None")


def unused(name: str, taken: Collection[str]) -> str:
    """`name`, or the first of `name-2`, `name-3`, … that is not taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with a name for each that has none; names given stay as they are, `id` comes first."""
    taken = {row["id"] for row in rows if row.get("id")}
    result = []
    for row in rows:
        if not row.get("id"):
            own = unused(instrument_name(row), taken)
            taken.add(own)
            row = {"id": own, **{key: value for key, value in row.items() if key != "id"}}  # noqa: PLW2901
        result.append(row)
    return result
