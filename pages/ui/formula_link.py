"""Figures that open their formula: each is a button in the tables, and says which figure it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from html import escape

from risk_core.margin.formulas.figures import WORDS
from risk_core.margin.models import MODES
from risk_core.margin.pools import named


@dataclass(frozen=True, slots=True)
class Spot:
    """One figure on screen. leg: of a leg; underlying: along its price; who: of one pool or isolated leg there."""

    mode: str
    figure: str
    leg: str | None = None
    underlying: str | None = None
    who: str | None = None

    @property
    def text(self) -> str:
        """The spot as a button carries it."""
        return json.dumps({key: value for key, value in asdict(self).items() if value is not None})

    @property
    def said(self) -> str:
        """The spot in words."""
        whose = self.leg or (named(self.who) if self.who else "")
        parts = (WORDS[self.figure], whose, self.underlying or "", MODES[self.mode].title)
        return ", ".join(part for part in parts if part)


def read(text: object) -> Spot | None:
    """The spot of a button's text; None for anything that is none, wherever it came from."""
    try:
        told = json.loads(text) if isinstance(text, str) else None
        spot = Spot(**told) if isinstance(told, dict) else None
    except (ValueError, TypeError):
        return None
    if spot is None or not all(value is None or isinstance(value, str) for value in asdict(spot).values()):
        return None
    return spot if spot.mode in MODES and spot.figure in WORDS else None


def opens(shown: str, spot: Spot) -> str:
    """`shown`, a figure as HTML, as a button that opens its formula."""
    return (f'<button type="button" class="figure" data-formula="{escape(spot.text)}">{shown}'
            f'<span class="sr"> formula of {escape(spot.said)}</span></button>')
