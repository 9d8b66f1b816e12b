"""That every enabled option has a volatility: its own, one its mark implies, or one of the market's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ..errors import ABSENT
from .checks import Findings
from .fields import parse_instant

SAME = ("underlying", "settlement", "type", "strike", "expiry")
"""What makes two options one instrument, whose legs share mark and volatility."""

Parts = Mapping[str, Any]
"""The sound ones of SAME, by name."""


def check_volatilities(document: Mapping[str, Any], findings: Findings) -> None:
    """Refuse, at `iv`, every enabled option that neither a leg of its instrument nor the market gives a volatility.

    A leg with other faults is judged too: one whose mark is not sound has none, and one whose instrument is not known
    shares with any leg that it may be one with. Not judged where the market's volatility is not sound.
    """
    rows = document.get("positions")
    options = [(f"positions[{i}]", row) for i, row in enumerate(rows if isinstance(rows, list) else ())
               if isinstance(row, dict) and row.get("kind") == "option" and row.get("enabled", True) is not False]
    givers = _Givers(_parts(path, row, findings) for path, row in options if _gives(path, row, findings))
    bare = _bare(document, findings)
    for path, row in options:
        parts = _parts(path, row, findings)
        if parts.get("underlying") in bare and not givers.may_hold(parts):
            rule = f"is required: market.underlyings.{row['underlying']} has no volatility after as_of"
            findings.add(f"{path}.iv", ABSENT, rule)


class _Givers:
    """The instruments that legs give a mark or a volatility, as far as they are known."""

    def __init__(self, every: Iterable[Parts]) -> None:
        self.by_known: dict[frozenset[str], list[Parts]] = {}
        for parts in every:
            self.by_known.setdefault(frozenset(parts), []).append(parts)
        self.found: dict[tuple[frozenset[str], frozenset[str]], set[tuple[Any, ...]]] = {}

    def may_hold(self, parts: Parts) -> bool:
        """Whether one of them agrees with `parts` wherever both are known."""
        common = {known: known.intersection(parts) for known in self.by_known}
        return any(_values(parts, both) in self._known(known, both) for known, both in common.items())

    def _known(self, known: frozenset[str], common: frozenset[str]) -> set[tuple[Any, ...]]:
        if (known, common) not in self.found:
            self.found[known, common] = {_values(parts, common) for parts in self.by_known[known]}
        return self.found[known, common]


def _values(parts: Parts, common: frozenset[str]) -> tuple[Any, ...]:
    return tuple(parts[name] for name in SAME if name in common)


def _parts(path: str, row: Mapping[str, Any], findings: Findings) -> Parts:
    return {name: parse_instant(row[name]) if name == "expiry" else row[name]
            for name in SAME if findings.clean(f"{path}.{name}")}


def _gives(path: str, row: Mapping[str, Any], findings: Findings) -> bool:
    """Whether a leg gives a sound mark, or a volatility, of which a fault is told where it stands."""
    return "iv" in row or ("mark_price" in row and findings.clean(f"{path}.mark_price"))


def _bare(document: Mapping[str, Any], findings: Findings) -> set[str]:
    """The underlyings of which it is known that the market gives no volatility."""
    market, as_of = document.get("market"), parse_instant(document.get("as_of"))
    blocks = market.get("underlyings") if isinstance(market, dict) else None
    return {name for name, block in (blocks.items() if isinstance(blocks, dict) else ())
            if isinstance(block, dict) and findings.clean(f"market.underlyings.{name}.volatility")
            and _gives_none(block.get("volatility", []), as_of)}


def _gives_none(volatility: Any, as_of: datetime | None) -> bool:
    """Whether a sound volatility has no point after `as_of`; without a clock, no point at all."""
    if not isinstance(volatility, list):
        return False
    expiries = [parse_instant(point["expiry"]) for point in volatility]
    return not expiries if as_of is None else all(expiry is None or expiry <= as_of for expiry in expiries)
