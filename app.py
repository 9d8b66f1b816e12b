"""The frame around every page: the page table, what is always on screen, and the one place where errors are told."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

import streamlit as st  # noqa: E402

from pages.ui import starting  # noqa: E402

starting.wait()

from pages.ui import frame, hints, incidents, linked, style  # noqa: E402
from pages.ui.telling import told  # noqa: E402


@dataclass(frozen=True)
class Page:
    """One row of the page table. file: the script in `pages/`; hint: what to do first, told until it is put away."""

    file: str
    title: str
    icon: str
    address: str
    hint: str


PAGES = (
    Page("compare.py", "Compare", ":material/compare_arrows:", "compare",
         "Pick a sample account, then move a price under What-if: every figure shows before → after."),
    Page("liquidation.py", "Liquidation", ":material/landslide:", "liquidation",
         "The first row of the table gives way first. Click a cell of the map to set the what-if there."),
    Page("portfolio.py", "Portfolio", ":material/edit_note:", "portfolio",
         "Start from a template or type into the grid; the figures above follow each edit. “Save as” makes it yours."),
    Page("rulebooks.py", "Rulebooks", ":material/gavel:", "rulebooks",
         "Press “Change” at a parameter, type another value and see what it does before you apply it."),
    Page("methods.py", "Methods", ":material/balance:", "methods",
         "Choose rulebooks: the same book under each. Open one below, and click a bar or a cell of its risk matrix."),
    Page("accuracy.py", "Accuracy", ":material/verified:", "accuracy",
         "Open a venue to see each figure it prints beside ours, with the error and where it is from."),
    Page("glossary.py", "Glossary", ":material/menu_book:", "glossary",
         "Point at or tap a dotted label on any page, or reach it with Tab, for its meaning; its link leads here."),
)
"""Every page of the app, the first one opens by default; tests and menus loop over it."""


def main() -> None:
    """One run of the app."""
    st.set_page_config("Marginscope", "📐", layout="wide", initial_sidebar_state="auto")
    st.logo(HERE / "pages" / "ui" / "logo.svg", size="large")
    st.html(style.sheet())
    pages = [
        st.Page(HERE / "pages" / page.file, title=page.title, icon=page.icon, url_path=page.address if i else "first",
                default=not i)
        for i, page in enumerate(PAGES)
    ]
    named = st.Page(_no_page, title="By name", url_path=PAGES[0].address, visibility="hidden")
    chosen = st.navigation([*pages, named], position="top")
    if chosen is named:
        st.switch_page(pages[0], query_params={name: st.query_params.get_all(name) for name in st.query_params})
    with incidents.caught(), told():
        frame.surround()
        linked.elsewhere(chosen.title)
        hints.head(chosen.title, next(page.hint for page in PAGES if page.title == chosen.title))
        chosen.run()


def _no_page() -> None:
    """The address `/compare`: the first page stands at `/`, so its own name only leads there."""


if __name__ == "__main__":
    main()
