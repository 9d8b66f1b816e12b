"""The what-if board of the Compare page: parts that the controls of the frame drive, the picture before all others."""

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
from pages.ui.following import follows, follows_first
from pages.ui.telling import told, told_beside, untold


def board() -> None:
    """Sentences, picture, table and reasons of the draft at the present controls."""
    with told(), st.container(key="board"):
        if heading.nothing_held(state.draft()):
            return
        _readout()
        left, right = st.columns([5, 9], gap="medium")
        with left:
            controls.along_control(controls.held_underlyings(state.account(state.draft())))
            _story()
        with right:
            _picture()
        _figures()
        _reasons()


@follows
def _readout() -> None:
    with untold():
        st.html(cards.readout(view.present()))


@follows
def _story() -> None:
    with untold():
        seen = view.present()
        st.html(cards.story(seen, _walked(seen)))


@follows_first
def _picture() -> None:
    with told_beside(_comparisons):
        seen = view.present()
        walked = _walked(seen)
        note = heading.demo_note(seen.draft) + (", what-if" if seen.moved else "")
        drawn = picture.picture(walked.walk, walked.stand, walked.scene.axis, walked.scene.daily, note)
        revision = f"{seen.draft.account_id} {walked.scene.axis.name}"
        chart(figures.margin_curves(drawn, revision), "margin-curves", _alt(walked), height=520)
        st.caption(_legend(seen, walked))
        downloads.of_chart("Curves as CSV", lambda: chart_files.curves(walked), seen.draft, "margin-curves")


@follows
def _figures() -> None:
    with told():
        seen = view.present()
        st.html(comparison_table.table(seen))
        if wallets := wallet_table.table(seen):
            st.html(wallets)
        formula_opener.hint()


@follows
def _reasons() -> None:
    with untold():
        why.why(view.present())


def _comparisons() -> tuple[object, ...]:
    seen = view.present()
    return seen.modes, seen.before, seen.after


def _walked(seen: view.View) -> view.Walked:
    return view.walked(seen, controls.along(seen.names))


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
