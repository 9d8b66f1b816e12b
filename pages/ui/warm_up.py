"""Work done once before the first visitor asks for it: imports, the store, one whole comparison, compiled kernels."""

from __future__ import annotations

import pkgutil
from contextlib import suppress
from importlib import import_module

from streamlit import emojis  # noqa: F401 - else imported by the first visitor's run

import pages.ui
from db.errors import StoreError
from db.samples import SAMPLES
from pages.ui import cached
from risk_core.margin.compare import compare
from risk_core.portfolio.account_file import read
from risk_core.rulebooks import load
from risk_core.valuation import kernels

FIRST = ("pages.ui.frame", "pages.ui.hints", "pages.ui.board", "pages.ui.rules")
"""What the frame and the first page import."""
LATER = ("pandas", "scipy.optimize", "scipy.signal", "scipy.sparse")


def first() -> None:
    """What the first page needs. Raises nothing of its own: a store that cannot be opened is told on the page."""
    for module in FIRST:
        import_module(module)
    with suppress(StoreError):
        cached.store().list_accounts()
    first = next(iter(sorted(SAMPLES.glob("*.margin.json"))), None)
    if first is not None:
        compare(read(first.read_text("utf-8")), load.load(load.DEFAULT))


def rest() -> None:
    """What the other pages need, and what the core imports only where it is used."""
    for module in pkgutil.iter_modules(pages.ui.__path__, "pages.ui."):
        import_module(module.name)
    for library in LATER:
        import_module(library)
    kernels.warm()
