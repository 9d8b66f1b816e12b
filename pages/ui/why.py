"""Why a mode's figure is what it is: the waterfall, what sets it, its parts, and what each leg adds."""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from html import escape

import streamlit as st

from pages.ui import cents, chart_files, downloads, figures, greeks, linked, markup, table_rows, words
from pages.ui.chart import chart
from pages.ui.formula_link import Spot, opens
from pages.ui.view import View
from risk_core.margin.compare import ModeResult
from risk_core.margin.models import MODES

CHOICE = "why"

SHARES = (
    ("Alone", "USD. Maintenance margin this leg would need if it were the only one."),
    ("Adds", ("USD. Maintenance margin of the account less that without this leg (marginal). Negative: the leg lowers "
              "it. These do not add up, because legs offset each other.")),
    ("Part", ("USD. The leg's part of the account's maintenance margin (Euler); the parts, with what is not in "
              "proportion, add up to it.")),
)
REST = "Not in proportion"
REST_MEANS = ("What does not grow in proportion with the book, so no leg can be given a part of it: floors, fixed "
              "amounts, rates that rise with size, what is not a leg's (loans, open orders).")
EULER = ("How to read Part: a leg that gains where the account loses most counts below 0, and the others together then "
         "carry more than the total.")
LEGS = (
    ("Notional", "USD. Size at the mark; an option's is |quantity| × index price."),
    ("Unrealised", "USD. Unrealised profit and loss; empty for an option without entry price."),
    ("Liquidation, own coin alone", ("USD, index price nearest to the one shown at which the pool or isolated leg "
                                     "this leg belongs to is liquidated, other prices held still.")),
    ("Bankruptcy, own coin alone", "USD, index price at or beyond that level at which its equity is used up."),
)


def why(seen: View) -> None:
    """Choose a mode and see what its margin is made of."""
    st.subheader("Why these figures", anchor=False)
    usual = "portfolio" if "portfolio" in seen.modes else seen.modes[-1]
    name = linked.choice("Margin mode", list(seen.modes), usual, CHOICE, label_visibility="collapsed",
                         format_func=lambda one: MODES[one].title)
    mode = seen.after.modes[name]
    st.html(markup.html(f'<p>{markup.mode_helped(name)} <span class="muted">{escape(MODES[name].meaning)}</span></p>'
                        f"<p>{escape(mode.worst)}</p>"))
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.html(markup.html("<b>From each leg alone to the initial margin</b>, USD"))
        if any(step.amount for step in mode.steps):
            chart(figures.waterfall(cents.stairs(mode.steps), name), f"waterfall-{name}", _alt(mode),
                  height=max(330, 60 + 34 * len(mode.steps)))
            downloads.of_chart("Steps as CSV", lambda: chart_files.waterfall(mode), seen.draft, f"waterfall-{name}")
        else:
            st.html(markup.html("<p>Nothing to charge.</p>"))
        st.html(markup.html(_components(mode)))
    with right:
        st.html(markup.html(_shares(mode) + _legs(mode)))
    st.html(markup.html(greeks.table(seen.after.account)))


def _alt(mode: ModeResult) -> str:
    parts = ", ".join(f"{step.name} {words.money(step.amount)}" for step in mode.steps)
    return f"Waterfall of the margin in {mode.title} mode, USD: {parts}."


def _components(mode: ModeResult) -> str:
    whole = words.rounded(mode.head.maintenance_margin, "up")
    amounts = cents.shared([part.amount for part in mode.components], whole)
    rows = "".join(f'<tr><th scope="row">{escape(part.name)}</th><td>{words.money(amount, "up")}</td></tr>'
                   for part, amount in zip(mode.components, amounts, strict=True))
    total = words.money(whole, "up")
    body = ('<thead><tr><th scope="col">Made of</th><th scope="col">USD</th></tr></thead>'
            f'<tbody>{rows}</tbody><tfoot><tr><th scope="row">Maintenance margin</th><td>{total}</td></tr></tfoot>')
    return markup.table("Parts of the maintenance margin", body, "legs two")


