"""Account documents ↔ data frames: the one place where the account file meets the grids.

A document is opened into sheets, lists of rows as the file writes them; a sheet is shown as a frame; what the grid
reports as touched is laid over the sheet; the sheets are put back into a document. A cell nobody touched is never
converted, so it comes back exactly as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pages.ui import expiries
from pages.ui.grids import Column, Grid
from risk_core.portfolio.fields import is_number, parse_instant

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]
Sheet = tuple[Row, ...]

WAS = "_was"
"""Name an underlying was opened under: ties its forwards and points to it while the name is being changed."""

ACCOUNT_KEYS = ("as_of",)
"""What the one row of the sheet `account` holds."""

_DTYPES = {"text": "str", "choice": "str", "time": "str", "number": "float64", "flag": "boolean"}


def sheets_of(document: Mapping[str, Any]) -> dict[str, Sheet]:
    """Every sheet of a document by name; forwards and volatility points of each underlying are sheets of their own."""
    market = document["market"]
    sheets: dict[str, Sheet] = {
        "account": ({key: document[key] for key in ACCOUNT_KEYS},),
        "positions": tuple(document["positions"]),
        "orders": tuple(document.get("orders", ())),
        "collateral": tuple(document["collateral"]),
        "assets": _pairs(market.get("assets", {}), "asset", "price"),
        "correlation": _pairs(market.get("correlation", {}), "pair", "value"),
    }
    underlyings = []
    for name, block in market["underlyings"].items():
        points = block.get("volatility")
        sheets[f"forwards {name}"] = tuple(block.get("forwards", ()))
        sheets[f"surface {name}"] = tuple(points) if isinstance(points, list) else ()
        flat = {key: value for key, value in block.items() if key != "forwards" and not isinstance(value, list)}
        underlyings.append({"name": name, WAS: name, **flat})
    sheets["underlyings"] = tuple(underlyings)
    return sheets


def document_of(sheets: Mapping[str, Sheet], original: Mapping[str, Any]) -> dict[str, Any]:
    """The document with these sheets; what no grid shows, and the order of keys, is the original's."""
    market = {**original["market"], "underlyings": _underlyings(sheets, original["market"]["underlyings"])}
    for key, parts in (("assets", ("asset", "price")), ("correlation", ("pair", "value"))):
        values = {row.get(parts[0]): row.get(parts[1]) for row in sheets[key]}
        if values or key in original["market"]:
            market[key] = values
    kept = {key: value for key, value in original.items() if key not in ACCOUNT_KEYS or key in sheets["account"][0]}
    orders = {"orders": list(sheets["orders"])} if sheets["orders"] or "orders" in original else {}
    return {**kept, **sheets["account"][0], "market": market, "collateral": list(sheets["collateral"]),
            "positions": list(sheets["positions"]), **orders}


def _underlyings(sheets: Mapping[str, Sheet], original: Mapping[str, Any]) -> dict[str, Any]:
    blocks = {}
    for row in sheets["underlyings"]:
        was = row.get(WAS, row.get("name"))
        block = {key: value for key, value in row.items() if key not in ("name", WAS)}
        before = original.get(was, {})
        forwards, points = sheets.get(f"forwards {was}", ()), sheets.get(f"surface {was}", ())
        if forwards or "forwards" in before:
            block["forwards"] = list(forwards)
        if "volatility" not in block and (points or isinstance(before.get("volatility"), list)):
            block["volatility"] = list(points)
        blocks[row.get("name")] = {key: block[key] for key in (*before, *block) if key in block}
    return blocks


def _pairs(values: Mapping[str, Any], name: str, value: str) -> Sheet:
    return tuple({name: key, value: number} for key, number in values.items())


def frame(grid: Grid, rows: Iterable[Row]) -> pd.DataFrame:
    """A sheet as the grid shows it, in the units of the screen; missing cells are blank."""
    import pandas as pd  # here: the first page of the app does without it

    rows = tuple(rows)
    return pd.DataFrame({
        column.key: pd.Series([shown(column, row.get(column.key)) for row in rows], dtype=_DTYPES[column.sort])
        for column in grid.columns
    })


def edited(grid: Grid, rows: Sequence[Row], changes: Mapping[str, Any]) -> Sheet:
    """The sheet after what the grid reports: cells touched, rows deleted, rows added (in that order of positions)."""
    touched, deleted = changes.get("edited_rows", {}), set(changes.get("deleted_rows", ()))
    kept = [_typed(grid, row, touched.get(i, {})) for i, row in enumerate(rows) if i not in deleted]
    return (*kept, *(_typed(grid, {}, row) for row in changes.get("added_rows", ())))


def _typed(grid: Grid, row: Row, cells: Mapping[str, Any]) -> Row:
    """One row after its touched cells; the row itself when nothing changes."""
    changed = dict(row)
    for key, typed in cells.items():
        column = grid.column(key)
        if column is None:
            continue
        value = read(column, typed)
        if value is None or (value == column.default and key not in row):
            changed.pop(key, None)
        elif key not in row or not _same(column, row[key], value):
            changed[key] = value
    return changed


def _same(column: Column, held: Any, typed: Any) -> bool:
    """True when typing changed nothing, so that the file keeps its own way of writing the value."""
    if column.sort == "time":
        held, typed = parse_instant(held) or held, parse_instant(typed) or typed
    return bool(held == typed)


def shown(column: Column, value: Any) -> Any:
    """A value of the file as its cell; None for blank."""
    value = column.default if value is None else value
    if column.sort == "flag":
        return bool(value)
    if column.sort == "number":
        return float(shifted(value, column.shift)) if is_number(value) else None
    if value is None:
        return None
    return expiries.shown(str(value)) if column.sort == "time" else str(value)


def read(column: Column, typed: Any) -> Any:
    """A typed cell as the file writes it; None for blank. Text that is no time stays, for the file's rule to refuse."""
    if typed is None or (isinstance(typed, str) and not typed.strip()):
        return None
    if column.sort == "flag":
        return bool(typed)
    if column.sort == "number":
        return shifted(typed, -column.shift) if is_number(typed) else typed
    return expiries.read(str(typed)) if column.sort == "time" else str(typed).strip()


def shifted(value: float, places: int) -> float:
    """The number with its decimal point moved, digit for digit: 1.1 by -2 is 0.011."""
    if places == 0 or value == 0:
        return value
    moved = Decimal(str(value)).scaleb(places)
    return int(moved) if isinstance(value, int) and moved == moved.to_integral_value() else float(moved)
