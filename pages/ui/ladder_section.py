"""The part of the liquidation page with the ladder: along which price, the figure, and its table as a file."""

from __future__ import annotations

import streamlit as st

from pages.ui import cached, csv_files, downloads, frontier_section, heading, ladder_figure, view
from pages.ui.chart import chart
from pages.ui.following import follows
from pages.ui.ladder import Ladder, ladder
from pages.ui.telling import told
from risk_core.margin.models import MODES

HEAD = ("mode", "closed", "about", "notional_usd", "now", "first_below", "first_above", "factor_from", "factor_to")


@follows
def section() -> None:
    """The ladder of the draft after the what-if."""
    with told():
        seen = view.present()
        head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom")
        head.subheader("Ladder: what is closed at which price", anchor=False, width="content")
        along = frontier_section.price_control("ladder.along", seen.names)
        walked = view.walked(seen, along)
        footer = heading.demo_note(seen.draft) + (", what-if" if seen.moved else "")
        found = ladder(walked, cached.triggered(seen.question, seen.modes), footer)
        revision = f"{seen.draft.account_id} {along}"
        chart(ladder_figure.liquidation_ladder(found, revision), "liquidation-ladder", _alt(found),
              ladder_figure.height(found))
        with head:
            downloads.of_chart("Ladder as CSV", lambda: csv(found), seen.draft, "liquidation-ladder")
        st.caption("Bars: prices at which a pool or an isolated leg is liquidated, with its notional where the account "
                   "stands; the nearest first. Lines: notional closed on the way there. What is closed is taken as "
                   "closed whole and at once: no partial closing, fees or slippage. Volatility stays with its strike.")


def _alt(found: Ladder) -> str:
    said = []
    for mode, rungs in found.rungs.items():
        ends = [f"{rung.name} at {ladder_figure.place(found, end)}" for rung in rungs
                for end in (rung.down, rung.up) if end is not None]
        said.append(f"{MODES[mode].title}: {'; '.join(ends) or 'nothing ahead'}.")
    return f"Liquidation ladder along {found.scale.name}. {' '.join(said)}"


def csv(found: Ladder) -> bytes:
    """One row per range; an open end is left empty. Prices in dollars where one price moves, else factors."""
    unit = found.scale.unit or 1.0
    rows = [[MODES[mode].title, rung.name, rung.about, rung.notional, "yes" if rung.gone else "no",
             _end(rung.down, unit), _end(rung.up, unit), _end(low, unit), _end(high, unit)]
            for mode, rungs in found.rungs.items() for rung in rungs for low, high in rung.spans]
    names = ("price_from", "price_to") if found.scale.unit is not None else HEAD[-2:]
    return csv_files.write((*HEAD[:-2], *names), rows)


def _end(factor: float | None, unit: float) -> float | None:
    return None if factor is None or not 0 < factor < float("inf") else factor * unit
