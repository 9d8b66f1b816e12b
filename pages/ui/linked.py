"""Choices of a page that stand in the link: what a refresh, another page and back, or a copied address shows again.

The link carries what a control says on screen. A choice that is not offered, or not any more, is the usual one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st


def choice(label: str, options: Sequence[str], usual: str, key: str, **more: Any) -> str:
    """One of a row of options, in the link as it is called on screen. more: as `st.segmented_control` takes it."""
    keep(key, options, usual)
    found = st.segmented_control(label, options, default=usual, required=True, key=key, bind="query-params", **more)
    return usual if found is None else str(found)


def named_choice(label: str, options: Sequence[str], usual: str, key: str, format_func: Callable[[str], str],
                 **more: Any) -> str:
    """One of a row of options whose words change, such as counts: the link carries the option itself."""
    if key not in st.session_state:
        st.session_state[key] = st.query_params.get(key, usual)
    keep(key, options, usual)
    found = st.segmented_control(label, options, required=True, key=key, format_func=format_func,
                                 persist_state="session", **more)
    put(key, "" if found in (None, usual) else str(found))
    return usual if found is None else str(found)


def keep(key: str, options: Sequence[str], usual: str) -> None:
    """A choice that is no longer offered becomes the usual one; call it before the control is drawn."""
    if st.session_state.get(key, usual) not in options:
        st.session_state[key] = usual


def put(name: str, value: str) -> None:
    """Give a parameter of the link this value; none where it is empty."""
    if not value and name in st.query_params:
        del st.query_params[name]
    elif value and st.query_params.get(name) != value:
        st.query_params[name] = value


def query(*without: str, **more: str) -> str:
    """Every parameter of the link but some, and others laid over them, as the end of an address."""
    here = {name: st.query_params.get_all(name) for name in st.query_params if name not in without}
    return urlencode({**here, **more}, doseq=True)
