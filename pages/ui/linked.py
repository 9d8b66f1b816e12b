"""Choices of a page that stand in the link: what a refresh, another page and back, or a copied address shows again.

The link carries what a control says on screen. A choice that is not offered, or not any more, is the usual one. The
address bar of a page has the choices of the others too, so that a refresh there loses none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

PAGE_OF = {
    "along": "Compare", "why": "Compare",
    **dict.fromkeys(("map", "map.mode", "map.x", "map.y", "map.along", "ladder.along", "assumptions", "steps",
                     "levels"), "Liquidation"),
    "tab": "Portfolio", "against": "Portfolio",
    **dict.fromkeys(("rulebook.tab", "rulebook.which", "rulebook.left", "rulebook.right"), "Rulebooks"),
    **dict.fromkeys(("methods", "methods.levels", "methods.one", "methods.part", "methods.step", "methods.coin",
                     "methods.hedges", "methods.from"), "Methods"),
}
"""Every choice by its key, with the title of the page on which it is made."""
SAID = "choices as the link says them"
Said = Callable[[Any], str]


def choice(label: str, options: Sequence[str], usual: str, key: str, **more: Any) -> str:
    """One of a row of options, in the link as it is called on screen. more: as `st.segmented_control` takes it."""
    said = more.get("format_func", str)
    _offer(key, options, usual, said)
    found = st.segmented_control(label, options, default=usual, required=True, key=key, bind="query-params", **more)
    return _noted(key, usual if found is None else str(found), usual, said)


def named_choice(label: str, options: Sequence[str], usual: str, key: str, format_func: Said, **more: Any) -> str:
    """One of a row of options whose words change, such as counts: the link carries the option itself."""
    _offer(key, options, usual, str)
    st.session_state.setdefault(key, usual)
    found = st.segmented_control(label, options, required=True, key=key, format_func=format_func,
                                 persist_state="session", **more)
    chosen = _noted(key, usual if found is None else str(found), usual, str)
    put(key, "" if chosen == usual else chosen)
    return chosen


def pick(place: DeltaGenerator, label: str, options: Sequence[str], usual: str, key: str, said: Said = str,
         **more: Any) -> str:
    """One of a list of options. more: as `st.selectbox` takes it."""
    _offer(key, options, usual, said)
    found = place.selectbox(label, options, index=list(options).index(usual), key=key, format_func=said,
                            bind="query-params", **more)
    return _noted(key, str(found), usual, said)


def several(label: str, options: Sequence[str], usual: Sequence[str], key: str, said: Said, **more: Any) -> list[str]:
    """Some of a list of options. more: as `st.multiselect` takes it."""
    if key not in st.session_state and (texts := _texts().get(key)):
        st.session_state[key] = [one for one in options if said(one) in texts] or list(usual)
    found = [str(one) for one in st.multiselect(label, options, default=list(usual), key=key, format_func=said,
                                                bind="query-params", **more)]
    _note(key, [] if found == list(usual) else [said(one) for one in found])
    return found


def switch(label: str, key: str, **more: Any) -> bool:
    """On or off, off where nothing is chosen. more: as `st.toggle` takes it."""
    if key not in st.session_state and _texts().get(key) == ["true"]:
        st.session_state[key] = True
    found = st.toggle(label, key=key, bind="query-params", **more)
    _note(key, ["true"] if found else [])
    return found


def elsewhere(page: str) -> None:
    """The link gets the choices of the pages other than this one, and those of this one that no control has yet."""
    if SAID not in st.session_state:
        st.session_state[SAID] = {name: st.query_params.get_all(name) for name in st.query_params if name in PAGE_OF}
    put_all({name: texts for name, texts in _texts().items()
             if texts and (PAGE_OF[name] != page or name not in st.session_state)})


def put(name: str, value: str) -> None:
    """Give a parameter of the link this value; none where it is empty."""
    put_all({name: [value] if value else []})


def put_all(wanted: Mapping[str, Sequence[str]]) -> None:
    """Give parameters of the link these values, in one step of the browser's history; none where there are none."""
    for name in [name for name, values in wanted.items() if not values and name in st.query_params]:
        del st.query_params[name]
    news = {name: values for name, values in wanted.items() if values and st.query_params.get_all(name) != [*values]}
    if news:
        st.query_params.update({name: values if len(values) > 1 else values[0] for name, values in news.items()})


def parameters(*without: str, **more: str) -> str:
    """Every parameter of the link but some, and others laid over them, as the end of an address."""
    here = {name: st.query_params.get_all(name) for name in st.query_params if name not in without}
    return urlencode({**here, **more}, doseq=True)


def keep(key: str, options: Sequence[str], usual: str) -> None:
    """A choice that is no longer offered becomes the usual one; call it before the control is drawn."""
    if st.session_state.get(key, usual) not in options:
        st.session_state[key] = usual


def _offer(key: str, options: Sequence[str], usual: str, said: Said) -> None:
    """Before a control is drawn: its choice is what the link said when the session began, if it has none yet."""
    if key not in st.session_state and (texts := _texts().get(key)):
        st.session_state[key] = next((one for one in options if said(one) in texts), usual)
    keep(key, options, usual)


def _texts() -> dict[str, list[str]]:
    found: dict[str, list[str]] = st.session_state.get(SAID, {})
    return found


def _noted(key: str, chosen: str, usual: str, said: Said) -> str:
    _note(key, [] if chosen == usual else [said(chosen)])
    return chosen


def _note(key: str, texts: list[str]) -> None:
    """What the link says of a choice on other pages."""
    st.session_state[SAID] = {**_texts(), key: texts}
