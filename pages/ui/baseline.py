"""The pinned baseline: figures kept as the "before" of every page until they are unpinned."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.ui.cached import Asked

PIN = "pinned baseline"


@dataclass(frozen=True)
class Pin:
    """What was pinned: the question its figures answer, how it is called, and the first of its content hash."""

    question: Asked
    label: str
    short: str


def pin() -> Pin | None:
    """The pinned baseline; None where the baseline is the account without what-if."""
    held: Pin | None = st.session_state.get(PIN)
    return held


def put(pinned: Pin) -> None:
    """Callback: these figures are the before from now on."""
    st.session_state[PIN] = pinned


def drop() -> None:
    """Callback: the account without what-if is the before again."""
    st.session_state.pop(PIN, None)
