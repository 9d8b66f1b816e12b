"""The methods page: one book under several rulebooks, then one of them opened."""

from __future__ import annotations

from html import escape

import streamlit as st

from pages.ui import (
    downloads,
    glossary,
    heading,
    linked,
    markup,
    methods_data,
    methods_detail,
    methods_figures,
    methods_table,
    state,
    style,
    words,
)
from pages.ui.chart import chart
from pages.ui.following import follows
from pages.ui.methods_data import Level, Row, Seen
from pages.ui.telling import told
from risk_core.margin.rulebook_table import NotAsked

CHOSEN, LEVELS = "methods", "methods.levels"
HELP = ("Rulebooks with portfolio margin. The one in force is that of the account, or of the Rulebook control beside "
        "the page; the others, shipped or yours, change nothing but this table.")
HELP_LEVELS = ("Where each rulebook liquidates the pool first when one price moves alone. Most methods have no formula "
               "for it and are searched by sampling, which takes up to a second each.")


def board() -> None:
    """Everything below the account, or why there is nothing to show."""
    with told(), st.container(key="methods_page"):
        st.html(style.further("liquidation.css") + style.further("methods.css"))
        if heading.nothing_held(state.draft()):
            return
        comparison()
        methods_detail.detail()


@follows
def comparison() -> None:
    """The choice of rulebooks, the table, the bars."""
    with told():
        seen = methods_data.present()
        chosen, with_levels = _choice(seen)
        if not chosen:
            st.info("Choose at least one rulebook to see what it asks.")
            return
        with st.spinner("Charging the book under each rulebook"):
            found, missing = methods_data.rows(seen, chosen)
        levels = _levels(found) if with_levels else None
        _show(seen, found, missing, levels)


def _choice(seen: Seen) -> tuple[list[str], bool]:
    options = seen.choices
    usual = [name for name in methods_data.USUAL if name in options]
    chosen = linked.several("Rulebooks", options, usual, CHOSEN, seen.label, placeholder="Choose rulebooks",
                            help=f"{HELP} {glossary.pointer('Rulebook')}")
    return chosen, linked.switch("Liquidation levels", LEVELS,
                                 help=f"{HELP_LEVELS} {glossary.pointer('Liquidation level')}")


def _levels(found: list[Row]) -> dict[str, Level]:
    """The nearest level of each, with progress."""
    bar, levels = st.progress(0.0, "Liquidation levels"), {}
    for done, row in enumerate(found):
        bar.progress(done / len(found), f"Liquidation levels: {words.escape(row.asked.rulebook.title)}")
        levels[row.question.text] = methods_data.level(row.question)
    bar.empty()
    return levels


def _show(seen: Seen, found: list[Row], missing: list[NotAsked], levels: dict[str, Level] | None) -> None:
    badge = markup.badge("What-if", "whatif") + " " if seen.moved else ""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        first, why = map(escape, methods_table.headline(found))
        said = f'<p class="ms-headline short">{badge}{first}<span class="single">{why}</span></p>'
        st.html(markup.html(said), width="stretch")
        downloads.of_chart("Table as CSV", lambda: methods_table.csv(found, missing, levels), seen.draft, "rulebooks")
    if found:
        st.html(methods_table.table(found, levels))
    if missing:
        st.html(methods_table.missing(missing))
    if assumed := methods_table.assumed(found):
        with st.expander("What was assumed, and what was left out", icon=":material/rule:"):
            st.html(assumed)
    if found:
        asked = [row.asked for row in found]
        chart(methods_figures.bars(asked, "rulebooks"), "rulebooks", _alt(found),
              height=methods_figures.bars_height(len(asked)))


def _alt(found: list[Row]) -> str:
    said = "; ".join(f"{row.asked.rulebook.title} {row.asked.initial:,.2f} and {row.asked.maintenance:,.2f}"
                     for row in found)
    return f"Bars of initial and maintenance margin under each rulebook, USD: {said}."
