"""The what-if board of the Compare page: everything the controls of the frame drive, drawn again together and alone."""

from __future__ import annotations

import streamlit as st

from pages.ui import (
    cards,
    chart_files,
    comparison_table,
    controls,
    downloads,
    figures,
    formula_opener,
    heading,
    picture,
    state,
    view,
    wallet_table,
    why,
    words,
)
from pages.ui.chart import chart
from pages.ui.following import follows
from pages.ui.telling import told


@follows
def board() -> None:
    """Sentences, picture, table and reasons of the draft at the present controls."""
    with told(), st.container(key="board"):
        if heading.nothing_held(state.draft()):
            return
        seen = view.present()
        st.html(cards.readout(seen))
        _picture(seen)
        st.html(comparison_table.table(seen))
        if wallets := wallet_table.table(seen):
            st.html(wallets)
        formula_opener.hint()
        why.why(seen)


def _picture(seen: view.View) -> None:
    left, right = st.columns([5, 9], gap="medium")
    with left:
        along = controls.along_control(seen.names)
        walked = view.walked(seen, along)
        st.html(cards.story(seen, walked))
    with right:
        note = heading.demo_note(seen.draft) + (", what-if" if seen.moved else "")
        drawn = picture.picture(walked.walk, walked.stand, walked.scene.axis, walked.scene.daily, note)
        revision = f"{seen.draft.account_id} {along}"
        chart(figures.margin_curves(drawn, revision), "margin-curves", _alt(walked), height=520)
        st.caption(_legend(seen, walked))
        downloads.of_chart("Curves as CSV", lambda: chart_files.curves(walked), seen.draft, "margin-curves")


def _alt(walked: view.Walked) -> str:
    said = " ".join(f"{one.mode}: {cards.sentence(one, walked.scene)}" for one in walked.stand.values())
    return f"Equity and maintenance margin of each mode against {walked.scene.prices}. {said}"


def _legend(seen: view.View, walked: view.Walked) -> str:
    """How to read the picture, one line of markdown."""
    text = ("Where equity falls below the maintenance margin (MM) of cross or portfolio it liquidates: marked, and "
            "filled in its lane below. Isolated legs close on their own pledge, so their marks are not where the "
            "summed lines meet. Shaded: some modes survive and others do not.")
    if walked.scene.daily:
        band = words.percent(walked.scene.daily, places=2)
        text += f" Grey strip: ±1 and ±2 daily σ of {band} ({walked.source})."
    if seen.controls.days:
        text += " Legs that expire before the day chosen are settled at the what-if price."
    return text
