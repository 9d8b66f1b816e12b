"""Links inside the app take the state along as it is when they are used, not as it was when they were drawn.

A part of a page is drawn again only when what it shows changes, so that a link in it may be older than the what-if.
"""

from __future__ import annotations

from pages.ui.listeners import listener

_mount = listener("inner_links", "inner_links.js")


def listen() -> None:
    """What listens on every page for a link that is pointed at, reached by keyboard or pressed."""
    _mount(key="inner links", height="content")
