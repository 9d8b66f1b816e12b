"""Where each mode closes every position, one row per leg and a column per mode, the nearest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from pages.ui import csv_files, liquidation_table, markup, table_rows, words
from pages.ui.formula_link import Spot, opens
from pages.ui.liquidation_table import Row
from pages.ui.view import View
from risk_core.margin.models import MODES
from risk_core.margin.pools import is_pool

MEANING = ("Nearest index price of the leg's own coin, USD, at which this mode closes the leg, all other prices held "
           "still; its distance in per cent and daily standard deviations (σ); the price at which nothing is left. "
           "A leg in a pool is closed with the pool: its legs on one coin share a level.")


@dataclass(frozen=True, slots=True)
class Position:
    """One leg with the trigger of each mode along its own underlying; a mode that has none is absent."""

    leg: str
    label: str
    underlying: str
    quantity: float
    closed: Mapping[str, Row]

    @property
    def reach(self) -> tuple[int, float]:
        """Order: what is liquidated now in some mode, then by the nearest level of any, then what never is."""
        return min((row.reach for row in self.closed.values()), default=(liquidation_table.NEVER, 0.0))


def positions(seen: View, found: list[Row]) -> list[Position]:
    """Every enabled leg, worst first. found: the rows of all triggers."""
    account = seen.account
    at = {(row.trigger.mode, leg, row.trigger.underlying): row for row in found for leg in row.trigger.legs}
    listed = []
    for leg, instrument, quantity in zip(account.book.ids, account.book.instrument, account.book.quantity, strict=True):
        name = account.underlyings[account.instruments.underlying[instrument]]
        closed = {mode: at[mode, leg, name] for mode in seen.modes if (mode, leg, name) in at}
        listed.append(Position(leg, account.instruments.labels[instrument], name, float(quantity), closed))
    return sorted(listed, key=lambda one: one.reach)


def table(seen: View, listed: list[Position]) -> str:
    """The table, of the nearest."""
    heads = "".join(f'<th scope="col">{markup.mode_helped(mode)}</th>' for mode in seen.modes)
    first = f'<th scope="col">{markup.helped("Leg", MEANING)}</th>'
    body = table_rows.body((_row(seen, one) for one in listed), len(listed), 1 + len(seen.modes), table_rows.FILE)
    head = f"<thead><tr>{first}{heads}</tr></thead><tbody>{body}</tbody>"
    return markup.html(markup.table("Where each mode closes each leg, the nearest first", head, "closings"))


def _row(seen: View, one: Position) -> str:
    head = (f'<th scope="row"><span class="who">{escape(one.leg)}</span>'
            f'<span class="sub">{escape(f"{words.size(one.quantity)} {one.label}")}</span></th>')
    cells = "".join(f'<td data-head="{escape(MODES[mode].title)}">{_cell(one, one.closed.get(mode))}</td>'
                    for mode in seen.modes)
    return f"<tr>{head}{cells}</tr>"


def _cell(one: Position, row: Row | None) -> str:
    if row is None:
        return f'<span class="muted">{words.NONE}</span>'
    told = row.trigger
    return (opens(_level(row), Spot(told.mode, "liquidation_price", underlying=one.underlying, who=told.who))
            + _beneath(row) + f'<span class="sub">{escape(_with(row))}</span>')


def _level(row: Row) -> str:
    level = row.trigger.liquidation
    if level.now:
        return '<span class="chip liquidated">liquidated</span>'
    if level.nearest is None or row.gap is None:
        return f'<span class="muted">{words.NONE}</span>'
    far = markup.distance(row.gap.relative, words.move(row.gap.relative))
    return f"{liquidation_table.price(row, level.nearest)} {far}"


def _beneath(row: Row) -> str:
    """Standard deviations and the price at which nothing is left; of what is liquidated now where that is so."""
    if row.trigger.liquidation.now:
        return f'<span class="sub">{escape(liquidation_table.when(row.trigger.liquidation))}</span>'
    if row.gap is None:
        return ""
    sigmas = words.sigmas(row.gap.sigmas, far=True) or "no volatility"
    behind = row.trigger.bankruptcy
    left = "equity stays above 0" if behind is None else f"bankrupt at {words.price(behind)}"
    return f'<span class="sub">{sigmas}; {left}</span>'


def _with(row: Row) -> str:
    one = row.trigger
    others = len(one.legs) - 1
    if not is_pool(one.who):
        return "alone"
    return "alone in its pool" if not others else f"with {others} {'other' if others == 1 else 'others'}"


def csv(seen: View, listed: list[Position]) -> bytes:
    """The table as a file: a row per leg and mode."""
    head = ("leg", "instrument", "quantity", "underlying", "mode", "closed_with", "now", "nearest_level_usd",
            "distance_percent", "distance_daily_sigmas", "bankruptcy_price_usd")
    return csv_files.write(head, (_cells(one, mode) for one in listed for mode in seen.modes))


def _cells(one: Position, mode: str) -> list[str | float | None]:
    begin: list[str | float | None] = [one.leg, one.label, one.quantity, one.underlying, MODES[mode].title]
    row = one.closed.get(mode)
    if row is None:
        return [*begin, "", "no", None, None, None, None]
    told, gap = row.trigger, row.gap
    return [*begin, " ".join(leg for leg in told.legs if leg != one.leg), "yes" if told.liquidation.now else "no",
            told.liquidation.nearest, None if gap is None else gap.relative * 100.0,
            None if gap is None else gap.sigmas, told.bankruptcy]
