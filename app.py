"""The frame around every page: the page table, what is always on screen, and the one place where errors are told."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

import streamlit as st  # noqa: E402

from pages.ui import frame, style  # noqa: E402
from pages.ui.telling import told  # noqa: E402


@dataclass(frozen=True)
class Page:
    """One row of the page table. file: the script in `pages/`."""

    file: str
    title: str
    icon: str
    address: str


PAGES = (
    Page("compare.py", "Compare", ":material/compare_arrows:", "compare"),
    Page("liquidation.py", "Liquidation", ":material/landslide:", "liquidation"),
    Page("portfolio.py", "Portfolio", ":material/edit_note:", "portfolio"),
    Page("rulebooks.py", "Rulebooks", ":material/gavel:", "rulebooks"),
)
"""Every page of the app, the first one opens by default; tests and menus loop over it."""


def main() -> None:
    """One run of the app."""
    st.set_page_config("Marginscope", "📐", layout="wide", initial_sidebar_state="auto")
    st.logo(HERE / "pages" / "ui" / "logo.svg", size="large")
    st.html(style.sheet())
    pages = [
        st.Page(HERE / "pages" / page.file, title=page.title, icon=page.icon, url_path=page.address, default=i == 0)
        for i, page in enumerate(PAGES)
    ]
    chosen = st.navigation(pages, position="top")
    with told():
        frame.surround()
        chosen.run()


if __name__ == "__main__":
    main()
