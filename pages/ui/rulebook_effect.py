"""What one rulebook does to the account against another: every mode's figures before → after, and what drives them."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import streamlit as st

from pages.ui import cached, comparison_table, controls, markup, state, words
from pages.ui.baseline import Pin
from pages.ui.following import follows
from pages.ui.telling import told
from pages.ui.view import View
from risk_core.margin.compare import Comparison, ModeResult

LEAST = 0.005


def compared(before: Any, after: Any) -> View:
    """The draft at the present controls, under the rules `before` and `after`. Raises Refused, Unsettled."""
    held = state.draft()
    account = state.account(held)
    chosen = controls.present(account)
    old, new = (cached.asked_under(account, rules, chosen.what_if) for rules in (before, after))
    return View(held, account, chosen, new, old, Pin(old, "", ""))


@follows
def show(before: Any, after: Any, said: str) -> None:
    """What the figures are, their table, and under it a sentence for each mode. Follows the what-if controls."""
    with told():
        seen = compared(before, after)
        badge = markup.badge("What-if", "whatif") if seen.moved else ""
        st.html(markup.html(f'<p class="rb-said muted">{escape(said)} {badge}</p>{comparison_table.table(seen)}'))
        if seen.has_before:
            items = "".join(f"<li>{markup.mode(name)} {escape(_driver(seen, name))}</li>" for name in seen.modes)
            st.html(markup.html(f'<ul class="rb-drivers">{items}</ul>'))


def _driver(seen: View, name: str) -> str:
    """What moved in one mode and which part of it moved most."""
    before, after = (one.modes[name] for one in (seen.before, seen.after))
    said = [text for text in (_equity(seen.before, seen.after, name), _margin(before, after), _initial(before, after))
            if text]
    if not said:
        return "No figure changes." if _same_levels(before, after) else "Only liquidation levels change."
    return " ".join(said)


def _equity(before: Comparison, after: Comparison, name: str) -> str:
    change = after.modes[name].head.equity - before.modes[name].head.equity
    return f"Equity {words.money(change, plus=True)}: other haircuts on collateral." if abs(change) >= LEAST else ""


def _margin(before: ModeResult, after: ModeResult) -> str:
    change = after.head.maintenance_margin - before.head.maintenance_margin
    if abs(change) < LEAST:
        return ""
    moves = _moves(before, after)
    part = max(moves, key=lambda one: abs(moves[one]))
    told = f"Maintenance margin {words.money(change, plus=True)}, most of it from {part} ({_plus(moves[part])})."
    return told if before.worst == after.worst else f"{told} Now: {after.worst}"


def _moves(before: ModeResult, after: ModeResult) -> dict[str, float]:
    """By how much each part of the maintenance margin moved; parts are known by what comes before their scenario."""
    amounts: dict[str, float] = {}
    for sign, mode in ((-1.0, before), (1.0, after)):
        for part in mode.components:
            label = part.name.partition(":")[0]
            amounts[label] = amounts.get(label, 0.0) + sign * part.amount
    return amounts or {"nothing held": 0.0}


def _initial(before: ModeResult, after: ModeResult) -> str:
    """Initial margin where it moves without maintenance margin."""
    same = abs(after.head.maintenance_margin - before.head.maintenance_margin) < LEAST
    change = after.head.initial_margin - before.head.initial_margin
    return f"Initial margin {_plus(change)}; maintenance margin stays." if same and abs(change) >= LEAST else ""


def _plus(amount: float) -> str:
    return words.money(amount, plus=True)


def _same_levels(before: ModeResult, after: ModeResult) -> bool:
    return all(_near(before.liquidation[name].nearest, one.nearest) for name, one in after.liquidation.items())


def _near(one: float | None, other: float | None) -> bool:
    return one is other or (one is not None and other is not None and math.isclose(one, other, rel_tol=1e-9))
