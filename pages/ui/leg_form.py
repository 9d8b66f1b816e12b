"""The form that adds one position: only the fields its kind has, at the present mark unless another entry is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.ui import building, desk, expiries, glossary, legs, placing, saving, state, words
from pages.ui.grids import POSITIONS, TIME_FORMS
from risk_core.errors import Refused
from risk_core.portfolio.instruments import KINDS

LONG, SHORT = "Long", "Short"


def show() -> None:
    """The popover with the form."""
    with st.popover("Add a position", icon=":material/add:", key="leg.menu", on_change="rerun", type="primary",
                    help="One leg, with only the fields it needs. Rows can be typed into the grid as well.") as menu:
        if menu.open:
            _form(desk.desk().held.document)


def _form(document: Mapping[str, Any]) -> None:
    names = list(document["market"]["underlyings"])
    if not names:
        st.info("Positions need a market: add an underlying and its price on the Market tab first.")
        return
    kind = st.segmented_control("Kind", list(KINDS), default="perpetual", required=True, key="leg.kind",
                                format_func=str.capitalize, help=_help("kind"))
    left, right = st.columns(2)
    underlying = left.selectbox("Underlying", names, key="leg.underlying", help="The coin of the instrument.")
    right.segmented_control("Settled", ["linear", "inverse"], default="linear", required=True, key="leg.settlement",
                            help=_help("settlement"))
    if kind != "perpetual":
        _contract(document, underlying, option=kind == "option")
    left, right = st.columns(2)
    left.segmented_control("Side", [LONG, SHORT], default=LONG, required=True, key="leg.side", help="Bought or sold.")
    face = kind != "option" and st.session_state.get("leg.settlement") == "inverse"
    right.number_input("Size, USD face" if face else f"Size, {words.escape(underlying)}", min_value=0.0, value=None,
                       format="%.6g", key="leg.size", placeholder="required", help=_help("quantity"))
    _fault("quantity")
    _terms(kind)
    _fault()
    st.button("Add", key="leg.go", type="primary", on_click=_add)


def _fault(*fields: str) -> None:
    """What was refused, once, right below the fields it is about; without fields, whatever is left."""
    refused = st.session_state.get("leg.refused")
    if refused and (not fields or refused[0] in fields):
        del st.session_state["leg.refused"]
        st.warning(words.escape(refused[1]), icon=":material/block:")


def _contract(document: Mapping[str, Any], underlying: str, *, option: bool) -> None:
    """Which contract of the underlying: expiry, and right and strike of an option."""
    choices = expiries.choices(document, underlying)
    st.selectbox("Expiry, UTC", choices, key=f"leg.expiry {underlying}", format_func=expiries.shown,
                 accept_new_options=True, help="Choose, or type another. " + TIME_FORMS)
    _fault("expiry")
    if option:
        left, right = st.columns(2)
        left.segmented_control("Right", ["call", "put"], default="call", required=True, key="leg.type",
                               format_func=str.capitalize, help=_help("type"))
        right.number_input("Strike, USD", min_value=0.0, value=None, format="%.6g", key="leg.strike",
                           placeholder="required", help=_help("strike"))
        _fault("strike", "type")


def _terms(kind: str) -> None:
    """Entry and how the leg is held."""
    left, right = st.columns(2)
    left.number_input("Entry price", min_value=0.0, value=None, format="%.6g", key="leg.entry_price",
                      placeholder="present mark", help="Empty: opened at the present mark. " + _help("entry_price"))
    if kind == "option":
        right.number_input("Implied vol, points", min_value=0.0, value=None, format="%.6g", key="leg.iv",
                           placeholder="from the market", help=_help("iv"))
    else:
        right.number_input("Leverage, ×", min_value=0.0, value=None, format="%.6g", key="leg.leverage",
                           placeholder="none chosen", help=_help("leverage"))
    _fault("entry_price", "iv", "leverage")
    left, right = st.columns(2)
    left.segmented_control("Held in", ["cross", "isolated"], default="cross", required=True, key="leg.mode",
                           help=_help("mode"))
    if st.session_state.get("leg.mode") == "isolated":
        right.number_input("Isolated margin, USD", min_value=0.0, value=None, format="%.6g", key="leg.isolated_margin",
                           placeholder="as the rules ask", help=_help("isolated_margin"))


def _help(key: str) -> str:
    column = POSITIONS.column(key)
    return glossary.told(column.label, words.escape(column.help)) if column else ""


def _asked() -> dict[str, Any]:
    """The leg as the form has it now, without the fields that were left empty."""
    held = st.session_state
    kind, size = held["leg.kind"], float(held.get("leg.size") or 0.0)
    leg = {"kind": kind, "underlying": held["leg.underlying"], "settlement": held["leg.settlement"]}
    if kind == "option":
        leg |= {"type": held["leg.type"], "strike": _number("strike"), "iv": _number("iv", 2)}
    if kind != "perpetual":
        leg["expiry"] = expiries.read(str(held.get(f"leg.expiry {leg['underlying']}") or ""))
    leg |= {"quantity": _whole(size if held["leg.side"] == LONG else -size), "entry_price": _number("entry_price"),
            "leverage": _number("leverage") if kind != "option" else None,
            "mode": "isolated" if held["leg.mode"] == "isolated" else None,
            "isolated_margin": _number("isolated_margin")}
    return {key: value for key, value in leg.items() if value is not None}


def _number(name: str, shift: int = 0) -> float | None:
    typed = st.session_state.get(f"leg.{name}")
    return None if typed is None else desk.tables.shifted(_whole(typed), -shift)


def _whole(value: float) -> float:
    return int(value) if value == int(value) else value


def _add() -> None:
    """Callback of the form: the leg goes behind what is typed, or the form says what is wrong."""
    draft, leg = desk.absorb().held, _asked()
    own = legs.unused(legs.instrument_name(leg), placing.ids(draft.document))
    try:
        (priced,) = placing.priced([{"id": own, **leg}], state.account(draft))
    except Refused as refused:
        st.session_state["leg.refused"] = building.at_fault(refused), building.said(refused)
        return
    building.append(placing.Placed((priced,), {}))
    st.session_state["leg.menu"] = False
    saving.say(f"{priced['id']} added.")
