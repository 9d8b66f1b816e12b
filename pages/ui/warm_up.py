"""Work done once before the first visitor: imports, compiled kernels, the store, and one picture end to end."""

from __future__ import annotations

from db.samples import SAMPLES
from pages.ui import cached, figures, levels, picture  # noqa: F401 - imported so that no visitor waits for them
from risk_core.margin.compare import compare
from risk_core.portfolio.account_file import read
from risk_core.rulebooks import load
from risk_core.valuation import kernels


def warm() -> None:
    """Raises nothing of its own: a store that cannot be opened is told on the page."""
    kernels.warm()
    first = next(iter(sorted(SAMPLES.glob("*.margin.json"))), None)
    if first is not None:
        compare(read(first.read_text("utf-8")), load.load(load.DEFAULT))
