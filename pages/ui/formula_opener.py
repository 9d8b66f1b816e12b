"""Opens the formula of the figure that was pressed, in a dialog; nothing is worked out before."""

from __future__ import annotations

import streamlit as st

from pages.ui import formula_link, formula_panel, linked, style, view
from pages.ui.formula_link import Spot
from pages.ui.listeners import listener
from pages.ui.telling import told
from risk_core.margin.formulas.figures import formula

KEY, ASKED = "formula", "formula asked"
SEARCH = "rulebook.search"
"""Query parameter of the search on the Rulebooks page."""
_mount = listener("formula", "formula_link.js")


def hint() -> None:
    """What can be pressed."""
    st.caption("Press an underlined figure for its formula, with this account's numbers and the source of each.")


@st.fragment(key="formula opener")
def opener() -> None:
    """What listens for pressed figures; a run of its own when one is."""
    st.html(style.further("formula.css"))
    _mount(key=KEY, height="content", on_asked_change=_take)
    spot: Spot | None = st.session_state.pop(ASKED, None)
    if spot is not None:
        st.dialog(spot.said, width="large", on_dismiss="ignore")(_panel)(spot)


def ask(spot: Spot | None) -> None:
    """Callback: the formula of `spot` opens when the listener is drawn next."""
    if spot is not None:
        st.session_state[ASKED] = spot


def _take() -> None:
    ask(formula_link.read(st.session_state[KEY].get("asked")))


def _panel(spot: Spot) -> None:
    with told():
        seen = view.present()
        one = formula(seen.after, spot.mode, spot.figure, spot.leg, underlying=spot.underlying, who=spot.who)
        if not one.agrees:
            st.error("The formula of this figure cannot be shown: worked out, it is not the figure in the table. The "
                     "figure comes from the full computation.", icon=":material/block:")
            return
        st.html(formula_panel.body(one, spot.figure, _address, moved=seen.moved))


def _address(key: str) -> str:
    """The same state on the Rulebooks page, where `key` is looked for."""
    return f"rulebooks?{linked.parameters(SEARCH, **{SEARCH: key})}"
