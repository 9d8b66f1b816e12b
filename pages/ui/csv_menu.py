"""CSV files in the import menu: template, dry run with its faults or its preview, then the import."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from pages.ui import csv_import, desk, grid_view, markup, saving, tables, words
from pages.ui.csv_files import MOST_BYTES, MOST_ROWS, Fault
from pages.ui.csv_import import DryRun
from pages.ui.grids import Column, grid_of

APPEND, REPLACE = "Add to what is there", "Replace what is there"
FAULTS_SHOWN, ROWS_SHOWN = 25, 200
MENU = "import.menu"


def show(sheet: str) -> None:
    """Everything about importing one sheet."""
    held = desk.desk()
    limits = f"At most {MOST_ROWS:,} rows and {MOST_BYTES // 1_000_000} MB"
    st.caption(f"Columns as in the account file, decimals for volatilities (0.61). {limits}. Nothing is changed before "
               "you have seen what would be.")
    st.download_button("Template with the columns", csv_import.template(sheet), f"{sheet}-template.csv", "text/csv",
                       icon=":material/download:", key=f"csv.template {sheet}", on_click="ignore",
                       help="One example row of each kind: write yours in their place.")
    if held.troubles:
        st.info("Correct or discard what is typed and not in force first.", icon=":material/info:")
        return
    into = st.segmented_control("Into", [APPEND, REPLACE], default=APPEND, required=True, key=f"csv.into {sheet}",
                                help=f"What becomes of the {sheet} of this account.")
    file = st.file_uploader("CSV file", type=["csv"], key=f"csv.file {sheet}",
                            help="Comma-separated, UTF-8. It is checked as a whole first.")
    if file is not None:
        found = csv_import.dry_run(file.getvalue(), sheet, held.held.document, replace=into == REPLACE)
        if found.faults:
            _refused(file.name, found.faults)
        else:
            _preview(file.name, found)


def _refused(name: str, faults: tuple[Fault, ...]) -> None:
    count = "1 problem" if len(faults) == 1 else f"{len(faults):,} problems"
    st.error(f"{words.escape(name)} is refused, nothing was changed: {count}.", icon=":material/block:")
    rows = "".join(f"<li>{escape(fault.sentence)}</li>" for fault in faults[:FAULTS_SHOWN])
    more = f"<li>and {len(faults) - FAULTS_SHOWN:,} more</li>" if len(faults) > FAULTS_SHOWN else ""
    st.html(markup.html(f"<ul>{rows}{more}</ul>", name="ms-faults"))


def _preview(name: str, found: DryRun) -> None:
    st.success(f"{words.escape(name)} is sound. {words.escape(found.told)}", icon=":material/check:")
    grid, rows = grid_of(found.sheet), found.rows[:ROWS_SHOWN]
    filled = [column for column in grid.columns if any(column.key in row for row in rows)]
    st.dataframe(tables.frame(grid, rows), hide_index=True, height=min(38 + 35 * len(rows), 248), placeholder="",
                 column_order=[column.key for column in filled],
                 column_config={column.key: _column(column) for column in filled})
    if len(found.rows) > ROWS_SHOWN:
        st.caption(f"The first {ROWS_SHOWN} of {len(found.rows):,} rows.")
    st.button("Import it", key=f"csv.go {found.sheet}", type="primary", on_click=_import, args=(found, name),
              help="One edit: Undo takes it back. Nothing is saved yet.")


def _column(column: Column) -> Any:
    if column.sort == "number":
        return st.column_config.NumberColumn(column.label, format=grid_view.NUMBER)
    return st.column_config.Column(column.label)


def _import(found: DryRun, name: str) -> None:
    """Callback: the sheet as shown in the preview, in one edit."""
    held = desk.type_in({found.sheet: found.after})
    st.session_state[MENU] = False
    if held.troubles:
        saving.say("The account was changed in the meantime: see what is not in force.", failed=True)
    else:
        saving.say(f"{name}: {csv_import.counted(len(found.rows), grid_of(found.sheet).noun)} imported.")
