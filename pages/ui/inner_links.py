"""Links inside the app take the state along as it is when they are used, not as it was when they were drawn.

A part of a page is drawn again only when what it shows changes, so that a link in it may be older than the what-if.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_mount = st.components.v2.component(
    "marginscope_inner_links",
    html="<span hidden></span>",
    js=Path(__file__).with_name("inner_links.js").read_text("utf-8"),
    isolate_styles=False,
)


def listen() -> None:
    """What listens on every page for a link that is pointed at, reached by keyboard or pressed."""
    _mount(key="inner links", height="content")
