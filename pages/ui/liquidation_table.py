"""Where each mode liquidates, one row per pool or isolated leg and price, the nearest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from pages.ui import csv_files, markup, table_rows, words
from pages.ui.formula_link import Spot, opens
from pages.ui.view import View
from risk_core.liquidation.distance import USUAL, Distance, distance
from risk_core.liquidation.thresholds import Liquidation
from risk_core.liquidation.triggers import Trigger
from risk_core.margin.models import MODES
from risk_core.margin.pools import POOL_ID, is_pool, named

HEADS = ("Closed together", "Liquidated when", "Nearest level", "Distance", "Bankruptcy price")
WHOLE = "whole account"
NEVER = 2
"""Rank of what is never liquidated."""
NAMED = 20
"""Names in a sentence; the others are counted."""
MEANINGS = {
    "Closed together": "The pool is everything that shares collateral; a wallet is the pool of one coin; an isolated "
                       "leg stands alone with its pledge.",
    "Liquidated when": "Index prices in USD at which its equity is below maintenance margin, all other prices held "
                       "still.",
    "Nearest level": "USD, index price. The first price at which it is liquidated, seen from the present one.",
    "Distance": "From the present price to the nearest level, and the same in daily standard deviations (σ), which the "
                f"rows are ordered by; without a volatility as if σ were {words.percent(USUAL, places=0)}. Coloured "
                "where it is near, close or very close by the alert levels.",
    "Bankruptcy price": "USD, index price. First price at or beyond the nearest level at which its equity is 0; of "
                        "what is liquidated now the price nearest to the present one.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One trigger with its distance. was: nearest level before the what-if, None where there was none or no move."""

    trigger: Trigger
    gap: Distance | None
    was: float | None

    @property
    def reach(self) -> tuple[int, float]:
        """Order: liquidated now, then by distance, then what is never liquidated."""
        if self.trigger.liquidation.now:
            return 0, 0.0
        if self.gap is None:
            return NEVER, 0.0
        return 1, self.gap.reach


def rows(seen: View, after: tuple[Trigger, ...], before: tuple[Trigger, ...]) -> list[Row]:
    """Every trigger after the what-if, worst first."""
    old = {(one.mode, one.who, one.underlying): one.liquidation.nearest for one in before}
    markets = seen.after.account.market.underlyings
    found = []
    for one in after:
        nearest = one.liquidation.nearest
        gap = None if nearest is None else distance(markets[one.underlying], nearest)
        found.append(Row(one, gap, old.get((one.mode, one.who, one.underlying)) if seen.has_before else None))
    return sorted(found, key=lambda row: row.reach)


def table(found: list[Row], labels: Mapping[str, str]) -> str:
    """The table, of the nearest. labels: instrument of each leg by id."""
    near = [row for row in found if row.reach[0] < NEVER]
    heads = "".join(f'<th scope="col">{markup.helped(head, MEANINGS[head])}</th>' for head in HEADS)
    body = table_rows.body((_row(row, labels) for row in near), len(near), len(HEADS), table_rows.FILE)
    head = f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody>"
    full = markup.table("Where each mode liquidates, the nearest first", head, "triggers") if body else ""
    return markup.html(full + _never([row.trigger for row in found[len(near):]], labels))


def _never(found: list[Trigger], labels: Mapping[str, str]) -> str:
    """What no move of one price liquidates, mode by mode."""
    parts = []
    for mode in dict.fromkeys(one.mode for one in found):
        names: dict[str, list[str]] = {}
        for one in found:
            if one.mode == mode:
                names.setdefault(who(one, labels)[0], []).append(one.underlying)
        told = [f"{name} along {words.listed(prices)}" for name, prices in names.items()]
        said = "; ".join(told[:NAMED] + [f"and {len(told) - NAMED:,} more"] * (len(told) > NAMED))
        parts.append(f"<p>{markup.mode(mode)} {escape(said)}</p>")
    return f'<div class="never"><span class="muted">No level at any single price:</span>{"".join(parts)}</div>' * bool(
        parts)


