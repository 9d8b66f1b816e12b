"""Ways to add legs without the grid: one position by a form, a well-known book by a template, a copy of a leg."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.ui import desk, expiries, legs, placing, saving, state, words
from pages.ui.grids import POSITIONS
from pages.ui.placing import Order, Placed
from pages.ui.templates import TEMPLATES, Lacking, Template, significant
from risk_core.errors import Refused
from risk_core.portfolio.account_file import Account

PRESENT, NEW = "This account", "A new account"
UNITS, DOLLARS = "units", "USD"
BOUGHT, OWNED = "bought now", "already owned"


def from_template() -> None:
    """The popover that builds a well-known book at the present market."""
    with st.popover("From a template", icon=":material/library_add:", key="template.menu", on_change="rerun",
                    help="Well-known books, built at the present market.") as menu:
        if menu.open:
            _template_form(desk.desk().held.document)


def _template_form(document: Mapping[str, Any]) -> None:
    names = list(document["market"]["underlyings"])
    if not names:
        st.info("A template needs a market: add an underlying and its price on the Market tab first.")
        return
    template = TEMPLATES[st.selectbox("Template", list(TEMPLATES), format_func=lambda one: TEMPLATES[one].title,
                                      key="template.name", help="The book to build.")]
    st.caption(words.escape(template.meaning))
    _where(template, document, names)
    _size(document)
    if template.coins:
        st.segmented_control("The coins are", [BOUGHT, OWNED], default=BOUGHT, required=True, key="template.coins",
                             help="Bought now: their price is taken from the cash of the account at the index price.")
    if "options" in template.needs:
        st.checkbox("Book premiums in cash", value=True, key="template.premiums",
                    help="Collateral is cash after premiums: sold options add theirs, bought ones cost theirs.")
    st.segmented_control("Into", [PRESENT, NEW], default=PRESENT, required=True, key="template.into",
                         help="Add to the legs of this account, or start one at the same market and rules.")
    if st.session_state.get("template.into") == NEW:
        st.number_input("Cash, USD", min_value=0.0, value=50_000.0, step=1_000.0, key="template.cash",
                        help="Collateral of the new account in dollars.")
    _offer()


def _where(template: Template, document: Mapping[str, Any], names: list[str]) -> None:
    only_alts = "btc" in template.needs
    offered = [name for name in names if name != "BTC"] if only_alts else names
    left, right = st.columns(2)
    underlying = left.selectbox("Underlying", offered, key="template.underlying", help="The coin the book is built on.")
    if "other" in template.needs:
        others = ["BTC"] if only_alts and "BTC" in names else [name for name in names if name != underlying]
        right.selectbox("Against", others, key="template.other", help="The coin of the short side.")
    if "expiry" in template.needs and underlying:
        choices = expiries.choices(document, underlying)
        right.selectbox("Expiry, UTC", choices, index=choices.index(expiries.usual(document, underlying)),
                        key=f"template.expiry {underlying}", format_func=expiries.shown,
                        help="Expiries of the market block, else 30 and 60 days ahead at 08:00 UTC.")


def _size(document: Mapping[str, Any]) -> None:
    underlying = st.session_state.get("template.underlying")
    if not underlying:
        return
    left, right = st.columns(2)
    measure = right.segmented_control("Measured in", [UNITS, DOLLARS], default=UNITS, required=True, key="template.in",
                                      format_func=lambda one: words.escape(underlying) if one == UNITS else one,
                                      help="Units of the coin, or dollars at the index price.")
    price = document["market"]["underlyings"][underlying]["price"]
    usual = 100_000.0 if measure == DOLLARS else significant(100_000.0 / price, 1)
    left.number_input("Size", min_value=0.0, value=float(usual), key=f"template.size {underlying} {measure}",
                      format="%.6g", help="Size of one side of the book.")


def _offer() -> None:
    """What would be built, and the button that does it; or what is missing."""
    try:
        placed = _placed(state.account(desk.desk().held))
    except Lacking as lacking:
        st.warning(words.escape(str(lacking)), icon=":material/info:")
        return
    except Refused as refused:
        st.warning(words.escape(said(refused)), icon=":material/block:")
        return
    st.caption("  \n".join(words.escape(line) for line in told(placed)))
    st.button("Add to this account" if st.session_state.get("template.into") == PRESENT else "Start the account",
              key="template.go", type="primary", on_click=_build)


def said(refused: Refused) -> str:
    """What is wrong with a new leg, in words, without its place in the file."""
    problem, key = refused.problems[0], at_fault(refused)
    column = POSITIONS.column(key)
    return f"{column.label.partition(',')[0] if column else key} {problem.rule}."


def at_fault(refused: Refused) -> str:
    """The field that is wrong, by its key in the file."""
    return refused.problems[0].path.rpartition(".")[2]


def told(placed: Placed) -> list[str]:
    """One line for each leg and booking."""
    lines = [f"{'Buys' if leg['quantity'] > 0 else 'Sells'} {abs(leg['quantity']):,.12g} {leg['id']} "
             f"at {leg['entry_price']:,.12g}" for leg in placed.legs]
    booked = [f"Books {_amount(asset, amount)} {asset} in collateral" for asset, amount in placed.balances.items()]
    return lines + booked


def _amount(asset: str, amount: float) -> str:
    return words.money(amount, plus=True) if asset in placing.DOLLARS else f"{amount:+,.8g}".replace("-", words.MINUS)


def _placed(account: Account) -> Placed:
    held = st.session_state
    underlying = held.get("template.underlying") or ""
    measure = held.get("template.in") or UNITS
    order = Order(TEMPLATES[held["template.name"]], underlying, held.get(f"template.expiry {underlying}") or "",
                  float(held.get(f"template.size {underlying} {measure}") or 0.0), measure == DOLLARS,
                  held.get("template.other") or "", bool(held.get("template.premiums", True)),
                  held.get("template.coins") != OWNED, "USD" if held.get("template.into") == NEW else "")
    return placing.place(order, account)


def _build() -> None:
    """Callback of the template form."""
    draft = desk.absorb().held
    try:
        placed = _placed(state.account(draft))
        title = TEMPLATES[st.session_state["template.name"]].title
        if st.session_state.get("template.into") == NEW:
            cash = float(st.session_state.get("template.cash") or 0.0)
            state.new_document(placing.into(placed, placing.empty(draft.document, title, cash)))
        else:
            append(placed)
    except (Lacking, Refused) as refused:
        saving.say(str(refused), failed=True)
        return
    st.session_state["template.menu"] = False
    saving.say(f"{title}: {len(placed.legs)} leg{'' if len(placed.legs) == 1 else 's'} added.")


def append(placed: Placed) -> None:
    """Behind what is typed, so that rows that are not in force yet stay."""
    sheets = desk.desk().sheets
    taken = {row.get("id") for row in sheets["positions"]}
    rows = [{**leg, "id": legs.unused(leg["id"], taken)} for leg in placed.legs]
    changed = {"positions": (*sheets["positions"], *rows)}
    if placed.balances:
        changed["collateral"] = tuple(placing.booked(sheets["collateral"], placed.balances))
    desk.type_in(changed)


def copies() -> None:
    """The menu that repeats a leg."""
    rows = desk.desk().sheets["positions"]
    if rows:
        st.menu_button("Duplicate", list(range(len(rows))), icon=":material/content_copy:", key="duplicate",
                       format_func=lambda i: words.escape(_row_name(rows[i], i)), on_click=_duplicate,
                       help="Repeat a leg under a new name, right below it.")


def _row_name(row: Mapping[str, Any], at: int) -> str:
    return str(row.get("id") or f"row {at + 1}")


def _duplicate() -> None:
    """Callback of the menu: the copy stands below its leg."""
    at, rows = st.session_state["duplicate"], desk.absorb().sheets["positions"]
    if at is not None and at < len(rows):
        taken = {row.get("id") for row in rows}
        row = dict(rows[at])
        copy = {**row, "id": legs.unused(str(row["id"]), taken)} if row.get("id") else row
        desk.type_in({"positions": (*rows[:at + 1], copy, *rows[at + 1:])})
