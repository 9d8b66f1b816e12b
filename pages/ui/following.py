"""What the what-if controls redraw: the parts of the frame and of the page that follow them, and nothing else.

A page puts `@follows` on each part that shows figures after the what-if. When a control moves, only those parts are
drawn again. A page without such a part is drawn again as a whole. Parts are called once a run, not inside each other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

FRAME, PAGE = "frame parts", "page parts"
P = ParamSpec("P")


def frame_part(draw: Callable[P, None]) -> Callable[P, None]:
    """A part of the frame that follows the controls."""
    return _part(draw, FRAME)


def follows(draw: Callable[P, None]) -> Callable[P, None]:
    """A part of a page that follows the controls: a fragment drawn again alone when one moves. It returns nothing."""
    return _part(draw, PAGE)


def _part(draw: Callable[P, None], kind: str) -> Callable[P, None]:
    key = f"{draw.__module__}.{draw.__qualname__}"
    part = st.fragment(key=key)(draw)

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        st.session_state[kind] = {**st.session_state.get(kind, {}), key: None}
        part(*args, **kwargs)

    return drawn


def start() -> None:
    """A whole run begins; which parts it has is not known yet."""
    st.session_state[FRAME] = st.session_state[PAGE] = {}


def follow() -> None:
    """Callback of every control of the frame."""
    page = st.session_state.get(PAGE)
    st.rerun([*page, *st.session_state[FRAME]] if page else "app")