def who(one: Trigger, labels: Mapping[str, str]) -> tuple[str, str]:
    """What is closed, and a second line about it; text, to be escaped."""
    if not is_pool(one.who):
        return one.who, labels.get(one.who, "")
    if not one.legs:
        free = "free collateral", "no leg left in the pool"
        return free if one.who == POOL_ID else (named(one.who), "no leg in it")
    whole = len(one.legs) == len(labels)
    count = f"{len(one.legs)} {'leg' if len(one.legs) == 1 else 'legs'}"
    return (WHOLE, count) if whole and one.who == POOL_ID else (named(one.who), count)


def when(level: Liquidation) -> str:
    """The prices at which it is liquidated, in words."""
    if not level.regions:
        return words.NONE
    if level.regions == ((None, None),):
        return "now, at any price"
    parts = [_span(low, high) for low, high in level.regions]
    return ("now: " if level.now else "") + " and ".join(parts)


def _span(low: float | None, high: float | None) -> str:
    if low is None:
        return f"below {words.price(high or 0.0)}"
    return f"above {words.price(low)}" if high is None else f"{words.price(low)} to {words.price(high)}"


def _row(row: Row, labels: Mapping[str, str]) -> str:
    one = row.trigger
    name, about = who(one, labels)
    head = (f'<th scope="row">{markup.mode(one.mode)} <span class="who">{escape(name)}</span>'
            f'<span class="sub"> {escape(about)}</span></th>')
    level, far = _distance(row)
    cells = [_when(one), _opens(one, level, "liquidation_price"), far, _bankruptcy(one)]
    values = "".join(f'<td data-head="{escape(title)}">{cell}</td>'
                     for title, cell in zip(HEADS[1:], cells, strict=True))
    return f"<tr>{head}{values}</tr>"


def _opens(one: Trigger, shown: str, figure: str) -> str:
    return opens(shown, Spot(one.mode, figure, underlying=one.underlying, who=one.who))


def _when(one: Trigger) -> str:
    level, said = one.liquidation, escape(f"{one.underlying} {when(one.liquidation)}")
    return f'<span class="chip liquidated">liquidated</span> {said}' if level.now else said


def _distance(row: Row) -> list[str]:
    level = row.trigger.liquidation
    if level.now:
        return ["now", "0"]
    if level.nearest is None or row.gap is None:
        return [f'<span class="muted">{words.NONE}</span>', f'<span class="muted">{words.NONE}</span>']
    sigmas = words.sigmas(row.gap.sigmas, far=True) or "no volatility"
    far = markup.distance(row.gap.relative, words.move(row.gap.relative))
    near = f'<span class="new">{far}</span><span class="sub">{sigmas}</span>'
    return [price(row, level.nearest), near]


def price(row: Row, nearest: float) -> str:
    """The nearest level, behind the one before the what-if where it was another."""
    moved = row.was is not None and abs(row.was / nearest - 1.0) > 1e-6
    old = f'<span class="old">{words.price(row.was or 0.0)} →</span> ' if moved else ""
    return f'{old}<span class="new">{words.price(nearest)}</span>'


def _bankruptcy(one: Trigger) -> str:
    """The price, or why there is none; a formula only where it lies behind a level."""
    now, price = one.liquidation.now, one.bankruptcy
    if now and one.equity < 0:
        return '<span class="muted">equity is below 0 now</span>'
    if price is None:
        reason = words.NONE if one.liquidation.nearest is None and not now else f"{words.NONE}, equity stays above 0"
        return _opens(one, f'<span class="muted">{reason}</span>', "bankruptcy_price")
    shown = f'<span class="new">{words.price(price)}</span>'
    return shown if now else _opens(one, shown, "bankruptcy_price")


def csv(found: list[Row], labels: Mapping[str, str]) -> bytes:
    """The table as a file."""
    head = ("mode", "closed", "legs", "underlying", "price_usd", "liquidated_when", "now", "nearest_level_usd",
            "distance_percent", "distance_daily_sigmas", "bankruptcy_price_usd", "notional_usd")
    return csv_files.write(head, (_cells(row, labels) for row in found))


def _cells(row: Row, labels: Mapping[str, str]) -> list[str | float | None]:
    one, gap = row.trigger, row.gap
    level = one.liquidation
    return [MODES[one.mode].title, who(one, labels)[0], " ".join(one.legs), one.underlying, level.price, when(level),
            "yes" if level.now else "no", level.nearest, None if gap is None else gap.relative * 100.0,
            None if gap is None else gap.sigmas, one.bankruptcy, one.notional]
