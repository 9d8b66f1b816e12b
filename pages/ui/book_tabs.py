"""The tabs of the portfolio page: positions, collateral, market; and the figures an edit changes."""

from __future__ import annotations

import streamlit as st

from pages.ui import (
    building,
    cached,
    cards,
    desk,
    effect,
    glossary,
    grid_view,
    leg_form,
    linked,
    market_tab,
    markup,
    order_table,
    recognised,
    scaling,
    state,
    versions,
    view,
)
from pages.ui.desk import Desk
from pages.ui.following import follows
from pages.ui.telling import told
from risk_core.margin.compare import Comparison
from risk_core.portfolio.account_file import read_document

LAST, OPENED = "before the last edit", "as opened or saved"
POSITIONS, COLLATERAL, MARKET, HISTORY = "Positions", "Collateral", "Market", "History"


@follows
def figures() -> None:
    """Every mode before and after: the edit, else the what-if; the pinned figures are the before while there are any.

    An edit is shown at the present what-if, before it and after it.
    """
    with told(), st.container(key="figures"):
        seen = view.present()
        if seen.moved:
            st.html(cards.readout(seen))
        st.html(effect.effect(_before(seen), seen.after, seen.modes))


def _before(seen: view.View) -> Comparison | None:
    """What the grey figures are."""
    held = desk.desk()
    past, opened, present = held.history.past, held.history.opened, held.held.document
    earlier = opened if st.session_state.get("against") == OPENED or not past else past[-1]
    if seen.pin is not None or earlier == present:
        return seen.before if seen.has_before else None
    return cached.compared(view.asked(read_document(earlier), seen.controls))


def _against() -> None:
    """What the grey figures are."""
    held = desk.desk()
    if len(held.history.past) > 1 and state.is_changed(held.held):
        linked.choice("Compared with", [LAST, OPENED], LAST, "against", format_func=lambda one: f"From {one}",
                      help=f"What the grey figures show. {glossary.pointer('What-if')}")


def tabs() -> None:
    """The grids. Only the open tab is drawn; what is typed in the others is kept."""
    held = desk.desk()
    with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
        chosen = linked.named_choice("Edit", [POSITIONS, COLLATERAL, MARKET, HISTORY], POSITIONS, "tab",
                                     lambda tab: _title(tab, held), label_visibility="collapsed")
        _against()
    {POSITIONS: _positions, COLLATERAL: _collateral, MARKET: market_tab.show,
     HISTORY: versions.show}[chosen]()


def _title(tab: str, held: Desk) -> str:
    """The tab's name, how many rows it has, and whether something in it is not in force."""
    if tab == HISTORY:
        return tab
    rows = f" ({len(held.sheets[tab.lower()])})" if tab != MARKET else ""
    tab_of = {"positions": POSITIONS, "orders": POSITIONS, "collateral": COLLATERAL}
    bad = sum(tab_of.get(one.sheet, MARKET) == tab for one in held.troubles)
    return f"{tab}{rows}" + (f", {bad} to correct" if bad else "")


def _positions() -> None:
    held = desk.desk()
    with st.container(horizontal=True, gap="small"):
        leg_form.show()
        building.from_template()
        building.copies()
        scaling.show()
    if not held.sheets["positions"]:
        st.info("No positions yet. Build a well-known book from a template, add one position, or type into the grid. "
                + ("" if held.sheets["underlyings"] else "First give the market an underlying and its price."))
    _structures(held)
    names = tuple(str(row["name"]) for row in held.sheets["underlyings"] if row.get("name"))
    grid_view.draw("positions", names)
    st.caption("Click a cell and type. Tick rows at their left edge to delete them; the empty last row adds one. Point "
               "at a column's name for its meaning.")
    order_table.show(names)
    _contributions()


def _structures(held: Desk) -> None:
    """What the legs are together, in one quiet line; nothing where nothing is recognised."""
    with told():
        found = cached.recognised(held.held.digest, state.account(held.held))
        if found:
            st.html(markup.html(recognised.line(found), name="ms-recognised"))


@follows
def _contributions() -> None:
    with told():
        seen = view.present()
        found = seen.after
        if found.account.book.ids:
            st.subheader("What each leg adds to maintenance margin", anchor=False,
                         help="In USD, mode by mode: the leg alone, and what the account needs more because of it.")
            st.html(effect.contributions(found, seen.modes))


def _collateral() -> None:
    held = desk.desk()
    if not held.sheets["collateral"]:
        st.info("No collateral yet: type an asset and an amount, such as USD 50,000.")
    grid_view.draw("collateral", compact=True)
    st.caption("Cash after premiums paid and received. USD is 1; coins have their index price; any other asset needs a "
               "price on the Market tab. A negative amount is borrowed.")
