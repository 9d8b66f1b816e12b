"""What the what-if controls redraw: the parts of the frame and of the page that follow them, and nothing else.

A page puts `@follows` on each part that shows figures after the what-if. When a control moves, only those parts are
drawn again. A page that shows nothing else of it says so by `stands`; one that does neither is drawn again as a whole.
Parts are called once a run, not inside each other.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

FRAME, FIRST, PAGE, CONTROLS = "frame parts", "first parts", "page parts", "control parts"
RULEBOOK = "rulebook"
"""What the parts are called that only the rulebook control draws again."""
STANDS = "page stands"
"""Whether the page has said that what is in none of its parts shows nothing after the what-if."""
PUT = "controls put"
"""Values that callbacks have given to controls which have not been drawn since."""
SHOWN = "shown by frame parts"
"""What each frame part of `frame_part_of` showed when it was drawn last."""
AHEAD_S = 0.04
"""Seconds that the first part is ahead of the others: about what a browser takes to lay out and draw one picture."""
P = ParamSpec("P")
_shows: dict[str, Callable[[], object]] = {}


def frame_part(draw: Callable[P, None]) -> Callable[P, None]:
    """A part of the frame that follows the controls."""
    return _part(draw, FRAME)


def frame_part_of(shows: Callable[[], object]) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """A part of the frame that hangs on nothing but `shows()`: while that is the same it is not drawn again."""
    def part_of(draw: Callable[P, None]) -> Callable[P, None]:
        @wraps(draw)
        def noted(*args: P.args, **kwargs: P.kwargs) -> None:
            st.session_state[SHOWN] = {**st.session_state.get(SHOWN, {}), key: shows()}
            draw(*args, **kwargs)

        key = _key(draw)
        _shows[key] = shows
        return _part(noted, FRAME)

    return part_of


def follows(draw: Callable[P, None]) -> Callable[P, None]:
    """A part of a page that follows the controls: a fragment drawn again alone when one moves. It returns nothing."""
    return _part(draw, PAGE)


def follows_first(draw: Callable[P, None]) -> Callable[P, None]:
    """A part of a page that is drawn again before the others, so that it is on screen while they are worked out.

    They wait for a moment: with the rest at its heels the browser would lay out everything before it paints anything.
    """
    @wraps(draw)
    def ahead(*args: P.args, **kwargs: P.kwargs) -> None:
        draw(*args, **kwargs)
        context = get_script_run_ctx(suppress_warning=True)
        if context is not None and context.fragment_ids_this_run:
            time.sleep(AHEAD_S)

    return _part(ahead, FIRST)


def follows_rulebook(draw: Callable[P, None]) -> Callable[P, None]:
    """A part of a page that hangs on the rulebook control and on no other."""
    return control_part(RULEBOOK, draw)


def control_part(name: str, draw: Callable[P, None]) -> Callable[P, None]:
    """A part that hangs on one control of the frame, by its own name, under which `follow` asks for it."""
    return _part(draw, CONTROLS, name)


def _part(draw: Callable[P, None], kind: str, name: str = "") -> Callable[P, None]:
    key = _key(draw, name)
    part = st.fragment(key=key)(draw)

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        st.session_state[kind] = {**st.session_state.get(kind, {}), key: name}
        part(*args, **kwargs)

    return drawn


def _key(draw: Callable[P, None], name: str = "") -> str:
    return f"{draw.__module__}.{draw.__qualname__}{name and f' {name}'}"


def _is_shown(key: str) -> bool:
    """Whether a frame part would show what it shows already."""
    shown = st.session_state.get(SHOWN, {})
    return key in _shows and key in shown and shown[key] == _shows[key]()


def start() -> None:
    """A whole run begins; which parts it has is not known yet."""
    for kind in (FRAME, FIRST, PAGE, CONTROLS):
        st.session_state[kind] = {}
    st.session_state[STANDS] = False


def stands() -> None:
    """What this page shows outside its parts hangs on no control: when one moves, it is not drawn again."""
    st.session_state[STANDS] = True


def follow(*names: str) -> None:
    """Callback of every control of the frame. names: the parts of controls to draw again, all of them without any.

    Where a value was put into a control, everything is drawn again: a control itself is part of no fragment.
    """
    page = [*st.session_state.get(FIRST, {}), *st.session_state.get(PAGE, {})]
    whole = st.session_state.get(PUT) or not (page or st.session_state.get(STANDS))
    frame = [key for key in st.session_state[FRAME] if not _is_shown(key)]
    controls = [key for key, name in st.session_state.get(CONTROLS, {}).items() if name in names or not names]
    st.rerun("app" if whole else [*page, *frame, *controls])


def put(key: str, value: float | str) -> None:
    """Callback: the control takes this value, in figures at once, in browser and link when it is drawn again."""
    st.session_state[key] = value
    st.session_state[PUT] = {**st.session_state.get(PUT, {}), key: value}


def adopt(key: str) -> None:
    """What was put into a control meanwhile; call it before the control is drawn.

    A value set in a callback is forgotten as such when the parts are drawn in a run of their own: the control would
    stay where it is and take its old value from the link again. Set in that run it goes out to both.
    """
    waiting = dict(st.session_state.get(PUT, {}))
    if key in waiting:
        st.session_state[key] = waiting.pop(key)
        st.session_state[PUT] = waiting
