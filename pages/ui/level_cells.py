"""The cells of the nearest liquidation levels in the table of the modes."""

from __future__ import annotations

from html import escape

from pages.ui import words
from pages.ui.formula_link import Spot, opens
from pages.ui.view import View
from risk_core.liquidation.distance import distance
from risk_core.liquidation.thresholds import Liquidation


def level(seen: View, name: str, underlying: str) -> str:
    """The nearest level of a mode along one price, before → after."""
    new, old = (one.modes[name].liquidation.get(underlying) for one in (seen.after, seen.before))
    if new is None:
        return '<span class="muted">not held</span>'
    text, sub = _told(new, seen, underlying)
    was = _told(old, seen, underlying, before=True)[0] if old is not None and seen.has_before else ""
    old_text = f'<span class="old">{escape(was)} →</span> ' if was and was != text else ""
    tone = "chip liquidated" if new.now else "new"
    found = opens(f'<span class="{tone}">{escape(text)}</span>', Spot(name, "liquidation_price", underlying=underlying))
    return f'{old_text}{found}<span class="sub">{escape(sub)}</span>'


def _told(level: Liquidation, seen: View, underlying: str, *, before: bool = False) -> tuple[str, str]:
    """The nearest level with its move, and beside it the distance in sigmas and whether there are more levels."""
    if level.now:
        return "now", ""
    if level.nearest is None:
        return words.NONE, ""
    market = (seen.before if before else seen.after).account.market
    gap = distance(market.underlyings[underlying], level.nearest)
    other = level.above if level.nearest == level.below else level.below
    also = f"also {words.price(other)}" if other is not None else ""
    parts = [part for part in (words.sigmas(gap.sigmas), also) if part]
    return f"{words.price(level.nearest)} ({words.move(gap.relative)})", ", ".join(parts)
