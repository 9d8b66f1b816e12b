"""An edit of the grids becomes either a new valid document, or the list of what is wrong with it, row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pages.ui import expiries, legs, tables
from pages.ui.grids import Column, Grid, grid_of
from pages.ui.tables import Row, Sheet
from risk_core.errors import ABSENT, Problem, Refused, shown
from risk_core.portfolio.account_file import read_document
from risk_core.portfolio.fields import is_number

_NAMED = {"underlyings": "name", "assets": "asset", "correlation": "pair"}
"""Sheets whose rows are the members of an object in the file, and the column that holds their names."""


@dataclass(frozen=True)
class Trouble:
    """One reason why what was typed is not in force. row: from 0, None for the whole. value: ABSENT when nothing."""

    sheet: str
    row: int | None
    key: str
    value: Any
    rule: str
    row_name: str = ""

    @property
    def sentence(self) -> str:
        """`Positions, row 2 (hedge): Entry price 0 must be above 0.`"""
        grid, name = grid_of(self.sheet), self.sheet.partition(" ")[2]
        place = grid.title + (f" of {name}" if name else "")
        if self.row is not None and len(grid.columns) > 1:
            place += f", row {self.row + 1}" + (f" ({self.row_name})" if self.row_name else "")
        column = grid.column(self.key)
        said = [column.label.partition(",")[0] if column else self.key, _value(column, self.value), plainly(self.rule)]
        return f"{place}: {' '.join(part for part in said if part)}."


@dataclass(frozen=True)
class Outcome:
    """What became of an edit: a valid document, or the troubles."""

    document: Mapping[str, Any] | None
    troubles: tuple[Trouble, ...] = ()


def judge(sheets: Mapping[str, Sheet], original: Mapping[str, Any]) -> Outcome:
    """The document these sheets make, if the account file's rules allow it; a row not yet begun does not count."""
    places = {name: [i for i, row in enumerate(rows) if begun(grid_of(name), row)] for name, rows in sheets.items()}
    filled = {name: tuple(sheets[name][i] for i in kept) for name, kept in places.items()}
    clashes = tuple(_clashes(filled, places))
    if clashes:
        return Outcome(None, clashes)
    filled |= {name: tuple(legs.named([dict(row) for row in filled[name]])) for name in ("positions", "orders")}
    document = tables.document_of(filled, original)
    try:
        read_document(document)
    except Refused as refused:
        found = (_trouble(problem, filled, places) for problem in refused.problems)
        return Outcome(None, tuple(sorted(found, key=lambda one: (list(sheets).index(one.sheet), one.row or 0))))
    return Outcome(document)


def begun(grid: Grid, row: Row) -> bool:
    """False for a row that holds nothing but what a new row starts with."""
    return len(grid.columns) == 1 or any(not column.starts and column.key in row for column in grid.columns)


def _clashes(sheets: Mapping[str, Sheet], places: Mapping[str, list[int]]) -> Iterator[Trouble]:
    """What the file could not even hold: members without a name or of one name, two kinds of volatility."""
    for sheet, key in _NAMED.items():
        seen: set[str] = set()
        for i, row in enumerate(sheets[sheet]):
            name = row.get(key)
            if not name or name in seen:
                rule = "is already the name of an earlier row" if name else "is required"
                yield Trouble(sheet, places[sheet][i], key, name or ABSENT, rule)
            seen.add(name or "")
    for i, row in enumerate(sheets["underlyings"]):
        points = sheets.get(f"surface {row.get(tables.WAS, row.get('name'))}")
        if points and "volatility" in row:
            rule = "has no place beside the points of a surface: clear it, or delete the points"
            yield Trouble("underlyings", places["underlyings"][i], "volatility", row["volatility"], rule, row["name"])


def _trouble(problem: Problem, sheets: Mapping[str, Sheet], places: Mapping[str, list[int]]) -> Trouble:
    sheet, at, key = spot(problem.path, sheets)
    if at is None or at >= len(places.get(sheet, ())):
        return Trouble(sheet, None, key, problem.value, problem.rule)
    row = sheets[sheet][at]
    name = row.get("id") or row.get("asset") or row.get("name") or ""
    return Trouble(sheet, places[sheet][at], key, problem.value, problem.rule, "" if key == "id" else str(name))


def spot(path: str, sheets: Mapping[str, Sheet]) -> tuple[str, int | None, str]:
    """Sheet, row and column of a path of the account file; the account as a whole when no grid shows it."""
    if found := re.fullmatch(r"(positions|orders|collateral)\[(\d+)\](?:\.(.+))?", path):
        return found[1], int(found[2]), found[3] or ""
    for sheet, key in _NAMED.items():
        start = f"market.{sheet}."
        rows = sorted(enumerate(sheets[sheet]), key=lambda one: -len(str(one[1].get(key))))
        for i, row in rows if path.startswith(start) else ():
            rest = path.removeprefix(start + str(row.get(key)))
            if rest != path and (not rest or rest[0] in ".["):
                return _inside(sheet, i, row, rest)
    return "account", 0 if path == "as_of" else None, path


def _inside(sheet: str, at: int, row: Row, rest: str) -> tuple[str, int | None, str]:
    """The spot inside the member of a sheet: `.price`, `.forwards[1].expiry`, or the member itself."""
    if found := re.fullmatch(r"\.(forwards|volatility)\[(\d+)\](?:\.(.+))?", rest):
        part = "forwards" if found[1] == "forwards" else "surface"
        return f"{part} {row.get(tables.WAS, row.get('name'))}", int(found[2]), found[3] or "strike"
    return sheet, at, rest[1:] or ("value" if sheet == "correlation" else "price")


def _value(column: Column | None, value: Any) -> str:
    """The value as it stands in the cell."""
    if value is ABSENT:
        return ""
    if is_number(value):
        return f"{tables.shifted(value, column.shift if column else 0):,.12g}".replace("-", "−")
    if isinstance(value, dict):
        return ", ".join(expiries.shown(str(part)) for part in value.values())
    return f"“{value}”" if isinstance(value, str) else shown(value)


def plainly(rule: str) -> str:
    """The core's rule with the paths of the file said as places on the screen."""
    rule = re.sub(r"positions\[(\d+)\]\.(\w+)", lambda found: f"that of row {int(found[1]) + 1}", rule)
    rule = re.sub(r"market\.underlyings\.(\S+)", r"\1 on the Market tab", rule)
    rule = rule.replace("market.underlyings", "the underlyings of the Market tab")
    return rule.replace("market.assets", "the Market tab, other assets")
