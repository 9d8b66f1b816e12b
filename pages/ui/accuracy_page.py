"""The accuracy page: how many cases match, by venue; every case on demand; cases in dispute; what no case covers."""

from __future__ import annotations

from functools import cache
from html import escape

import streamlit as st

from pages.ui import accuracy_tables as tables
from pages.ui import accuracy_told as told
from pages.ui import csv_files, downloads, following, markup, style
from pages.ui.accuracy_data import Accuracy, Case, accuracy
from risk_core.rulebooks import load

COLUMNS = ("venue", "case", "mode", "formula", "figure", "source_prints", "we_compute", "error", "tolerance",
           "matched", "disputed_because", "inputs_no_source_states", "kind_of_source", "source", "runs_on",
           "figures_laid_over", "conventions_laid_over", "figures_of")
"""Of the download: one row for each printed figure."""


def show() -> None:
    """The whole page."""
    following.stands()
    st.html(style.further("accuracy.css"))
    found = accuracy()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html(markup.html(_head(found)), width="stretch")
        st.download_button("Every figure, CSV", _file, "marginscope-accuracy.csv", downloads.CSV, key="accuracy.csv",
                           icon=":material/download:", on_click="ignore",
                           help="One row for each printed figure, disputed ones too.")
    st.html(_body())


def _head(found: Accuracy) -> str:
    return (f'<p class="ac-head" role="status">{escape(told.headline(found))}</p>'
            f'<p class="muted">Figures of <time>{escape(found.date)}</time>.</p>')


@cache
def _body() -> str:
    """What is below the head: the same for everyone, so it is made once."""
    found = accuracy()
    items = "".join(f"<li>{escape(one)}</li>" for one in told.uncovered(found, load.names()))
    return markup.html(
        f'<p class="ac-means">{escape(told.MEANS)}</p><p class="ac-means">{escape(told.PROVES)}</p>'
        f'<h3 id="by-venue">By venue</h3>{tables.venues(found)}'
        f'<h3 id="disputed">Disputed cases</h3><p class="ac-means">{escape(told.DISPUTED)}</p>{tables.disputed(found)}'
        f'<h3 id="not-covered">Not covered</h3><ul>{items}</ul>'
        f'<h3 id="every-case">Every case</h3><p class="ac-means">{escape(told.UNITS)}</p>{tables.cases(found)}',
        name="ac")


def _file() -> bytes:
    found = accuracy()
    return csv_files.write(COLUMNS, (row for one in (*found.cases, *found.disputed) for row in _rows(one, found.date)))


def _rows(one: Case, date: str) -> list[tuple[object, ...]]:
    conventions = ", ".join(f"{key} = {value}" for key, value in one.conventions.items())
    return [(one.venue, one.id, one.mode, one.formula, each.name, each.printed, each.ours, each.error, each.allowed,
             each.matched, one.why, ", ".join(one.inferred), one.kind, one.source, one.rulebook, ", ".join(one.laid),
             conventions, date) for each in one.figures]
