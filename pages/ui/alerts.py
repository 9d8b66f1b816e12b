"""Alert levels: what of the maintenance used is watched, critical or a margin call, and which distances are near.

They are ours, no rulebook's, and move no other figure. Kept in the session and, unless they are the usual ones, in the
link.
"""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass, fields, replace
from typing import Final

import streamlit as st

from pages.ui import glossary, linked

LINK = "alerts"
"""Parameter of the link, key of the session, and what the keys of the fields begin with."""
MENU, REFUSED = "alerts.menu", "alerts.refused"
LEAST, MOST = 0.1, 99.9
"""Percent that a level may be."""
CALM, NEAR, CLOSE, CLOSEST = "calm", "near", "close", "very close"
_LINKED: Final = re.compile(r"\d{1,2}(\.\d)?(-\d{1,2}(\.\d)?){5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Alerts:
    """Percent. watch, critical, call: of maintenance used, from which each applies; a margin call beyond it.

    near, close, closest: of the price, distances to a level below which each applies.
    """

    watch: float = 70.0
    critical: float = 90.0
    call: float = 80.0
    near: float = 30.0
    close: float = 15.0
    closest: float = 5.0

    @property
    def text(self) -> str:
        """The levels as the link spells them."""
        return "-".join(f"{one:g}" for one in astuple(self))

    @property
    def trouble(self) -> str:
        """Why these levels cannot be used, one sentence; empty where they can."""
        for name, value in zip(LABELS, astuple(self), strict=True):
            if not LEAST <= value <= MOST:
                return f"{LABELS[name][0]} {value:g} %: must be from {LEAST:g} to {MOST:g} %."
        if self.watch >= self.critical:
            return f"Watch from {self.watch:g} %: must be below Critical from, {self.critical:g} %."
        if not self.closest < self.close < self.near:
            return (f"Distances {self.near:g}, {self.close:g} and {self.closest:g} %: must fall from near to close to "
                    "very close.")
        return ""

    def nearness(self, relative: float) -> str:
        """How near a level is at this relative distance from the price, in words."""
        away = abs(relative) * 100.0
        return (CLOSEST if away < self.closest else CLOSE if away < self.close else NEAR if away < self.near else CALM)


USUAL: Final = Alerts()
LABELS: Final = {
    "watch": ("Watch from", "Maintenance used from which a mode is marked watch.", "Maintenance used"),
    "critical": ("Critical from", "Maintenance used from which a mode is marked critical.", "Maintenance used"),
    "call": ("Margin call above", "Maintenance used above which a mode is called.", "Margin call"),
    "near": ("Near below", "Distance to the nearest level below which it is marked near.", "Distance"),
    "close": ("Close below", "Distance below which it is marked close.", "Distance"),
    "closest": ("Very close below", "Distance below which it is marked very close.", "Distance"),
}
"""By field: label, help and term of the glossary; in the order of the fields."""


def present() -> Alerts:
    """The levels of this session."""
    found: Alerts = st.session_state.get(LINK, USUAL)
    return found


def take_up() -> str:
    """At the first run those of the link, from then on the link follows. Why the link's cannot be used, else empty."""
    trouble = ""
    if LINK not in st.session_state:
        st.session_state[LINK], trouble = read(st.query_params.get(LINK, ""))
    linked.put(LINK, told().get(LINK, ""))
    return trouble


def told() -> dict[str, str]:
    """What the link says of them: nothing where they are the usual ones."""
    return {} if present() == USUAL else {LINK: present().text}


def read(text: str) -> tuple[Alerts, str]:
    """The levels that `Alerts.text` spelled; the usual ones and a sentence for any other text but the empty one."""
    if not text:
        return USUAL, ""
    found = Alerts(*map(float, text.split("-"))) if _LINKED.fullmatch(text) else USUAL
    trouble = found.trouble if _LINKED.fullmatch(text) else "they are not six percentages."
    return (USUAL, f"The alert levels of this link are not used: {trouble}") if trouble else (found, "")


def menu() -> None:
    """The levels, folded away."""
    changed = "" if present() == USUAL else ", changed"
    with st.popover(f"Alerts{changed}", icon=":material/notifications:", key=MENU, on_change="rerun", type="tertiary",
                    help="From when a mode is told as watched, critical or called, and a distance as near.") as opened:
        if opened.open:
            _fields()


def _fields() -> None:
    now = present()
    for part, names in (("Percent of maintenance used", ("watch", "critical", "call")),
                        ("Percent of the price, to the nearest level", ("near", "close", "closest"))):
        st.caption(part)
        for column, name in zip(st.columns(3), names, strict=True):
            label, told, term = LABELS[name]
            column.number_input(f"{label}, %", LEAST, MOST, float(getattr(now, name)), 1.0, "%.4g",
                                key=f"{LINK}.{name}", on_change=_set, args=(name,),
                                help=f"{told} {glossary.pointer(term)}")
    if refused := st.session_state.pop(REFUSED, ""):
        st.error(f"{refused} The levels stay as they were.")
    st.button("Usual levels", icon=":material/restart_alt:", key=f"{LINK}.usual", type="tertiary", on_click=_back,
              disabled=now == USUAL, help=f"Back to {', '.join(f'{one:g}' for one in astuple(USUAL))} %.")


def _set(name: str) -> None:
    """Callback of a field: the levels with this one, unless they contradict each other."""
    wanted = replace(present(), **{name: round(float(st.session_state[f"{LINK}.{name}"]), 1)})
    if wanted.trouble:
        st.session_state[REFUSED] = wanted.trouble
    else:
        st.session_state[LINK] = wanted
    st.rerun("app")


def _back() -> None:
    st.session_state[LINK] = USUAL
    for one in fields(USUAL):
        st.session_state[f"{LINK}.{one.name}"] = float(getattr(USUAL, one.name))
    st.rerun("app")
