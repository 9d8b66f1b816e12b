"""One what-if control: its name, a box for the exact value, the way back to now, and the slider below them.

The slider's key holds the value. The box shows it and sets it; a typed value between two stops becomes a stop.
A slider that is being moved is not drawn again, only its head is: a browser that is told an older value than the one it
has reached by then would fall back to it, and key presses would be lost.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

import streamlit as st

from pages.ui import following, glossary, words
from pages.ui.steps import Steps, having

PERCENT, DAY, TIMES = " %", " d", "×"
BOX, TYPED, REFUSED, HEAD = "box.", "typed.", "refused.", "head."
"""What the keys of a control's box, of its further stop and of a value refused begin with, and its head as a part."""
_LINKED: Final = re.compile(r"([−+]?)×?(\d{1,3}(?:\.\d{1,6})?)(?: [%d])?")


@dataclass(frozen=True)
class Control:
    """What is drawn. stops: in `unit`, ascending; nudge: step of the box; term: of the glossary; now: as it is."""

    key: str
    label: str
    stops: Steps
    unit: str
    help: str
    term: str
    nudge: float = 1.0
    disabled: bool = False
    now: float = 0.0


def value(key: str, now: float = 0.0) -> float:
    """The value of a control in its unit."""
    return float(st.session_state.get(key, now))


def draw(one: Control) -> None:
    """The control; the slider first, because it takes its value from the link."""
    with st.container(key=f"control.{one.key}", gap=None):
        head = st.container()
        _slider(one)
        with head:
            following.control_part(HEAD + one.key, _head)(one)


def _slider(one: Control) -> None:
    _take_from_link(one)
    following.adopt(one.key)
    st.select_slider(one.label, having(one.stops, st.session_state.get(TYPED + one.key)), one.now,
                     lambda at: shown(at, one.unit), key=one.key, disabled=one.disabled, bind="query-params",
                     label_visibility="collapsed", on_change=following.follow, args=(HEAD + one.key,))


def _head(one: Control) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        _box(one)
        st.button("", icon=":material/restart_alt:", key=f"reset.{one.key}", type="tertiary", on_click=_back,
                  args=(one.key, one.now), disabled=one.disabled or st.session_state[one.key] == one.now,
                  help=f"{one.label}: back to now")
    _refused(one)


def _box(one: Control) -> None:
    """A box of its own for each value: what a browser reports late of an earlier one is never taken for typed."""
    now = float(st.session_state[one.key])
    key = box_key(one.key, now)
    if st.session_state.get(key, now) != now:
        st.session_state[key] = now
    unit = "" if one.unit == DAY else f", {one.unit.strip()}"
    st.number_input(f"{one.label}{unit}", value=now, step=one.nudge, format="%.6g", key=key, disabled=one.disabled,
                    on_change=_typed, args=(one, key), help=f"{one.help} {glossary.pointer(one.term)}")


def box_key(key: str, now: float) -> str:
    """Key of the box of a control that stands at a value."""
    return f"{BOX}{key} {now:g}"


def _typed(one: Control, key: str) -> None:
    """Callback of the box: a value within the ends of the slider is set, any other told and dropped.

    A box that the slider has left behind reports its old value when the browser takes it away: that is not typed.
    """
    if key != box_key(one.key, value(one.key, one.now)):
        return
    at = exact(float(st.session_state[key] or 0.0))
    if not one.stops[0] <= at <= one.stops[-1]:
        st.session_state[REFUSED + one.key] = at
    else:
        set_to(one.key, one.stops, at)
    following.follow(HEAD + one.key)


def set_to(key: str, stops: Steps, at: float) -> None:
    """Callback: the control takes a value within its ends, which becomes a stop where it stands between two."""
    if at not in stops:
        st.session_state[TYPED + key] = at
    following.put(key, at)


def _refused(one: Control) -> None:
    """What was typed beyond the ends, told once."""
    at = st.session_state.pop(REFUSED + one.key, None)
    if at is not None:
        low, high = (shown(end, one.unit) for end in (one.stops[0], one.stops[-1]))
        st.error(f"{one.label} {shown(at, one.unit)}: must be from {low} to {high}. It stays as it was.")


def _back(key: str, now: float) -> None:
    following.put(key, now)
    following.follow(HEAD + key)


def _take_from_link(one: Control) -> None:
    """A value of the link that stands between two stops becomes a stop, so that the slider can take it."""
    linked = None if one.key in st.session_state else read(st.query_params.get(one.key, ""), one.unit)
    if linked is not None and linked not in one.stops:
        st.session_state[TYPED + one.key] = linked


def exact(at: float) -> float:
    """A typed value as the link can carry it: four decimals, six significant figures."""
    return float(f"{round(at, 4):g}") + 0.0


def beside(at: float) -> tuple[float, float]:
    """The values a link can carry on either side of a value, the nearer first; the same twice where it can carry it."""
    if math.isclose(exact(at), at, rel_tol=1e-12, abs_tol=1e-12):
        return exact(at), exact(at)
    step = 10.0 ** max(-4, math.floor(math.log10(max(abs(at), 1e-4))) - 5)
    ends = (exact(math.floor(at / step) * step), exact(math.ceil(at / step) * step))
    return ends if abs(ends[0] - at) <= abs(ends[1] - at) else ends[::-1]


def shown(at: float, unit: str) -> str:
    """A value as slider and link spell it: −12.5 %, 7 d, ×2."""
    if unit == TIMES:
        return f"{TIMES}{at:g}"
    sign = words.MINUS if at < 0 else "+" if at > 0 and unit != DAY else ""
    return f"{sign}{abs(at):g}{unit}"


def read(text: str, unit: str) -> float | None:
    """The value that `shown` spelled; None for any other text."""
    found = _LINKED.fullmatch(text)
    if found is None:
        return None
    at = float(found[2]) * (-1.0 if found[1] == words.MINUS else 1.0)
    return at if shown(at, unit) == text else None
