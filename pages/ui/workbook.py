"""The account and its results as an XLSX workbook: written only, never read.

Text is stored as text and never as a formula or link, whatever it begins with, so it needs no mark before it as a cell
of CSV does; numbers are stored as numbers.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any, Final

import xlsxwriter

from pages.ui import results
from pages.ui.grids import COLLATERAL, ORDERS, POSITIONS, Grid
from pages.ui.results import Cell, Table
from risk_core.margin.compare import Comparison

OPTIONS: Final = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                  "strings_to_numbers": False}
LONGEST: Final = 32_767
"""Characters a cell of a workbook can hold."""
WIDEST: Final = 60
NOTES: Final = (
    ("Results", "At the account's own market, before any what-if. Amounts in USD."),
    ("Empty cells", "Not given, or for a liquidation price: there is none."),
    ("Units", "Positions, collateral and market as in the account file: volatilities and rates as decimals."),
)


def workbook(found: Comparison) -> bytes:
    """Sheets: account, positions, collateral, market, results by mode, results by leg, rulebook. Raises Unsettled."""
    out = io.BytesIO()
    document = found.account.document
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        created = found.account.market.as_of.replace(tzinfo=None)
        book.set_properties({"title": _text(found.account.name), "created": created})
        _sheet(book, _account(found))
        for grid in (POSITIONS, *((ORDERS,) if document.get("orders") else ()), COLLATERAL):
            _sheet(book, _grid(grid, document[grid.name]))
        for table in (results.market(document), results.modes(found), results.legs(found), results.rules(found)):
            _sheet(book, table)
    return out.getvalue()


def _account(found: Comparison) -> Table:
    rows = [(key.replace("_", " "), value) for key, value in results.origin(found).items()]
    rows += [("rulebook", found.rulebook.title), *(("limit of the rulebook", text) for text in found.rulebook.limits)]
    return Table("Account", ("what", "value"), (*rows, *NOTES))


def _grid(grid: Grid, rows: Iterable[Any]) -> Table:
    keys = tuple(column.key for column in grid.columns)
    return Table(grid.title, keys, tuple(tuple(row.get(key) for key in keys) for row in rows))


def _sheet(book: xlsxwriter.Workbook, table: Table) -> None:
    sheet = book.add_worksheet(table.name)
    bold, wrapped = book.add_format({"bold": True, "bottom": 1}), book.add_format({"valign": "top"})
    for column, name in enumerate(table.header):
        sheet.write_string(0, column, _text(name), bold)
    for at, row in enumerate(table.rows, 1):
        for column, value in enumerate(row):
            _cell(sheet, at, column, value)
    for column, name in enumerate(table.header):
        longest = max((len(str(row[column])) for row in table.rows[:200] if row[column] is not None), default=0)
        sheet.set_column(column, column, min(max(len(name), longest) + 2, WIDEST), wrapped)
    sheet.freeze_panes(1, 0)


def _cell(sheet: Any, row: int, column: int, value: Cell) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, _text(value))


def _text(text: str) -> str:
    """Text a cell can hold: not too long, no half characters."""
    return text[:LONGEST].encode("utf-8", "replace").decode("utf-8")
