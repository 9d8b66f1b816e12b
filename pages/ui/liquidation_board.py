"""The liquidation page: table, map and ladder of the draft after the what-if."""

from __future__ import annotations

from html import escape

import streamlit as st

from pages.ui import (
    assumption_table,
    cached,
    closing_steps,
    downloads,
    formula_opener,
    frontier_section,
    glossary,
    heading,
    ladder_section,
    linked,
    liquidation_table,
    markup,
    position_table,
    state,
    style,
    view,
    words,
)
from pages.ui.following import follows
from pages.ui.telling import told
from risk_core.liquidation.sampled import FAR, NEAR
from risk_core.margin.models import MODES
from risk_core.margin.pools import POOL_ID, is_pool, named


def board() -> None:
    """Everything below the account, or why there is nothing to show."""
    with told(), st.container(key="liquidation"):
        st.html(style.further("liquidation.css"))
        held = state.draft()
        if heading.nothing_held(held):
            return
        _table()
        assumption_table.section()
        formula_opener.hint()
        closing_steps.section()
        formula_opener.opener()
        frontier_section.section()
        ladder_section.section()


POOLS, LEGS = "Pool and price", "Leg"
"""What the table has a row for."""
SAMPLED = (f"Portfolio levels of this rulebook are found by sampling, every {words.percent(NEAR)} of the price from a "
           f"fifth to five times it and every {words.percent(FAR)} beyond: a range narrower than that can be missed.")
"""Said where a method charges the pool that has no form to be searched completely."""


@follows
def _table() -> None:
    with told():
        _draw_table(view.present())


def _draw_table(seen: view.View) -> None:
    after = cached.triggered(seen.question, seen.modes)
    was = seen.pin.question if seen.pin else cached.asked(seen.account, state.Controls().what_if)
    before = cached.triggered(was, seen.modes)
    found = liquidation_table.rows(seen, after, before)
    labels = leg_labels(seen)
    badge = markup.badge("What-if", "whatif") + " " if seen.moved else ""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        said = f'<p class="ms-headline short">{badge}{escape(first(found))}</p>'
        st.html(markup.html(said), width="content")
        legs = position_table.positions(seen, found) if _by_leg() else None
        downloads.of_chart("Table as CSV", lambda: liquidation_table.csv(found, labels) if legs is None else
                           position_table.csv(seen, legs), seen.draft, "liquidation-levels")
    st.html(liquidation_table.table(found, labels) if legs is None else position_table.table(seen, legs))
    st.caption("The first row is the fewest daily σ away. In Cross and Portfolio the positions share the level of "
               "their pool. One price moves, the others and all volatilities stay: volatility stays with its strike, "
               "perpetuals, futures and forwards move in proportion, collateral in the coin is revalued. Pledges stay "
               "what they are now. A jump through a level is not a fill at it: the bankruptcy price says where nothing "
               "is left.")
    if "portfolio" in seen.modes and not seen.question.rules.rules.scans:
        st.caption(SAMPLED)


def _by_leg() -> bool:
    chosen = linked.choice("A row for each", (POOLS, LEGS), POOLS, "levels", width="content",
                           label_visibility="collapsed",
                           help="A row for each pool and price, or for each leg with a column for each mode. "
                                f"{glossary.pointer('Liquidation level')}")
    return chosen == LEGS


def first(found: list[liquidation_table.Row]) -> str:
    """What gives way first, in a sentence."""
    worst = found[0]
    one, title = worst.trigger, MODES[worst.trigger.mode].title
    what = f"“{one.who}”" if not is_pool(one.who) else f"the {named(one.who)}" if one.who != POOL_ID else \
        "the whole account" if one.legs else "the free collateral"
    if one.liquidation.now:
        return f"Liquidated now: {what} in {title} mode."
    if worst.gap is None:
        return "No move of a single price liquidates anything in any mode."
    sigmas = "" if worst.gap.sigmas is None else f", {abs(worst.gap.sigmas):.1f} daily sigmas"
    return (f"{title} gives way first: {what} at {one.underlying} {words.price(one.liquidation.nearest or 0.0)} "
            f"({words.move(worst.gap.relative)}{sigmas}).")


def leg_labels(seen: view.View) -> dict[str, str]:
    """Instrument of each enabled leg by id."""
    account = seen.account
    return {name: account.instruments.labels[at]
            for name, at in zip(account.book.ids, account.book.instrument, strict=True)}
