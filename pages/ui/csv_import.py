"""A dry run of a CSV import: what it would make of the present draft, or every reason why it would not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pages.ui import csv_files, editing, legs, tables, words
from pages.ui.csv_files import Fault
from pages.ui.editing import Trouble
from pages.ui.grids import grid_of
from pages.ui.tables import Sheet
from risk_core.errors import ABSENT, shown

EXAMPLES: Mapping[str, Sheet] = {
    "positions": (
        {"id": "perp", "kind": "perpetual", "underlying": "BTC", "settlement": "linear", "quantity": 1.5,
         "entry_price": 76200, "leverage": 10, "mode": "isolated", "isolated_margin": 12000},
        {"kind": "future", "underlying": "BTC", "settlement": "inverse", "quantity": -50000, "entry_price": 77600,
         "expiry": "2027-12-31T08:00:00Z"},
        {"kind": "option", "underlying": "BTC", "settlement": "linear", "quantity": -2, "entry_price": 1230,
         "type": "put", "strike": 70000, "expiry": "2027-12-31T08:00:00Z", "iv": 0.61, "enabled": False},
    ),
    "orders": (
        {"id": "bid", "kind": "perpetual", "underlying": "BTC", "settlement": "linear", "quantity": 0.5,
         "price": 74000, "leverage": 10},
        {"kind": "future", "underlying": "BTC", "settlement": "inverse", "quantity": -20000, "price": 79000,
         "expiry": "2027-12-31T08:00:00Z"},
    ),
    "collateral": ({"asset": "USD", "amount": 50000}, {"asset": "BTC", "amount": 0.25}),
}
"""One row of each kind, for the template files."""

NAMED = ("positions", "orders")
"""Sheets whose rows have an id, made up where it is left empty."""


@dataclass(frozen=True)
class DryRun:
    """What an import would do. rows: of the file; after: the whole sheet then, empty when there are faults."""

    sheet: str
    rows: Sheet
    after: Sheet
    faults: tuple[Fault, ...]
    told: str = ""


def template(sheet: str) -> bytes:
    """A file with the expected header and an example of each kind of row."""
    return csv_files.of_sheet(grid_of(sheet), EXAMPLES[sheet])


def dry_run(raw: bytes, sheet: str, document: Mapping[str, Any], *, replace: bool) -> DryRun:
    """The file laid onto the document's sheet, behind what is there or in its place; nothing is changed."""
    read = csv_files.read(raw, grid_of(sheet))
    if read.faults:
        return DryRun(sheet, (), (), read.faults)
    sheets = tables.sheets_of(document)
    kept = () if replace else sheets[sheet]
    after = (*kept, *read.rows)
    if sheet in NAMED:
        after = tuple(legs.named([dict(row) for row in after]))
    outcome = editing.judge({**sheets, sheet: after}, document)
    if outcome.document is None:
        return DryRun(sheet, (), (), tuple(_faults(outcome.troubles, sheet, len(kept), read.numbers)))
    rows = after[len(kept):]
    return DryRun(sheet, rows, after, (), _told(sheet, sheets[sheet], rows, replace=replace))


def _faults(troubles: Sequence[Trouble], sheet: str, kept: int, numbers: Sequence[int]) -> Iterator[Fault]:
    """Troubles of the book as faults of the file: rows of the file by its own numbers, the others by their names."""
    for one in troubles:
        rule = re.sub(r"positions\[(\d+)\]\.(\w+)", lambda found: _place(int(found[1]), kept, numbers), one.rule)
        value = "" if one.value is ABSENT else f"{_value(one.value)} "
        said = value + editing.plainly(rule)
        if one.sheet == sheet and one.row is not None and one.row >= kept:
            yield Fault(numbers[one.row - kept], one.key, said)
        else:
            yield Fault(None, "", f"With this file {one.sentence.rstrip('.')}")


def _place(at: int, kept: int, numbers: Sequence[int]) -> str:
    return f"that of row {numbers[at - kept]}" if at >= kept else f"that of row {at + 1} of this account"


def _value(value: Any) -> str:
    return f"“{value}”" if isinstance(value, str) and len(value) < 60 else shown(value)


def _told(sheet: str, before: Sheet, rows: Sheet, *, replace: bool) -> str:
    """What would happen, in one sentence."""
    noun = grid_of(sheet).noun
    new, old = counted(len(rows), noun), counted(len(before), noun)
    if not replace:
        return f"Adds {new} to the {old} of this account."
    name = "id" if sheet in NAMED else "asset"
    present, coming = {row[name]: row for row in before}, {row[name] for row in rows}
    left = [str(row[name]) for row in before if row[name] not in coming]
    same = sum(present.get(row[name]) == row for row in rows)
    gone = f" {words.listed(left) if len(left) < 4 else len(left)} would go." if left else ""
    return f"Replaces {old} by {new}, {same or 'none'} of them unchanged.{gone}"


def counted(count: int, noun: str) -> str:
    """`3 legs`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
