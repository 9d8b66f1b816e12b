"""Files to take home: the export menu of an account, and the data of each chart and table as CSV."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui import cached, csv_files, exchange, results, state, telling, workbook
from pages.ui.grids import COLLATERAL, ORDERS, POSITIONS, Grid
from pages.ui.state import Draft
from risk_core.errors import MarginscopeError
from risk_core.margin.compare import Comparison
from risk_core.portfolio.whatif import WhatIf

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show(draft: Draft) -> None:
    """The popover; files are made when they are asked for."""
    with st.popover("Export", icon=":material/download:", key="export.menu", on_change="rerun",
                    help="Download this account or its results.") as menu:
        if menu.open:
            _account(draft)
            _results(draft)


def _account(draft: Draft) -> None:
    exchange.export(draft)
    for grid in (POSITIONS, *((ORDERS,) if draft.document.get("orders") else ()), COLLATERAL):
        _button(f"{grid.title}, CSV", f"export.{grid.name}", _named(draft, f"-{grid.name}.csv"), CSV,
                _sheet(grid, draft), "Columns as in the account file; Import reads it back.")


def _sheet(grid: Grid, draft: Draft) -> Callable[[], bytes]:
    return lambda: csv_files.of_sheet(grid, draft.document[grid.name])


def _results(draft: Draft) -> None:
    """What needs figures; where there are none, the reason."""
    try:
        found = compared(draft)
    except MarginscopeError as refused:
        st.caption(telling.sentence(refused))
        return
    _button("Results by mode, CSV", "export.modes", _named(draft, "-results.csv"), CSV,
            lambda: _table(results.modes(found)), "One row for each mode, before any what-if.")
    _button("Results by leg, CSV", "export.legs", _named(draft, "-legs.csv"), CSV,
            lambda: _table(results.legs(found)), "One row for each mode and leg, before any what-if.")
    _button("Workbook, XLSX", "export.workbook", _named(draft, ".xlsx"), XLSX, lambda: workbook.workbook(found),
            "Account, market, results, and every parameter of the rulebook with its source and date.")


def of_chart(label: str, made: Callable[[], bytes], draft: Draft, what: str) -> None:
    """A quiet button beside a chart or table, with its data as CSV; `what` ends the file's name."""
    st.download_button(label, made, _named(draft, f"-{what}.csv"), CSV, icon=":material/download:", key=f"{what}.csv",
                       on_click="ignore", type="tertiary")


def compared(draft: Draft) -> Comparison:
    """Every mode of the draft, from the cache. Raises MarginscopeError."""
    return cached.compared(cached.asked(state.account(draft), WhatIf()))


def _table(table: results.Table) -> bytes:
    return csv_files.write(table.header, table.rows)


def _named(draft: Draft, ending: str) -> str:
    return exchange.file_name(draft.label).removesuffix(exchange.SUFFIX) + ending


def _button(label: str, key: str, name: str, kind: str, made: Callable[[], bytes], meaning: str) -> None:
    st.download_button(label, made, name, kind, icon=":material/download:", key=key, on_click="ignore", help=meaning,
                       width="stretch")
