"""First-use hints: one or two sentences a page, until the reader puts them away; the browser remembers that."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from pages.ui import inner_links

_mount = st.components.v2.component(
    "marginscope_hint",
    html="<div class='hint' role='note' hidden><span class='said'></span><button type='button' class='away'>"
         "Got it</button></div><div class='again' hidden><button type='button' class='back'></button></div>",
    js=Path(__file__).with_name("hint.js").read_text("utf-8"),
    isolate_styles=False,
)


def head(title: str, hint: str) -> None:
    """Above a page: its headings for those who hear it, its hint, and what keeps its links up to date."""
    with st.container(key="page_head", gap=None):
        st.html(f'<div class="sr"><h1>Marginscope</h1><h2>{escape(title)}</h2></div>')
        _mount(data={"page": title, "said": hint}, key="hint", height="content")
        inner_links.listen()


def again() -> None:
    """A button that brings every hint back."""
    _mount(data={"page": "", "said": ""}, key="hints again", height="content")
