"""What a liquidation closes, step by step, in each mode: prices, sizes, fee and margin until it is out of danger."""

from __future__ import annotations

from html import escape

import streamlit as st

from pages.ui import cached, glossary, linked, markup, view, words
from pages.ui.following import follows
from pages.ui.telling import told
from risk_core.liquidation.closing import ClosedLeg
from risk_core.liquidation.partial import ClosingStep
from risk_core.liquidation.played import Played
from risk_core.margin.models import MODES
from risk_core.margin.pools import named

CHOICE = "steps"
MOST = 40
"""Steps of a mode that are shown."""
COLUMNS = (
    ("Step", "Isolated legs are closed before the pool."),
    ("Closed", "Size closed of each leg, signed, at its mark; the mark of an inverse option is in coin."),
    ("Fee", "USD. The liquidation fee of the rulebook, never more than what is left."),
    ("Equity after", "USD, of the pool or leg that is closed, after the step and its fee."),
    ("Maintenance margin after", "USD, rounded up. What the rest of the pool or leg needs after the step."),
    ("Maintenance used after", "Maintenance margin ÷ equity after the step; it stops below the rulebook's target."),
)
NOTE = ("At the mark, without slippage, while the price stands still; open orders are cancelled first. The sequence, "
        "its steps and its fee are the rulebook's: see Rulebooks, How a liquidation runs.")


@follows
def section() -> None:
    """A switch, and a table for each mode when it is on."""
    shown = linked.switch("What is closed, step by step", CHOICE,
                          help="The liquidation of each mode played out: at these prices where it has begun, else "
                               f"just past the nearest level. {glossary.pointer('Partial liquidation')}")
    if not shown:
        return
    with told():
        seen = view.present()
        for one in cached.played(seen.question, seen.modes):
            st.html(part(one))
        st.caption(NOTE)


def part(one: Played) -> str:
    """One mode: where it begins, the table, and how it ends."""
    head = f'<p class="steps-head">{markup.mode(one.mode)} <span>{escape(begins(one))}</span></p>'
    if not one.steps:
        return markup.html(head)
    about = f"What the liquidation in {MODES[one.mode].title} mode closes, step by step"
    heads = "".join(f'<th scope="col">{markup.helped(label, meaning)}</th>' for label, meaning in COLUMNS)
    rows = "".join(_row(number, step) for number, step in enumerate(one.steps[:MOST], start=1))
    body = f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
    inside = markup.table(about, body, "closing")
    return markup.html(f'{head}<div class="scroll" role="region" aria-label="{about}" tabindex="0">{inside}</div>'
                       f"<p>{escape(ends(one))}</p>")


def begins(one: Played) -> str:
    """Where the liquidation begins, in words."""
    if one.underlying is None or one.price is None or one.level is None:
        return "begins at these prices." if one.steps else "no move of a single price begins a liquidation."
    where = f"{one.underlying} at {words.price(one.price)}, just past its level {words.price(one.level)}"
    return f"begins with {where}." if one.steps else f"{where}: what is short there holds no position."


def ends(one: Played) -> str:
    """How many steps, what they cost, and what is left."""
    last, count = one.steps[-1].after, len(one.steps)
    fees, fund = sum(step.fee for step in one.steps), sum(step.insurance for step in one.steps)
    said = [f"{count} step{'s' if count > 1 else ''}, {words.money(fees, 'up')} USD in fees"]
    if count > MOST:
        said.append(f"the first {MOST} are shown")
    if fund:
        said.append(f"an insurance fund makes up {words.money(fund, 'up')} USD")
    said.append(f"{words.money(last.equity, 'down')} USD of equity left, "
                + ("nothing left to close" if not last.maintenance_margin else "out of danger"))
    return "; ".join(said) + "."


def _row(number: int, step: ClosingStep) -> str:
    who = named(step.who)
    fund = f'<span class="sub wide">fund {words.money(step.insurance, "up")}</span>' if step.insurance else ""
    cells = (
        "<br>".join(map(_closed, step.closed)), words.money(step.fee, "up") + fund,
        _change(step.before.equity, step.after.equity, "down"),
        _change(step.before.maintenance_margin, step.after.maintenance_margin, "up"),
        markup.chip(step.after.maintenance_used),
    )
    amounts = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row">{number}<span class="sub">{escape(who)}</span></th>{amounts}</tr>'


def _change(before: float, after: float, rounding: str) -> str:
    return f'<span class="old">{words.money(before, rounding)} →</span> {words.money(after, rounding)}'


def _closed(leg: ClosedLeg) -> str:
    size = words.size(leg.quantity)
    return f"{escape(leg.id)} {size} at {words.price(leg.mark)}"
