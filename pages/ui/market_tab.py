"""The market inputs: clock, rules, one line for each underlying, forwards and surface of one of them, other prices."""

from __future__ import annotations

import streamlit as st

from pages.ui import desk, glossary, grid_view, saving, standing, tables, words
from pages.ui.grids import ACCOUNT, ASSETS, CORRELATION, FORWARDS, SURFACE, UNDERLYINGS
from risk_core.errors import MarginscopeError
from risk_core.rulebooks import load

PERIODS = 3 * 365
"""Funding payments a year."""


def show() -> None:
    """All of it."""
    left, right = st.columns(2)
    with left:
        _clock()
    with right:
        _rules()
    _headed(UNDERLYINGS.title, "One row for each coin. Price is required; the rest is needed by what uses it.")
    grid_view.draw("underlyings")
    _funding()
    _one_underlying()
    left, right = st.columns(2)
    with left:
        _headed(ASSETS.title, "Dollar prices of collateral that is not an underlying, such as USDT.")
        grid_view.draw("assets")
    with right:
        _headed(CORRELATION.title, "Between daily returns of two underlyings.")
        grid_view.draw("correlation")


def _funding() -> None:
    """Funding of each coin as a rate a year, of the last valid book; nothing where none is stated."""
    blocks = desk.desk().held.document["market"]["underlyings"]
    rates = [f"{words.escape(name)} **{words.percent(block['funding_8h'] * PERIODS, plus=True, places=2)}**"
             for name, block in blocks.items() if "funding_8h" in block]
    if rates:
        st.markdown(f"Funding, % a year: {', '.join(rates)}",
                    help=f"Funding per 8 h × 3 × 365, simple, no compounding. {glossary.pointer('Funding')}")


def _headed(title: str, meaning: str) -> None:
    st.subheader(title, help=meaning, anchor=False)


def _clock() -> None:
    column, held = ACCOUNT.columns[0], desk.desk()
    key = f"as_of {held.turn if not held.troubles else ''} {held.held.digest[:16]}"
    typed = tables.shown(column, held.sheets["account"][0].get("as_of")) or ""
    meaning = glossary.told(column.label, words.escape(column.help))
    st.text_input(column.label, value=typed, key=key, help=meaning, on_change=_set_clock, args=(key,))
    standing.troubles("account")


def _set_clock(key: str) -> None:
    column = ACCOUNT.columns[0]
    moment = tables.read(column, st.session_state[key])
    desk.type_in({"account": ({} if moment is None else {"as_of": moment},)})


def _rules() -> None:
    """The rulebook; rules with overrides are kept until another rulebook is chosen."""
    rules = desk.desk().held.document.get("rules", load.DEFAULT)
    names = list(load.names())
    own = rules if isinstance(rules, str) else f"{rules['base']} with changes"
    options = names if own in names else [own, *names]
    key = f"rules {own}"
    st.selectbox("Rules", options, index=options.index(own), key=key, on_change=_set_rules, args=(key,),
                 format_func=lambda one: load.load(one).title if one in names else one,
                 help="The rulebook this account is computed with: in the style of a venue, never its own figures.")


def _set_rules(key: str) -> None:
    try:
        load.load(st.session_state[key])
        desk.rewrite({"rules": st.session_state[key]})
    except MarginscopeError as refused:
        saving.say(str(refused), failed=True)


def _one_underlying() -> None:
    """Forwards and volatility points of the underlying chosen."""
    rows = [row for row in desk.desk().sheets["underlyings"] if row.get("name")]
    if not rows:
        st.info("No underlying yet: type a ticker and its price into the grid above.")
        return
    names = {str(row.get(tables.WAS, row["name"])): str(row["name"]) for row in rows}
    chosen = st.segmented_control("Forwards and volatility surface of", list(names), default=next(iter(names)),
                                  required=True, key=f"market.one {'/'.join(names)}",
                                  format_func=lambda one: words.escape(names[one]),
                                  help="Choose whose term structure to edit.")
    left, right = st.columns(2)
    with left:
        _headed(FORWARDS.title, "Where an expiry has no forward: index × e^(rate × T).")
        grid_view.draw(f"forwards {chosen}")
    with right:
        _headed(SURFACE.title, "Between strikes variance is linear, between expiries total variance is; flat beyond.")
        grid_view.draw(f"surface {chosen}")
