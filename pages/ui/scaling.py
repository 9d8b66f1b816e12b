"""All sizes of the book times one factor: a preview first, then one edit that one undo takes back."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import streamlit as st

from pages.ui import desk, saving, words
from pages.ui.tables import Row, Sheet
from risk_core.portfolio.fields import is_number

MOST = 1_000.0
SHOWN = 6
PLEDGES, COLLATERAL = "scale.pledges", "scale.collateral"


def show() -> None:
    """The popover with factor, preview and button."""
    if not desk.desk().sheets["positions"]:
        return
    with st.popover("Scale", icon=":material/expand:", key="scale.menu", on_change="rerun",
                    help="Multiply all sizes by one factor.") as menu:
        if menu.open:
            _form()


def _form() -> None:
    sheets = desk.desk().sheets
    factor = st.number_input("Factor", min_value=-MOST, max_value=MOST, value=2.0, step=0.5, key="scale.factor",
                             format="%.6g",
                             help="2 doubles every leg and open order, 0.5 halves them, −1 turns every side around.")
    if any("isolated_margin" in row for row in sheets["positions"]):
        st.checkbox("Isolated margin too", value=True, key=PLEDGES, help="Collateral pledged to isolated legs.")
    st.checkbox("Collateral too", value=False, key=COLLATERAL, help="All balances, by the factor without its sign.")
    if not factor or factor == 1:
        st.caption("A factor of 1 changes nothing." if factor else "A factor of 0 would leave no legs.")
        return
    lines = list(_preview(sheets["positions"], scaled(sheets["positions"], factor)))
    more = [f"and {len(lines) - SHOWN:,} more"] if len(lines) > SHOWN else []
    st.caption("  \n".join(words.escape(line) for line in [*lines[:SHOWN], *more]))
    st.button("Scale all sizes", key="scale.go", type="primary", on_click=_scale,
              help="One edit: Undo takes it back.")


def _preview(before: Sheet, after: Sheet) -> Iterable[str]:
    return (f"{old.get('id') or f'row {at}'}: {_said(old)} → {_said(new)}"
            for at, (old, new) in enumerate(zip(before, after, strict=True), 1) if is_number(old.get("quantity")))


def _said(row: Row) -> str:
    return f"{row['quantity']:,.12g}".replace("-", words.MINUS)


def _scale() -> None:
    """Callback of the button."""
    factor, sheets = float(st.session_state["scale.factor"] or 0.0), desk.absorb().sheets
    if not factor:
        return
    pledges = bool(st.session_state.get(PLEDGES, True))
    changed = {"positions": scaled(sheets["positions"], factor, pledges=pledges),
               "orders": tuple(_times(row, "quantity", factor) for row in sheets["orders"])}
    if st.session_state.get(COLLATERAL):
        changed["collateral"] = tuple(_times(row, "amount", abs(factor)) for row in sheets["collateral"])
    desk.type_in(changed)
    st.session_state["scale.menu"] = False
    saving.say(f"All sizes × {factor:g}.".replace("-", words.MINUS))


def scaled(rows: Sheet, factor: float, *, pledges: bool = True) -> Sheet:
    """The legs at other sizes; what is pledged to them grows along when `pledges`."""
    legs = (_times(_times(row, "quantity", factor), "unsettled_funding", factor) for row in rows)
    return tuple(_times(row, "isolated_margin", abs(factor)) if pledges else row for row in legs)


def _times(row: Row, key: str, factor: float) -> Row:
    return {**row, key: product(row[key], factor)} if is_number(row.get(key)) else row


def product(value: Any, factor: float) -> float:
    """The product, digit for digit as people write it: 0.1 × 3 is 0.3; whole where it is."""
    exact = Decimal(str(value)) * Decimal(str(factor))
    return int(exact) if exact == exact.to_integral_value() and abs(exact) < 10**15 else float(exact)
