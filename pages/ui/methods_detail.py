"""One rulebook of the methods page opened: its waterfall, its scenarios, and what each leg has to do with them."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from pages.ui import (
    cents,
    downloads,
    glossary,
    linked,
    markup,
    methods_changes,
    methods_data,
    methods_efficiency,
    methods_figures,
    methods_scenarios,
    methods_shares,
    words,
)
from pages.ui.chart import chart
from pages.ui.following import follows
from pages.ui.methods_data import Row, Seen
from pages.ui.telling import told
from risk_core.margin.leg_steps import LegStep
from risk_core.margin.rulebook_table import Asked

ONE, STEP = "methods.one", "methods.step"
PART, STEPS = "methods.part", "Steps and scenarios"


@follows
def detail() -> None:
    """The rulebook chosen and everything about its figure."""
    with told():
        seen = methods_data.present()
        st.subheader("One rulebook in detail", anchor=False)
        name = linked.pick(st.container(), "Rulebook to open", seen.choices, seen.choices[0], ONE, seen.label,
                           help=f"Its figure for this account, taken apart. {glossary.pointer('Rulebook')}")
        question = seen.question(name)
        with st.spinner("Opening the figure"):
            asked = methods_data.asked(question)
        if not isinstance(asked, Asked):
            st.info(words.escape(f"{asked.rulebook.title} has no figure for this account: {asked.reason}"))
            return
        _draw(seen, Row(question, asked, in_force=False))


def _draw(seen: Seen, row: Row) -> None:
    one = row.asked
    badge = markup.badge("What-if", "whatif") + " " if seen.moved else ""
    st.html(markup.html(f"<p>{badge}<b>{escape(one.rulebook.title)}</b>. {escape(one.why.worst)}</p>"))
    if not any(step.amount for step in one.why.steps):
        st.info("Nothing is held that needs margin under this rulebook.")
        return
    part = linked.choice("Part of the figure", list(PARTS), STEPS, PART, label_visibility="collapsed")
    PARTS[part](seen, row)
    _limits(one)


def _figure(seen: Seen, row: Row) -> None:
    with st.spinner("Opening the figure"):
        steps, errors = methods_data.opened(row)
    _waterfall(seen, row.asked, steps)
    methods_scenarios.section(seen, row.asked, errors)


def _legs(seen: Seen, row: Row) -> None:
    one, more = row.asked, methods_data.more(row)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.markdown("**Maintenance margin by leg, four ways**")
        downloads.of_chart("Shares as CSV", lambda: methods_shares.attribution_csv(one, more), seen.draft,
                           f"shares-{one.rulebook.name}")
    st.html(methods_shares.attribution(one, more))
    st.caption(methods_shares.reading(one))


def _waterfall(seen: Seen, one: Asked, steps: tuple[LegStep, ...]) -> None:
    shown = cents.stairs([step.step for step in steps])
    names = [f"{at + 1}. {step.step.name}" for at, step in enumerate(steps)]
    left, right = st.columns([3, 2], gap="large")
    chosen = linked.pick(right, "Step opened to its legs", names, names[0], STEP,
                         help=f"Click a bar of the waterfall, or choose here. {glossary.pointer('Offset')}")
    at = names.index(chosen)
    with right:
        st.html(methods_shares.opened(one, steps[at], shown[at]))
    with left, st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.markdown("**From each leg alone to the initial margin**, USD")
        downloads.of_chart("Steps as CSV", lambda: methods_shares.steps_csv(one, steps), seen.draft,
                           f"steps-{one.rulebook.name}")

    def clicked(_: float, y: float) -> None:
        st.session_state[STEP] = names[min(max(round(y), 0), len(names) - 1)]

    said = ", ".join(f"{step.name} {words.money(step.amount)}" for step in shown)
    with left:
        chart(methods_figures.waterfall(shown, at), "methods-waterfall",
              f"Waterfall of the margin under {one.rulebook.title}, USD: {said}.", height=60 + 34 * len(shown),
              clicked=clicked)


def _limits(one: Asked) -> None:
    with st.expander(words.escape(f"What “{one.rulebook.title}” leaves out"), icon=":material/gavel:"):
        items = "".join(f"<li>{escape(limit)}</li>" for limit in one.rulebook.limits)
        st.html(markup.html(f"<ul>{items}</ul>" if items else "<p>Its file states no limits.</p>"))


PARTS: dict[str, Callable[[Seen, Row], None]] = {
    STEPS: _figure,
    "Legs": _legs,
    "Efficiency": methods_efficiency.section,
    "What changed": methods_changes.section,
}
"""What can be looked at of one figure; each is worked out when it is opened."""
