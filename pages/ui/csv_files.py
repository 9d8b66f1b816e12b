"""CSV files of positions and collateral: text to rows with every fault, and rows to text.

Everything is read as text and turned into values cell by cell; the header must be the expected one, a row must have as
many cells as the header. Columns are those of the account file, in its units.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pages.ui import csv_cells
from pages.ui.grids import Grid

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 2_000_000, 5_000, 50
BOM = "\ufeff"
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPREADSHEET, _OTHER_BOMS = b"PK\x03\x04", (b"\xff\xfe", b"\xfe\xff")
_UNSOUND = (("unexpected end", "a quotation mark opened there is never closed"),
            ("expected after", "something follows a closing quotation mark"),
            ("field larger", "a cell there is too long"))


@dataclass(frozen=True)
class Fault:
    """One reason why a file is refused. row: as a spreadsheet counts, the header is 1; None for the file as a whole."""

    row: int | None
    column: str
    said: str

    @property
    def sentence(self) -> str:
        """`Row 3, strike: “abc” must be a plain number.`"""
        place = ", ".join(part for part in (f"Row {self.row}" if self.row else "", self.column) if part)
        return f"{place}: {self.said}." if place else f"{self.said}."


class Refused(Exception):
    """The file cannot be read any further."""

    def __init__(self, said: str, row: int | None = None) -> None:
        super().__init__(said)
        self.fault = Fault(row, "", said)


@dataclass(frozen=True)
class Read:
    """What a file holds. numbers: which row of the file each of `rows` is."""

    rows: tuple[Mapping[str, Any], ...]
    numbers: tuple[int, ...]
    faults: tuple[Fault, ...] = ()


def read(raw: bytes, grid: Grid) -> Read:
    """The rows of a file for this grid, or its faults; never half of a row."""
    try:
        text = _decoded(raw)
        grid = _as_written(text, grid)
        return _cells(_records(text, [column.key for column in grid.columns]), grid)
    except Refused as refused:
        return Read((), (), (refused.fault,))


def write(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """A table as a file that spreadsheets open as it is: UTF-8 with its mark, text that is no formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([csv_cells.guarded(name) for name in header])
    writer.writerows([csv_cells.written(value) for value in row] for row in rows)
    return (BOM + out.getvalue()).encode("utf-8", "replace")


def of_sheet(grid: Grid, rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The rows of a grid as a file; `read` gives them back."""
    keys = [column.key for column in grid.columns]
    return write(keys, ([row.get(key) for key in keys] for row in rows))


def _as_written(text: str, grid: Grid) -> Grid:
    """The grid as the file knows it: one of an earlier release lacks the columns that were added since."""
    older = replace(grid, columns=tuple(column for column in grid.columns if not column.added))
    names = [name.strip() for name in re.split(r"[\r\n]", text, maxsplit=1)[0].split(",")]
    return older if names == [column.key for column in older.columns] else grid


def _decoded(raw: bytes) -> str:
    if len(raw) > MOST_BYTES:
        raise Refused(f"The file has {len(raw) / 1e6:,.1f} MB, at most {MOST_BYTES // 1_000_000} MB can be read")
    if raw.startswith(_SPREADSHEET):
        raise Refused("The file is a workbook or an archive: save the sheet as “CSV UTF-8” first")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        where = "" if raw.startswith(_OTHER_BOMS) else f", see line {line}"
        raise Refused(f"The file is not UTF-8 text{where}: save it as “CSV UTF-8”") from None
    if found := _NO_TEXT.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise Refused(f"Line {line} holds a character that is no text (code {ord(found[0])}): the file is damaged")
    return text.removeprefix(BOM)


def _records(text: str, expected: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Numbered rows below a sound header, blank ones left out."""
    reader, row = csv.reader(io.StringIO(text, newline=""), strict=True), 0
    try:
        for row, cells in enumerate(reader, 1):
            if row == 1:
                _check_header(cells, expected)
            elif row > MOST_ROWS + 1:
                raise Refused(f"The file has more than {MOST_ROWS:,} rows: split it")
            elif any(cell.strip() for cell in cells):
                yield row, cells
    except csv.Error as error:
        said = next((words for part, words in _UNSOUND if part in str(error)), str(error))
        raise Refused(f"the row cannot be read, {said}", row + 1) from None
    if row == 0:
        raise Refused("The file is empty: it needs a header and at least one row")


def _check_header(cells: list[str], expected: list[str]) -> None:
    names = [cell.strip() for cell in cells]
    if len(names) > MOST_COLUMNS:
        raise Refused(f"The header has {len(names):,} columns, at most {MOST_COLUMNS} can be read")
    if names == expected:
        return
    if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
        raise Refused("Columns must be separated by commas, not by semicolons or tabs", 1)
    found = [("given twice", [name for name in dict.fromkeys(names) if names.count(name) > 1]),
             ("missing", [name for name in expected if name not in names]),
             ("not a column of this file", [name or "(blank)" for name in names if name not in expected])]
    told = "; ".join(f"{', '.join(_cut(name) for name in some[:8])}{' …' if len(some) > 8 else ''} "
                     f"{'is' if len(some) == 1 else 'are'} {how}" for how, some in found if some)
    raise Refused(f"the header must be {','.join(expected)}; {told or 'the order of columns differs'}", 1)


def _cells(records: Iterable[tuple[int, list[str]]], grid: Grid) -> Read:
    rows, numbers, faults = [], [], []
    for number, cells in records:
        numbers.append(number)
        if len(cells) != len(grid.columns):
            faults.append(Fault(number, "", f"{len(cells)} cells where the header has {len(grid.columns)}"))
            continue
        row, bad = _row(number, cells, grid)
        rows.append(row)
        faults += bad
    if not numbers:
        raise Refused("The file has a header and no rows")
    return Read(tuple(rows), tuple(numbers), tuple(faults))


def _row(number: int, cells: list[str], grid: Grid) -> tuple[dict[str, Any], list[Fault]]:
    row, faults = {}, []
    for column, cell in zip(grid.columns, cells, strict=True):
        try:
            value = csv_cells.read(column, cell)
        except csv_cells.BadCell as bad:
            faults.append(Fault(number, column.key, f"“{_cut(cell)}” {bad}"))
        else:
            if value is not None:
                row[column.key] = value
    return row, faults


def _cut(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[:most - 1] + "…"
