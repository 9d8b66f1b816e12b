"""What made a margin change: parameter by parameter and the book, from another rulebook or from before the what-if."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from pages.ui import cached, csv_files, downloads, linked, markup, rulebook_words, sizes, words
from pages.ui.cached import ENTRIES, HOUR
from pages.ui.methods_data import Row, Seen
from pages.ui.telling import sentence
from risk_core.errors import ABSENT, MarginscopeError
from risk_core.margin.models import MODES
from risk_core.margin.parameter_diff import BOOK, Change, ParameterDiff, diff
from risk_core.portfolio.whatif import WhatIf
from risk_core.rulebooks.choices import Difference
from risk_core.rulebooks.rules import Rulebook

FROM = "methods.from"
SHIPPED = "as shipped"
HEADS = (
    ("Initial in order", "USD. Change of initial margin when the causes come one after the other, from top to bottom."),
    ("Maintenance in order", "USD. Change of maintenance margin in the same order."),
    ("Initial in any order", ("USD. The cause's mean change over all orders (Shapley), so the order is no matter; with "
                              "more than six parameters the mean of the order and its reverse.")),
    ("Maintenance in any order", "USD. The same of maintenance margin."),
)
HELP = ("The rulebook to come from, with the account before any what-if. “As shipped”: this rulebook without the "
        "values changed in the account.")


@st.cache_resource(max_entries=2 * ENTRIES, ttl=HOUR, show_spinner=False)
def _diff(texts: tuple[str, str], _old: cached.Asked, _new: cached.Asked) -> ParameterDiff | str:  # noqa: ARG001
    try:
        return diff((cached.moved(_old), _old.rules), (cached.moved(_new), _new.rules), MODES["portfolio"])
    except MarginscopeError as refused:
        return sentence(refused)


def section(seen: Seen, row: Row) -> None:
    """The choice of what to come from, and the causes."""
    head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom")
    head.markdown("**What changed this margin**")
    offered = [SHIPPED, *seen.choices[1:]]
    came = linked.pick(st.container(), "Coming from", offered, SHIPPED, FROM, seen.label, help=HELP)
    old = seen.under(row.asked.rulebook.name if came == SHIPPED else came, WhatIf())
    if old.text == row.question.text:
        st.caption("Nothing differs. Choose another rulebook, move a what\\-if control, or change a parameter on the "
                   "Rulebooks page: each cause then stands here with the dollars it adds.")
        return
    old.within(sizes.OPENED), row.question.within(sizes.OPENED)
    with st.spinner("Looking at every order of the causes"):
        found = _diff((old.text, row.question.text), old, row.question)
    if isinstance(found, str):
        st.info(found)
        return
    with head:
        downloads.of_chart("Causes as CSV", lambda: csv(found), seen.draft, "causes")
    st.html(_table(found, old.rules, row.asked.rulebook))
    st.caption(_said(found))


def _said(found: ParameterDiff) -> str:
    (initial, maintenance), (initial_now, maintenance_now) = found.before, found.after
    text = (f"Initial margin {words.money(initial, 'up')} → {words.money(initial_now, 'up')} USD, maintenance margin "
            f"{words.money(maintenance, 'up')} → {words.money(maintenance_now, 'up')} USD.")
    order = "" if found.is_shapley else " So many causes: any order is the mean of the order shown and its reverse."
    joined = f" One cause stands for several parameters: {found.joined}." if found.joined else ""
    return words.escape(text + order + joined)


def _table(found: ParameterDiff, old: Rulebook, new: Rulebook) -> str:
    top = "".join(f'<th scope="col">{markup.helped(*head)}</th>' for head in HEADS)
    body = "".join(
        f'<tr><th scope="row">{_cause(one, old, new)}</th>'
        + "".join(f"<td>{words.money(amount, plus=True)}</td>" for amount in _amounts(one)) + "</tr>"
        for one in found.changes)
    whole = [after - before for before, after in zip(found.before, found.after, strict=True)]
    sums = "".join(f"<td>{words.money(amount, plus=True)}</td>" for amount in (*whole, *whole))
    return markup.html(markup.table(
        "What changed this margin", f'<thead><tr><th scope="col">Cause</th>{top}</tr></thead><tbody>{body}</tbody>'
        f'<tfoot><tr><th scope="row">Change</th>{sums}</tr></tfoot>', "legs shares"))


def _amounts(one: Change) -> tuple[float, float, float, float]:
    return one.ordered_initial, one.ordered_maintenance, one.shared_initial, one.shared_maintenance


def _cause(one: Change, old: Rulebook, new: Rulebook) -> str:
    if one.keys == (BOOK,):
        return 'The book<span class="sub">the what-if moves it</span>'
    if len(one.differences) > 1:
        names = ", ".join(rulebook_words.name(each.key) for each in one.differences[:6])
        more = len(one.differences) - 6
        said = names + (f" and {more} more" if more > 0 else "")
        return f'{len(one.differences)} parameters<span class="sub wide">{escape(said)}</span>'
    each = one.differences[0]
    stated = (new if each.key in new.parameters else old).parameters[each.key]
    return (f'{escape(rulebook_words.name(each.key))}<span class="sub wide">'
            f"{escape(_values(each, stated.unit))}</span>")


def _values(each: Difference, unit: str) -> str:
    """Before → after where both are plain values."""
    sides = [_plain(each.left, unit), _plain(each.right, unit)]
    return " → ".join(side or "" for side in sides) if all(sides) else "a table, see Rulebooks → Side by side"


def _plain(value: Any, unit: str) -> str | None:
    if isinstance(value, Mapping | list | tuple):
        return None
    if value is ABSENT or isinstance(value, bool):
        return words.MISSING if value is ABSENT else str(value).lower()
    return rulebook_words.text(value, unit)


def csv(found: ParameterDiff) -> bytes:
    """One row for each cause, dollars."""
    head = ("cause", "initial_in_order_usd", "maintenance_in_order_usd", "initial_any_order_usd",
            "maintenance_any_order_usd")
    return csv_files.write(head, ([" ".join(one.keys), *_amounts(one)] for one in found.changes))
