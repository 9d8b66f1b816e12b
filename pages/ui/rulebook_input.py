"""One input for each kind of value a parameter can have; what is typed is returned as the rulebook writes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from pages.ui import rulebook_words, tables, words
from pages.ui.grids import Column, Grid
from risk_core.errors import Problem, Refused
from risk_core.rulebooks import dated, kinds, load, tiers
from risk_core.rulebooks.kinds import Kind
from risk_core.rulebooks.rules import Parameter

DEDUCTIONS = {"initial_deduction": "initial", "maintenance_deduction": "maintenance"}
Draw = Callable[[str, Parameter, str, Kind], Any]


def typed(name: str, one: Parameter, key: str) -> Any:
    """Draw the input of parameter `name`; key: of the widget. Raises Refused where what is typed is no value."""
    kind = kinds.kinds()[name]
    return DRAWN[kind.sort](name, one, key, kind)


def _label(name: str, unit: str) -> str:
    percent = "%" if rulebook_words.shift(unit) else unit
    return f"{rulebook_words.name(name)}, {percent}"


def _number(name: str, one: Parameter, key: str, _: Kind) -> Any:
    places = rulebook_words.shift(one.unit)
    start = float(tables.shifted(one.value, places))
    given = st.number_input(_label(name, one.unit), value=start, step=_step(start), format="%.12g", key=key,
                            help=words.escape(one.meaning))
    return one.value if given == start else tables.shifted(given, -places)


def _step(value: float) -> float:
    """About a tenth of the value, a round number."""
    return next((step for step in (10.0, 1.0, 0.1, 0.01) if abs(value) >= 5 * step), 0.01)


def _choice(name: str, one: Parameter, key: str, kind: Kind) -> Any:
    only = len(kind.options) == 1
    help_ = "This release has one way only." if only else words.escape(one.meaning)
    return st.selectbox(rulebook_words.name(name), list(kind.options), index=list(kind.options).index(one.value),
                        key=key, disabled=only, help=help_)


def _text(name: str, one: Parameter, key: str, _: Kind) -> Any:
    """The one parameter in words is a day: those of which some rulebook ships tables, none where there is one table."""
    label, several = rulebook_words.name(name), bool(one.value)
    offered = sorted({one.value} | {day for book in load.names() for day in _days(book)}) if several else [one.value]
    return st.selectbox(label, offered, index=offered.index(one.value), key=key, disabled=not several,
                        help=words.escape(one.meaning) if several else "This rulebook ships one table only.")


def _days(name: str) -> set[str]:
    return {*dated.days(name), load.load(name).rules.tiers.as_of} if dated.days(name) else set()


def _numbers(name: str, one: Parameter, key: str, _: Kind) -> Any:
    places = rulebook_words.shift(one.unit)
    start = ", ".join(rulebook_words.number(value, places).removesuffix(f"{words.SPACE}%") for value in one.value)
    given = st.text_area(_label(name, one.unit), value=start, key=key, height=90,
                         help="Numbers, least first, with commas or spaces between them.")
    return list(one.value) if given == start else [tables.shifted(_read(part, name), -places) for part in _parts(given)]


def _parts(given: str) -> list[str]:
    return [part for part in re.split(r"[,;\s%]+", given.replace(words.MINUS, "-")) if part]


def _read(part: str, name: str) -> float:
    try:
        return float(part)
    except ValueError:
        raise Refused([Problem(f"rules.override.{name}", part, "is not a number")]) from None


def _shares(name: str, one: Parameter, key: str, _: Kind) -> Any:
    rows = [{"asset": asset, "share": share} for asset, share in one.value.items()]
    grid = Grid(name, rulebook_words.name(name), "asset", (
        Column("asset", "Asset", "text", "Name of the asset as in the account."),
        Column("share", f"{rulebook_words.name(name)}, %", "number", one.meaning, shift=2),
    ))
    st.caption("A row taken out goes back to the base rulebook's own.")
    return _by_name(_edited(grid, rows, key), name)


def _by_name(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in rows:
        asset, share = row.get("asset"), row.get("share")
        if asset is None and share is None:
            continue
        if asset is None or asset in found:
            raise Refused([Problem(f"rules.override.{name}", asset, "every row needs an asset of its own")])
        found[asset] = share
    return found


def _rows(name: str, one: Parameter, key: str, kind: Kind) -> Any:
    follow = bool(DEDUCTIONS.keys() & kind.columns.keys()) and st.toggle(
        "Deductions follow from the rates", value=True, key=f"{key} follow",
        help="The deduction that makes tiers meet: that of the tier below plus floor × rise of the rate.")
    columns = [column for column in kind.columns if not (follow and column in DEDUCTIONS)]
    shown = tuple(_column(column, kind.columns[column]) for column in columns)
    grid = Grid(name, rulebook_words.name(name), "row", shown)
    given = [dict(row) for row in _edited(grid, one.value, f"{key} {follow}")]
    if "underlying" in kind.columns:
        return [{key: value for key, value in row.items() if value is not None} for row in given]
    return _with_deductions(given) if follow else given


def _column(name: str, kind: Kind) -> Column:
    places = rulebook_words.column_shift(name)
    label = rulebook_words.heading(name) + (", %" if places else "")
    sort = {kinds.CHOICE: "choice", kinds.TEXT: "text"}.get(kind.sort, "number")
    return Column(name, label, sort, label, shift=places, options=kind.options)  # type: ignore[arg-type]


def _with_deductions(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows by floor, with the deductions that floors and rates ask for; as they are where one of those is missing."""
    if not rows or any(row.get(column) is None for row in rows for column in ("from", "initial", "maintenance")):
        return rows
    rows = sorted(rows, key=lambda row: row["from"])
    starts = [row["from"] for row in rows]
    for column, rate in DEDUCTIONS.items():
        found = tiers.deductions(starts, [row[rate] for row in rows])
        for row, deduction in zip(rows, found, strict=True):
            row[column] = deduction
    return rows


def _edited(grid: Grid, rows: Sequence[Mapping[str, Any]], key: str) -> tuple[Mapping[str, Any], ...]:
    st.data_editor(
        tables.frame(grid, rows), key=key, num_rows="dynamic", hide_index=True, placeholder="", width="stretch",
        column_config={column.key: _config(column) for column in grid.columns},
        alt=f"{grid.title}: one {grid.noun} a row; every cell can be edited, the empty last row adds one.",
    )
    return tables.edited(grid, rows, st.session_state.get(key) or {})


def _config(column: Column) -> Any:
    if column.sort == "choice":
        return st.column_config.SelectboxColumn(column.label, options=list(column.options), default=column.options[0])
    if column.sort == "number":
        return st.column_config.NumberColumn(column.label, format="%,.12g", help=words.escape(column.help))
    return st.column_config.TextColumn(column.label, help=words.escape(column.help))


DRAWN: Mapping[str, Draw] = {
    kinds.NUMBER: _number, kinds.CHOICE: _choice, kinds.TEXT: _text, kinds.NUMBERS: _numbers, kinds.SHARES: _shares,
    kinds.ROWS: _rows,
}
"""The input of each kind; a kind of the core that is missing here fails the tests."""
