"""Demo prices that are older than the rest of the snapshot, so that nobody takes them for one moment's."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files


@cache
def _days() -> tuple[str, Mapping[str, str]]:
    """Day of the snapshot, and the day of each underlying's price that has a source of its own."""
    told = tomllib.loads((files("db.samples") / "descriptions.toml").read_text("utf-8"))["snapshot"]
    named = {one["figures"].removesuffix(" price"): str(one["date"])[:10] for one in told["source"]
             if one["figures"].endswith(" price")}
    return str(told["as_of"])[:10], named


def prices(names: tuple[str, ...]) -> str:
    """`SOL price of 20 January 2026`; empty where every price is of the snapshot's day."""
    return ", ".join(f"{name} price of {day.day} {day:%B %Y}" for name, day in _old(names))


def short(names: tuple[str, ...]) -> str:
    """`SOL of 20 Jan`, for where there is little room; empty where every price is of the snapshot's day."""
    return ", ".join(f"{name} of {day.day} {day:%b}" for name, day in _old(names))


def _old(names: tuple[str, ...]) -> list[tuple[str, date]]:
    today, days = _days()
    return [(name, date.fromisoformat(days[name])) for name in names if days.get(name, today) != today]
