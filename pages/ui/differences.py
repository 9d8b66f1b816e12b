"""How two documents of an account differ: leg by leg and figure by figure, as rows for a table and as sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pages.ui import tables, words
from pages.ui.grids import Column, Grid, grid_of
from pages.ui.tables import Row, Sheet
from risk_core.portfolio.fields import is_number

Document = Mapping[str, Any]

_NAMES = {"positions": "id", "orders": "id", "collateral": "asset", "underlyings": "name", "assets": "asset",
          "correlation": "pair", "forwards": "expiry"}
"""What the rows of a sheet are told apart by; points of a surface by expiry and strike."""
_BULKY = ("forwards", "surface")
"""Sheets of which only the count of differing rows is told."""
SAME, ORDER = "No difference", "Nothing but the order of rows"
BLANK = "none"


@dataclass(frozen=True)
class Change:
    """One difference. item: the row's name; label: the column, empty when the whole row came or went."""

    place: str
    item: str
    label: str
    before: str
    after: str

    @property
    def sentence(self) -> str:
        """`Positions: btc quantity 1.5 → 2`."""
        item = f"{self.item} " if self.item else ""
        if self.label:
            return f"{self.place}: {item}{self.label.lower() if item else self.label} {self.before} → {self.after}"
        return f"{self.place}: {item}{'added' if self.before == BLANK else 'removed'}"


def changes(before: Document, after: Document) -> list[Change]:
    """Everything that differs, in the order of the page."""
    found = [Change("Account", "", label, str(before.get(key, BLANK)), str(after.get(key, BLANK)))
             for key, label in (("name", "Name"), ("as_of", "As of")) if before.get(key) != after.get(key)]
    if before.get("rules", "generic") != after.get("rules", "generic"):
        old, new = _rules(before), _rules(after)
        found.append(Change("Account", "", "Rules", old, f"{new}, other ones" if old == new else new))
    one, other = tables.sheets_of(before), tables.sheets_of(after)
    for name in dict.fromkeys([*one, *other]):
        if name != "account":
            found += _sheet(name, one.get(name, ()), other.get(name, ()))
    return found


def differences(before: Document, after: Document, most: int = 8) -> list[str]:
    """What differs, in sentences; of many the first ones and a count."""
    said = [one.sentence for one in changes(before, after)]
    if len(said) > most:
        said = [*said[:most - 1], f"and {len(said) - most + 1} more"]
    return said or [unchanged(before, after)]


def unchanged(before: Document, after: Document) -> str:
    """What is said of two documents without a change: whether their rows stand in another order."""
    return SAME if tables.sheets_of(before) == tables.sheets_of(after) else ORDER


def _rules(document: Document) -> str:
    rules = document.get("rules", "generic")
    return rules if isinstance(rules, str) else f"{rules['base']} with changes"


def _sheet(name: str, before: Sheet, after: Sheet) -> Iterator[Change]:
    kind, grid = name.partition(" ")[0], grid_of(name)
    place = grid.title + (f" of {name.partition(' ')[2]}" if " " in name else "")
    one, other = _keyed(kind, before), _keyed(kind, after)
    if kind in _BULKY:
        count = sum(one.get(key) != other.get(key) for key in {**one, **other})
        if count:
            yield Change(place, "", f"{grid.noun}s".capitalize(), _count(len(before)),
                         f"{_count(len(after))}, {count} of them different" if after else BLANK)
        return
    for key in {**one, **other}:
        yield from _row(grid, place, key, one.get(key), other.get(key))


def _count(rows: int) -> str:
    return str(rows) if rows else BLANK


def _keyed(kind: str, rows: Sheet) -> dict[str, Row]:
    """Rows by name; a name that comes again has its number behind it."""
    keyed: dict[str, Row] = {}
    seen: Counter[str] = Counter()
    for row in rows:
        name = str(row.get(_NAMES[kind])) if kind in _NAMES else f"{row.get('expiry')} {row.get('strike')}"
        seen[name] += 1
        keyed[name if seen[name] == 1 else f"{name} ({seen[name]})"] = row
    return keyed


def _row(grid: Grid, place: str, item: str, before: Row | None, after: Row | None) -> Iterator[Change]:
    if before == after:
        return
    if before is None or after is None:
        yield Change(place, item, "", *(BLANK if side is None else _whole(grid, side) for side in (before, after)))
        return
    for column in grid.columns:
        old, new = before.get(column.key), after.get(column.key)
        if old != new:
            yield Change(place, item, column.label.partition(",")[0], _value(column, old), _value(column, new))


def _whole(grid: Grid, row: Row) -> str:
    """A row that came or went, by its size."""
    column = grid.column("quantity") or grid.column("amount") or grid.column("price") or grid.column("value")
    return _value(column, row.get(column.key)) if column else "there"


def _value(column: Column, value: Any) -> str:
    shown = tables.shown(column, value)
    if column.sort == "flag":
        return "on" if shown else "off"
    if shown is None:
        return BLANK
    return f"{shown:,.12g}".replace("-", words.MINUS) if is_number(shown) else str(shown)
