"""Draws one grid: a data editor over a fixed source, its columns made from the table of columns."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import desk, glossary, standing, tables, words
from pages.ui.grids import Column, grid_of

NUMBER = "%,.12g"
"""Every digit that was typed, with thousands separators."""


def draw(sheet: str, choices: tuple[str, ...] = (), *, compact: bool = False) -> None:
    """The grid of a sheet. choices: what its choice columns without fixed options offer; the first starts a new row."""
    grid = grid_of(sheet)
    key, rows = desk.source(sheet, choices)
    st.data_editor(
        tables.frame(grid, rows),
        key=key,
        num_rows="dynamic",
        hide_index=True,
        placeholder="",
        width="content" if compact else "stretch",
        column_config={column.key: _config(column, choices) for column in grid.columns},
        on_change=desk.absorb,
        alt=f"{grid.title}: one {grid.noun} a row; every cell can be edited, the empty last row adds one.",
    )
    standing.troubles(sheet)


def _help(column: Column) -> str:
    """What a column means, with the link to its word."""
    found = glossary.term(column.label)
    return words.escape(column.help) + (f" {glossary.steady(found.name)}" if found else "")


def _config(column: Column, choices: tuple[str, ...]) -> Any:
    options = column.options or choices
    default = column.default if column.default is not None else next(iter(options), None)
    common: dict[str, Any] = {"label": column.label, "help": _help(column), "width": column.width,
                              "pinned": column.pinned or None}
    if column.starts:
        common["default"] = default
    if column.sort == "number":
        return st.column_config.NumberColumn(**common, format=NUMBER)
    if column.sort == "flag":
        return st.column_config.CheckboxColumn(**common)
    if column.sort == "choice":
        return st.column_config.SelectboxColumn(**common, options=list(options))
    return st.column_config.TextColumn(**common)
