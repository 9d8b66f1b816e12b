"""Sentences about the cases as a whole, for the page and for the document."""

from __future__ import annotations

from collections.abc import Iterable

from pages.ui import words
from pages.ui.accuracy_data import Accuracy
from risk_core.margin.models import MODES

MEANS = ("A venue case is a set of figures that a venue, the tests of a protocol or a recorded payload prints, with "
         "the inputs that led to them. Each case goes through the engine that every page uses, on the shipped "
         "rulebook of its venue, and matches when every figure is within its tolerance. Where the case states rates, "
         "tiers or fees other than the rulebook's they are laid over it, and the case says which. A venue without a "
         "rulebook is tested on its formula alone.")
PROVES = ("A match shows that the formula is the venue's, and that the rulebook is right in whatever the case does not "
          "replace. It does not show that rates and tiers are those of today: each says its own source and date under "
          "Rulebooks.")
DISPUTED = ("Here the source contradicts itself, or leaves out what the figure depends on. Both figures are kept; none "
            "of these cases counts above.")
UNITS = ("Figures are in the unit the source prints: dollars, coin or a share. What we compute is shown three digits "
         "further.")


def headline(found: Accuracy) -> str:
    """How many match, and over how many venues."""
    figures = sum(len(one.figures) for one in found.cases)
    return (f"{found.matched} of {len(found.cases)} venue cases match: {figures} printed figures, "
            f"{len(found.venues)} venues and models.")


def uncovered(found: Accuracy, rulebooks: Iterable[str]) -> list[str]:
    """What no case covers: rulebooks, modes, and figures that are printed and not computed."""
    names, modes = found.uncovered(rulebooks), found.untold(MODES)
    missing = [one.name for one in found.venues if one.missing]
    told = []
    if names:
        kind = "rulebook" if len(names) == 1 else "rulebooks"
        told.append(f"No venue case is about the {kind} {words.listed(names)}.")
    if modes:
        told.append(f"No venue case is in the mode {' or '.join(MODES[name].title for name in modes)}.")
    if missing:
        told.append(f"Printed figures that are not computed yet: some of {words.listed(missing)}.")
    return told
