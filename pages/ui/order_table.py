"""Open orders under the positions: their grid, and what they ask for in initial margin."""

from __future__ import annotations

import streamlit as st

from pages.ui import desk, grid_view, markup, view, words
from pages.ui.following import follows
from pages.ui.telling import told
from pages.ui.view import modes_shown

MENU = "orders.menu"


def show(names: tuple[str, ...]) -> None:
    """The orders, folded away while there are none. names: of the underlyings that can be chosen."""
    held = desk.desk()
    count, bad = len(held.sheets["orders"]), sum(one.sheet == "orders" for one in held.troubles)
    title = "Open orders" + (f" ({count})" if count else "") + (f", {bad} to correct" if bad else "")
    with st.expander(title, expanded=bool(count), key=MENU, on_change="rerun") as box:
        if not box.open:
            return
        if count:
            _asked()
        grid_view.draw("orders", names)
        st.caption("Limit orders in the pool that are not filled, in futures and perpetuals; a minus sells. Tick rows "
                   "at their left edge to remove them; the empty last row adds one. A what-if fills none.")


@follows
def _asked() -> None:
    """What the orders add, mode by mode."""
    with told():
        found = view.present().after
        asked = {found.modes[name].title: found.modes[name].orders for name in modes_shown(found.account)
                 if name in found.modes}
        said = ", ".join(f"<b>{words.money(amount, 'up')}</b> in {title}"
                         for title, amount in asked.items() if amount is not None)
        if said:
            st.html(markup.html(f"<p>They add to initial margin, USD: {said}. Maintenance margin and liquidation "
                                "levels do not know them: a liquidation cancels orders first.</p>"))
