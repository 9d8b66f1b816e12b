"""The quiet line that says what the legs of a book are together."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from pages.ui import markup, words
from risk_core.portfolio.structures import Structure

SHOWN = 4
MEANING = "Recognised from kind, side, size, strike and expiry of whole legs; each leg is counted once."


def line(found: Sequence[Structure]) -> str:
    """`Holds a short strangle (BTC 2026-09-25, 69,000 / 87,000, × 1.3; legs p and c).`"""
    said = [f'<b>{escape(one.name)}</b> <span class="muted">({escape(one.words)}; '
            f"{'leg' if len(one.legs) == 1 else 'legs'} {escape(words.listed(list(one.legs)))})</span>"
            for one in found[:SHOWN]]
    more = f'; <span class="muted">and {len(found) - SHOWN} more</span>' if len(found) > SHOWN else ""
    return (f'{markup.helped("Recognised", MEANING)}: {"; ".join(said)}{more}.')