def _heads(first: str, columns: tuple[tuple[str, str], ...]) -> str:
    cells = "".join(f'<th scope="col">{markup.helped(label, meaning)}</th>' for label, meaning in columns)
    return f'<thead><tr><th scope="col">{escape(first)}</th>{cells}</tr></thead>'


def _line(leg: str, label: str, cells: list[str]) -> str:
    named = f'{escape(leg)}<span class="sub">{escape(label)}</span>'
    return f'<tr><th scope="row">{named}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _shares(mode: ModeResult) -> str:
    labels = {leg.id: leg.label for leg in mode.positions}
    own_parts, eulers = ([getattr(one, what) for one in mode.shares] for what in ("standalone", "euler"))
    totals = [words.rounded(math.fsum(values), "up") for values in (own_parts, [*eulers, mode.unshared])]
    alone = cents.shared(own_parts, totals[0])
    *parts, rest = cents.shared([*eulers, mode.unshared], totals[1])
    apart = {one.id for one in mode.positions if one.maintenance_margin is not None}
    rows = table_rows.body((_line(one.id, labels.get(one.id, ""), [
        words.money(own, "up"), words.money(one.marginal),
        _part(mode, one.id, words.money(part, "up"), apart)])
        for one, own, part in zip(mode.shares, alone, parts, strict=True)), len(mode.shares), 1 + len(SHARES),
        table_rows.EXPORT)
    left = (f'<tr><th scope="row">{markup.helped(REST, REST_MEANS)}</th><td></td><td></td>'
            f"<td>{words.money(rest)}</td></tr>" if abs(rest) >= 0.005 else "")
    first, last = (f'<td>{words.money(total, "up")}</td>' for total in totals)
    total = f'{first}<td class="muted">these do not add up</td>{last}'
    body = (f'{_heads("Maintenance by leg, USD", SHARES)}<tbody>{rows}{left}</tbody>'
            f'<tfoot><tr><th scope="row">All legs</th>{total}</tr></tfoot>')
    return f'{markup.table("Maintenance margin by leg", body, "legs")}<p class="muted">{EULER}</p>'


def _legs(mode: ModeResult) -> str:
    rows = table_rows.body((_line(leg.id, "liquidated now" if leg.liquidated else _pledge(leg.pledged), [
        words.money(leg.notional),
        _opens(mode, leg.id, "unrealised_pnl",
               words.MISSING if leg.unrealised_pnl is None else words.money(leg.unrealised_pnl, plus=True)),
        _opens(mode, leg.id, "liquidation_price", "now" if leg.liquidated else _price(leg.liquidation_price)),
        _opens(mode, leg.id, "bankruptcy_price", words.MISSING if leg.liquidated else _price(leg.bankruptcy_price)),
    ]) for leg in mode.positions), len(mode.positions), 1 + len(LEGS), table_rows.EXPORT)
    body = f'{_heads("Legs, USD", LEGS)}<tbody>{rows}</tbody>'
    return markup.table("Size, profit and levels of each leg", body, "legs")


def _part(mode: ModeResult, leg: str, shown: str, apart: AbstractSet[str]) -> str:
    """Where legs are charged by themselves, `apart`, the part is the leg's margin, which has a formula."""
    return _opens(mode, leg, "maintenance_margin", shown) if leg in apart else shown


def _opens(mode: ModeResult, leg: str, figure: str, shown: str) -> str:
    return opens(f'<span class="new leg">{shown}</span>', Spot(mode.name, figure, leg))


def _pledge(pledged: float | None) -> str:
    return "in the pool" if pledged is None else f"pledged {words.money(pledged)}"


def _price(value: float | None) -> str:
    return words.NONE if value is None else words.price(value)
