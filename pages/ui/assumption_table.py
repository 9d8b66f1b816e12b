"""What a liquidation price in a pool assumes of the others: the same position under each assumption, on demand."""

from __future__ import annotations

from html import escape

import streamlit as st

from pages.ui import cached, glossary, linked, markup, view, words
from pages.ui.following import follows
from pages.ui.telling import told
from risk_core.liquidation.assumptions import STILL, TOGETHER, WORDS, Assumed, Range

CHOICE = "assumptions"
COLUMNS = (STILL, TOGETHER, *WORDS.values())
NOTE = ("With several positions in one pool there is no single liquidation price: it depends on what the others do "
        "meanwhile. Index prices in USD; ▼ below and ▲ above the present price. Shared by value and fixed maintenance "
        "are estimates some venues print; portfolio margin has neither.")


@follows
def section() -> None:
    """A switch, and the table when it is on."""
    shown = linked.switch("Other assumptions about the rest of the pool", CHOICE,
                          help="Liquidation prices of each position when the others move too, or as venues estimate "
                               f"them. {glossary.pointer('Liquidation level')}")
    if not shown:
        return
    with told():
        found = cached.ranged(view.present().question, view.present().modes)
        if not found:
            st.caption("No pool holds two positions and is alive: there is one answer, the one in the table above.")
            return
        st.html(table(found))
        st.caption(NOTE)


def table(found: tuple[Range, ...]) -> str:
    """One row per mode and position; the nearest of all prices in the last column."""
    heads = "".join(f'<th scope="col">{escape(name[:1].upper() + name[1:])}</th>' for name in COLUMNS)
    rows = "".join(f'<tr><th scope="row">{markup.mode(one.mode)}<span class="sub">{escape(one.id)}</span></th>'
                   f"{_cells(one)}<td>{_worst(one)}</td></tr>" for one in found)
    body = (f'<thead><tr><th scope="col">Position</th>{heads}<th scope="col">Nearest of all</th></tr></thead>'
            f"<tbody>{rows}</tbody>")
    about = "Liquidation price of each position under each assumption about the rest of its pool"
    inside = markup.table(about, body, "assumptions")
    return markup.html(f'<div class="scroll" role="region" aria-label="{about}" tabindex="0">{inside}</div>')


def _cells(one: Range) -> str:
    told_by = {each.assumption: each for each in one.assumed}
    return "".join(f'<td data-head="{escape(name)}">{_ends(told_by.get(name))}</td>' for name in COLUMNS)


def _ends(one: Assumed | None) -> str:
    if one is None:
        return '<span class="muted">not defined</span>'
    ends = [f"{sign} {words.price(end)}" for sign, end in (("▼", one.below), ("▲", one.above)) if end is not None]
    return "<br>".join(ends) or "none"


def _worst(one: Range) -> str:
    return "none" if one.worst is None else words.price(one.worst)
