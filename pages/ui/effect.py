"""What an edit does: every mode's figures before and after it, and what each leg adds to margin now."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from pages.ui import markup, table_rows, words
from pages.ui.comparison_table import closed, worst_used
from pages.ui.nearest import nearest
from risk_core.margin.compare import Comparison, ModeResult
from risk_core.margin.models import MODES
from risk_core.margin.pools import is_pool, named


@dataclass(frozen=True)
class Line:
    """One figure of the table. said: the number in words; change: the difference in words, empty for none."""

    label: str
    help: str
    value: Callable[[ModeResult], float | None]
    said: Callable[[float | None], str]
    change: Callable[[float, float], str]


def _dollars(rounding: str) -> Callable[[float | None], str]:
    return lambda amount: words.money(amount or 0.0, rounding)


def _plus(rounding: str) -> Callable[[float, float], str]:
    return lambda new, old: words.change(new, old, rounding)


def _points(new: float, old: float) -> str:
    return words.percent(new - old, plus=True).rstrip("%").rstrip() + " points"


LINES = (
    Line("Equity", "Collateral after haircuts plus unrealised profit; option value too where the mode counts it. USD.",
         lambda mode: mode.head.equity, _dollars("half"), _plus("half")),
    Line("Initial margin", "Needed to open or add to positions, USD.",
         lambda mode: mode.head.initial_margin, _dollars("up"), _plus("up")),
    Line("Maintenance margin", "Below this equity the account is liquidated, USD.",
         lambda mode: mode.head.maintenance_margin, _dollars("up"), _plus("up")),
    Line("Maintenance used", "Maintenance margin ÷ equity; liquidation at 100 %. Where legs stand alone it is that of "
         "the worst leg or pool, named below.", lambda mode: mode.worst_used, words.used, _points),
    Line("Buffer", "Equity less maintenance margin, USD: what can still be lost before liquidation.",
         lambda mode: mode.head.buffer, _dollars("down"), _plus("down")),
)


def effect(before: Comparison | None, after: Comparison, modes: Sequence[str]) -> str:
    """The table of figures, mode by mode: new in bold, old and difference in grey below where they differ."""
    head = "".join(f'<th scope="col">{markup.mode_helped(name)}</th>' for name in modes)
    rows = "".join(_row(line, before, after, modes) for line in LINES)
    first = '<th scope="col"><span class="sr">Figure</span></th>'
    body = f"<thead><tr>{first}{head}</tr></thead><tbody>{rows}{_levels(after, modes)}</tbody>"
    return markup.html(markup.table("Figures of each margin mode", body, "compare"), name="ms-effect")


def _row(line: Line, before: Comparison | None, after: Comparison, modes: Sequence[str]) -> str:
    cells = "".join(f"<td>{_cell(line, before.modes.get(name) if before else None, after.modes[name])}</td>"
                    for name in modes)
    return f'<tr><th scope="row">{markup.helped(line.label, line.help)}</th>{cells}</tr>'


def _cell(line: Line, before: ModeResult | None, after: ModeResult) -> str:
    new = line.value(after)
    is_used = line.label == "Maintenance used"
    said = markup.chip(new) if is_used else escape(line.said(new))
    old = line.value(before) if before else new
    if before is None or _same(old, new):
        return f'<span class="new">{said}</span>' + (markup.bar(new) if is_used else "") + _apart(line, after)
    gone = f" ({line.change(new, old)})" if new is not None and old is not None else ""
    bar = markup.bar(new, old, moved=True) if is_used else ""
    was = f'<span class="was">from {escape(line.said(old))}<span>{escape(gone)}</span></span>'
    return f'<span class="new">{said}</span>{bar}{was}{_apart(line, after)}'


def _apart(line: Line, mode: ModeResult) -> str:
    """Where legs stand alone: whose figure it is, and what a sum hides."""
    told = {"Maintenance used": worst_used(mode)[1], "Buffer": closed(mode)}.get(line.label, "")
    return f'<span class="was apart">{escape(told)}</span>' if told else ""


def _same(old: float | None, new: float | None) -> bool:
    return old is new or (old is not None and new is not None and math.isclose(old, new, rel_tol=1e-12, abs_tol=1e-9))


def _levels(after: Comparison, modes: Sequence[str]) -> str:
    label = markup.helped("Nearest liquidation", "The index price nearest to now, other prices held still, at which "
                          "the pool or an isolated leg is liquidated.")
    cells = "".join(f"<td>{_nearest(after.modes[name], after)}</td>" for name in modes)
    return f'<tr><th scope="row">{label}</th>{cells}</tr>'


def _nearest(mode: ModeResult, after: Comparison) -> str:
    if mode.buckets_liquidated:
        return f'<span class="new">now</span><span class="was">{escape(_gone(mode.buckets_liquidated))}</span>'
    found = nearest(mode, after)
    if found is None:
        return '<span class="new">none</span>'
    return (f'<span class="new">{escape(found.underlying)} {words.move(found.relative)}</span>'
            f'<span class="was">at {words.price(found.price)}</span>')


def _gone(buckets: tuple[str, ...]) -> str:
    names = [f"the {named(one)}" if is_pool(one) else f"“{one}”" for one in buckets]
    return words.listed(names if len(names) < 3 else [*names[:2], f"{len(names) - 2} more"])


def contributions(result: Comparison, modes: Sequence[str]) -> str:
    """What each leg adds to maintenance margin: alone, and in the account (with it less without it), mode by mode."""
    shares = {name: {share.id: share for share in result.modes[name].shares} for name in modes}
    groups = "".join(f'<th colspan="2" scope="colgroup">{markup.mode(name)}</th>' for name in shares)
    each = (("alone", ALONE), ("adds", ADDS))
    names = "".join(f'<th scope="col">{markup.helped(*one)}</th>' for one in each) * len(shares)
    rows, legs = [], result.modes[modes[0]].positions
    for leg in legs[:table_rows.MOST]:
        cells = "".join(_share(shares[name][leg.id].standalone, f"{MODES[name].title} alone")
                        + _share(shares[name][leg.id].marginal, f"{MODES[name].title} adds") for name in shares)
        rows.append(f'<tr><th scope="row">{escape(leg.id)}<span class="sub">{escape(leg.label)}</span></th>'
                    f'<td data-head="Notional">{words.money(leg.notional)}</td>{_profit(leg.unrealised_pnl)}'
                    f"{cells}</tr>")
    shown = table_rows.body(rows, len(legs), 3 + 2 * len(shares), table_rows.EXPORT)
    first = "".join(f'<th rowspan="2" scope="col">{label}</th>' for label in (
        "Leg", markup.helped("Notional", NOTIONAL), markup.helped("Unrealised P&L", PROFIT)))
    body = f"<thead><tr>{first}{groups}</tr><tr>{names}</tr></thead><tbody>{shown}</tbody>"
    return markup.html(markup.table("What each leg adds to maintenance margin, USD", body, "adds"), name="ms-adds")


ALONE = "Maintenance margin the leg would need by itself, USD."
ADDS = "The account's maintenance margin less what it would be without the leg, USD; minus: the leg lowers it."
NOTIONAL = "Quantity × mark in USD; of an option quantity × index price; face value when inverse."
PROFIT = "Profit since entry in USD; none is shown for an option without an entry price."


def _share(amount: float, head: str) -> str:
    return f'<td data-head="{escape(head)}">{words.money(amount, "up")}</td>'


def _profit(amount: float | None) -> str:
    if amount is None:
        return f'<td class="muted" data-head="Unrealised P&amp;L">{words.MISSING}</td>'
    kind = "gain" if amount > 0 else "loss" if amount < 0 else ""
    return f'<td class="{kind}" data-head="Unrealised P&amp;L">{words.money(amount, plus=True)}</td>'
