"""The what-if controls: which there are for an account, what they say now, and all of them back to now.

The frame draws them once, for every page; a page reads them with `present` (or the whole view with `view.present`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from pages.ui import control_row, following, glossary, linked, own_rules, steps, words
from pages.ui.control_row import DAY, PERCENT, TIMES, Control, shown, value
from pages.ui.state import TOGETHER, Controls
from risk_core.portfolio.account_file import Account

ALL = "All prices"
ALONG = "along"
PRICE = "price"
VOLATILITY = "volatility"
DAYS = "days"
SIZE = "size"
LEVERAGE = "leverage"
RULES = "rulebook"
OWN = "as in the account"
"""The choice of the account's own rulebook."""
_NOW: Mapping[str, float | str] = {PRICE: 0.0, VOLATILITY: 0.0, DAYS: 0.0, SIZE: 1.0, LEVERAGE: 1.0, RULES: OWN}
"""What each control says when nothing is hypothetical; the price of one underlying says 0."""

_HELP_PRICE = (
    "Moves index, perpetuals, futures and forwards by the same percentage. Fine steps near zero, out to −90 % and "
    "+300 %; arrow keys move one step."
)
_HELP_VOLATILITY = (
    "Relative: +20 % turns an implied volatility of 50 into 60 points. It stays with the strike when the price moves."
)
_HELP_DAYS = (
    "Moves the clock: options decay, perpetuals pay funding at the present rate, legs that expire on the way are "
    "settled into collateral at the moved price."
)
_HELP_SIZE = (
    "Every leg as if opened that many times as large: quantities and pledges are multiplied, the premium of further "
    "options is paid at their entry price. Balances stay."
)
_HELP_RULES = (
    "This book under a shipped rulebook or one of yours. The account keeps its own; Portfolio → Market changes that."
)
_HELP_LEVERAGE = (
    "Multiplies the leverage of futures and perpetuals; isolated pledges shrink by as much. Options have none."
)


def held_underlyings(account: Account) -> tuple[str, ...]:
    """Underlyings of an enabled leg or a coin balance: the prices that matter to this account."""
    named = {account.instruments.keys[i].underlying for i in account.book.instrument}
    coins = zip(account.collateral.assets, account.collateral.underlying, strict=True)
    named |= {asset for asset, u in coins if u >= 0}
    return tuple(name for name in account.underlyings if name in named)


def price_key(name: str) -> str:
    """Key and link parameter of one underlying's slider; of the common move for TOGETHER."""
    return f"{PRICE}.{name}" if name else PRICE


def present(account: Account) -> Controls:
    """What the controls of the frame say now, for this account. Nothing is drawn."""
    names = held_underlyings(account)
    together = value(PRICE) if len(names) > 1 else 0.0
    moves = tuple((name, value(price_key(name))) for name in names)
    rules = str(st.session_state.get(RULES, OWN))
    return Controls(together, moves, value(VOLATILITY), value(DAYS), value(SIZE, 1.0), value(LEVERAGE, 1.0),
                    rules if own_rules.is_offered(rules) else "")


def draw(account: Account) -> None:
    """The sliders, one below the other, and the rulebook. Only the frame draws them."""
    for control in _controls(account):
        control_row.draw(control)
    following.adopt(RULES)
    labels = {one: own_rules.label(one) for one in (OWN, *own_rules.offer())}
    _tell_missing([*labels.values()])
    linked.keep(RULES, [*labels], OWN)
    st.selectbox("Rulebook", [*labels], key=RULES, bind="query-params", on_change=following.follow,
                 format_func=lambda one: labels.get(one, one), help=f"{_HELP_RULES} {glossary.pointer('Rulebook')}")


def _tell_missing(labels: list[str]) -> None:
    """A rulebook of the link that is not here is told: the figures are not those that were sent."""
    asked = "" if RULES in st.session_state else st.query_params.get(RULES, "")
    if asked and asked not in labels:
        st.toast(f"The rulebook “{words.escape(asked[:80])}” of this link is not here: the account keeps its own.",
                 icon=":material/gavel:")


def is_control(key: str) -> bool:
    """Whether a key of the session or a parameter of the link is that of a what-if control."""
    return key in _NOW or key.startswith(f"{PRICE}.")


def reset() -> None:
    """Every control back to now; call it from a callback."""
    for key in map(str, list(st.session_state)):
        if is_control(key):
            following.put(key, _NOW.get(key, 0.0))


def stops(key: str) -> steps.Steps:
    """The stops of a price, volatility or days control."""
    return {VOLATILITY: steps.VOLATILITIES, DAYS: steps.DAYS}.get(key, steps.PRICES)


def having(now: Controls, values: Mapping[str, float]) -> Controls:
    """The controls with other values, by key, of prices, volatility and days."""
    prices = tuple((name, values.get(price_key(name), percent)) for name, percent in now.prices)
    return replace(now, together=values.get(PRICE, now.together), prices=prices,
                   volatility=values.get(VOLATILITY, now.volatility), days=values.get(DAYS, now.days))


def told(account: Account) -> dict[str, str]:
    """The controls that are not at now, as the link spells them."""
    rules = present(account).rules
    moved = {one.key: shown(at, one.unit) for one in _controls(account) if (at := value(one.key, one.now)) != one.now}
    return {**moved, RULES: own_rules.label(rules)} if rules else moved


def along_control(names: tuple[str, ...]) -> None:
    """Which price the picture walks along: one underlying's, or all together. `along` reads it."""
    if len(names) > 1:
        linked.choice("Price on the axis", [ALL, *names], ALL, ALONG, format_func=words.escape,
                      on_change=following.follow,
                      help="The price that moves along the picture; with all prices each moves by the same "
                           f"percentage. {glossary.pointer('Common move')}")


def along(names: tuple[str, ...]) -> str:
    """What `along_control` says: the name of an underlying, or TOGETHER."""
    if len(names) < 2:
        return names[0] if names else TOGETHER
    chosen = st.session_state.get(ALONG)
    return str(chosen) if chosen in names else TOGETHER


def _controls(account: Account) -> list[Control]:
    names = held_underlyings(account)
    common = [Control(PRICE, ALL, steps.PRICES, PERCENT, _HELP_PRICE, "Price move")] if len(names) > 1 else []
    extra = " On top of the move of all prices." if common else ""
    single = [Control(price_key(name), words.escape(f"{name} price"), steps.PRICES, PERCENT, _HELP_PRICE + extra,
                      "Price move") for name in names]
    options = account.instruments.is_option
    none = "" if options.any() else " There are no options in this account."
    only = " There are only options in this account." if options.all() else ""
    return [*common, *single,
            Control(VOLATILITY, "Implied volatility", steps.VOLATILITIES, PERCENT, _HELP_VOLATILITY + none,
                    "Volatility move", disabled=bool(none)),
            Control(DAYS, "Days forward", steps.DAYS, DAY, _HELP_DAYS, "Days forward"),
            Control(SIZE, "Size of every leg", steps.SIZES, TIMES, _HELP_SIZE, "Scale of sizes", nudge=0.1, now=1.0),
            Control(LEVERAGE, "Leverage", steps.LEVERAGES, TIMES, _HELP_LEVERAGE + only, "Leverage", nudge=0.1,
                    disabled=bool(only), now=1.0)]
