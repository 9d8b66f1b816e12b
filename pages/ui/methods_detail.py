"""One rulebook of the methods page opened: its waterfall, its scenarios, and what each leg has to do with them."""

from __future__ import annotations

from html import escape

import streamlit as st

from pages.ui import cents, downloads, markup, methods_data, methods_figures, methods_scenarios, methods_shares, words
from pages.ui.chart import chart
from pages.ui.following import follows
from pages.ui.methods_data import Row, Seen
from pages.ui.telling import told
from risk_core.margin.leg_steps import LegStep
from risk_core.margin.rulebook_table import Asked

ONE, STEP = "methods.one", "methods.step"
EULER = ("Part (Euler): each leg's part of the margin in proportion to a small change of its size. A leg that gains "
         "where the account loses most counts below 0.")


@follows
def detail() -> None:
    """The rulebook chosen and everything about its figure."""
    with told():
        seen = methods_data.present()
        st.subheader("One rulebook in detail", anchor=False)
        options = methods_data.choices()
        names = {name: methods_data.titled(seen, name) for name in options}
        name = st.selectbox("Rulebook to open", options, key=ONE, bind="query-params",
                            format_func=lambda one: names.get(one, one))
        question = seen.question(str(name))
        with st.spinner("Opening the figure"):
            asked = methods_data.asked(question)
        if not isinstance(asked, Asked):
            st.info(words.escape(f"{asked.rulebook.title} has no figure for this account: {asked.reason}"))
            return
        _draw(seen, Row(question, asked, in_force=False))


def _draw(seen: Seen, row: Row) -> None:
    one = row.asked
    badge = markup.badge("What-if", "whatif") + " " if seen.moved else ""
    st.html(markup.html(f"<p>{badge}{escape(one.why.worst)}</p>"))
    steps, more, errors = methods_data.opened(row)
    if not steps or not any(step.step.amount for step in steps):
        st.info("Nothing is held that needs margin under this rulebook.")
        return
    _waterfall(seen, one, steps)
    methods_scenarios.section(seen, one, errors)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.markdown("**Maintenance margin by leg, four ways**")
        downloads.of_chart("Shares as CSV", lambda: methods_shares.attribution_csv(one, more), seen.draft,
                           f"shares-{one.rulebook.name}")
    st.html(methods_shares.attribution(one, more))
    st.caption(EULER)
    _limits(one)


def _waterfall(seen: Seen, one: Asked, steps: tuple[LegStep, ...]) -> None:
    shown = cents.stairs([step.step for step in steps])
    names = [f"{at + 1}. {step.step.name}" for at, step in enumerate(steps)]
    if st.session_state.get(STEP, names[0]) not in names:
        st.session_state[STEP] = names[0]
    left, right = st.columns([3, 2], gap="large")
    with right:
        chosen = st.selectbox("Step opened to its legs", names, key=STEP,
                              help="Click a bar of the waterfall, or choose here.")
        at = names.index(str(chosen))
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
