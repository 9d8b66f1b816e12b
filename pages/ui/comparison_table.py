"""The modes side by side: one table, each figure before → after, each label with its definition and unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from pages.ui import alerts, cached, level_cells, markup, ratio_words, words
from pages.ui.formula_link import Spot, opens
from pages.ui.view import View
from risk_core.margin.compare import Comparison, ModeResult
from risk_core.margin.pools import named
from risk_core.margin.ratios import ratio


@dataclass(frozen=True, slots=True)
class Row:
    """One head figure: its label, its definition, how it is read off a mode and how it is rounded.

    figure: its name in the core.
    """

    label: str
    meaning: str
    read: Callable[[ModeResult], float]
    rounding: str
    figure: str
    outcome: bool = False


ROWS = (
    Row("Equity", "USD. Collateral after haircuts plus unrealised profit and loss of futures and perpetuals; portfolio "
        "mode also counts the market value of options, the other modes do not.",
        lambda mode: mode.head.equity, "half", "equity", outcome=True),
    Row("Initial margin", "USD, rounded up. What must be there to open or keep adding to these positions.",
        lambda mode: mode.head.initial_margin, "up", "initial_margin"),
    Row("Maintenance margin", "USD, rounded up. Needed to keep the positions; below it they are liquidated.",
        lambda mode: mode.head.maintenance_margin, "up", "maintenance_margin"),
    Row("Buffer", "USD, rounded down. Equity − maintenance margin, summed over the account. Below 0 is liquidated. In "
        "isolated mode the sum hides single legs: see the levels.",
        lambda mode: mode.head.buffer, "down", "buffer"),
    Row("Available", "USD, rounded down. Equity − initial margin: what can carry further positions.",
        lambda mode: mode.head.available, "down", "available"),
)
"""Head figures in the order in which they are read."""

USED = ("Maintenance margin ÷ equity; 100 % is liquidation. Where legs or wallets stand alone it is that of the worst "
        "leg, wallet or pool, named below, because a sum would hide it. Below {0:g} % calm, from {0:g} % watch, "
        "from {1:g} % critical.")
CALL = ("USD, rounded down. Equity − maintenance margin ÷ {0:g} %: what can be lost, the maintenance margin as it is, "
        "before the margin call, here above {0:g} % of maintenance used. Of the worst leg or pool, like maintenance "
        "used. An alert of yours, not liquidation: that is at 100 %. Change it under Alerts.")
SHOWN = ("The margin ratio as the rulebook's venue displays it, the value at which it liquidates and the direction "
         "in which danger lies. Of the worst leg or pool, like maintenance used, which stays the measure all rulebooks "
         "share.")
FREED = ("USD. Initial margin asked in isolated mode minus that asked here: capital this mode sets free. Negative when "
         "it asks more.")
PLEDGED = ("USD. What isolated legs have to themselves: the pledge given; else entry notional ÷ leverage; else the "
           "initial margin asked now; a long option pledges nothing unless a pledge is given. It leaves the pool and "
           "stays fixed when prices move. Below it what is left: free collateral, which backs no leg.")
LEVEL = ("USD, index price of this underlying, all other prices held still: the nearest price at which the pool or an "
         "isolated leg falls below maintenance, its distance from the price shown, and the same in daily standard "
         "deviations (σ).")


def used_meaning() -> str:
    """What maintenance used is, with the bands of the alert levels."""
    levels = alerts.present()
    return USED.format(levels.watch, levels.critical)


def table(seen: View) -> str:
    """The whole table."""
    heads = "".join(f'<th scope="col">{markup.mode_helped(name)}</th>' for name in seen.modes)
    rows = [_row(row.label, row.meaning, [_figure(row, seen, name) for name in seen.modes]) for row in ROWS]
    rows.append(_row("Maintenance used", used_meaning(), [_used(seen, name) for name in seen.modes]))
    rows.append(_row("Margin call", CALL.format(alerts.present().call), [_call(seen, name) for name in seen.modes]))
    rows.append(_row("Ratio as displayed", SHOWN, [_displayed(seen, name) for name in seen.modes]))
    rows.append(_row("Pledged, and left beside it", PLEDGED, [_pledged(seen, name) for name in seen.modes]))
    rows.append(_row("Capital freed against isolated", FREED, [_freed(seen, name) for name in seen.modes]))
    rows += [_row(f"Nearest liquidation, {name}", LEVEL, [level_cells.level(seen, mode, name) for mode in seen.modes])
             for name in seen.names]
    body = (f'<thead><tr><th scope="col" class="muted">Amounts in USD</th>{heads}</tr></thead>'
            f'<tbody>{"".join(rows)}</tbody>')
    missing = {**cached.unavailable(seen.earlier), **cached.unavailable(seen.question)}
    notes = "".join(f'<p class="muted">{markup.mode(name)} not available: {escape(why)}.</p>'
                    for name, why in missing.items() if name != "as_held")
    return markup.html(markup.table("Figures of each margin mode", body, "compare") + notes)


def _row(label: str, meaning: str, cells: list[str]) -> str:
    values = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row">{markup.helped(label, meaning)}</th>{values}</tr>'


def _cell(new: str, old: str, change: str, tone: str = "") -> str:
    """Grey old value, arrow, new value, difference; only the value when nothing moved."""
    if not old:
        return f'<span class="new">{escape(new)}</span>'
    return (f'<span class="old">{escape(old)} →</span> <span class="new">{escape(new)}</span>'
            f'<span class="sub {tone}">{escape(change)}</span>')


def _amounts(new: float, old: float, rounding: str, *, moved: bool, outcome: bool = False) -> str:
    if not moved or new == old:
        return _cell(words.money(new, rounding), "", "")
    tone = "" if not outcome or abs(new - old) < 0.005 else "gain" if new > old else "loss"
    return _cell(words.money(new, rounding), words.money(old, rounding), words.change(new, old, rounding), tone)


def _figure(row: Row, seen: View, name: str) -> str:
    new, old = row.read(seen.after.modes[name]), row.read(seen.before.modes[name])
    told = closed(seen.after.modes[name]) if row.label == "Buffer" else ""
    more = f'<span class="sub wide">{escape(told)}</span>' if told else ""
    shown = _amounts(new, old, row.rounding, moved=seen.has_before, outcome=row.outcome)
    return opens(shown, Spot(name, row.figure)) + more


def _freed(seen: View, name: str) -> str:
    if "isolated" not in seen.modes:
        return '<span class="muted">no isolated margin</span>'
    if name == "isolated":
        return '<span class="muted">reference</span>'
    new, old = (_saved(one, name) for one in (seen.after, seen.before))
    return opens(_amounts(new, old, "down", moved=seen.has_before), Spot(name, "capital_freed"))


def _saved(one: Comparison, name: str) -> float:
    alone, here = (words.rounded(one.modes[mode].head.initial_margin, "up") for mode in ("isolated", name))
    return round(alone - here, 2)


def worst_used(mode: ModeResult) -> tuple[float | None, str]:
    """Maintenance used of the worst bucket and its name; no name where the account is one pool."""
    return mode.worst_used, named(mode.worst_bucket.who) if mode.apart else ""


def closed(mode: ModeResult) -> str:
    """Where a leg or wallet is closed: the worst one's buffer, and that sums still count it; empty else."""
    gone = [who for who in mode.buckets_liquidated if who]
    if not mode.apart or not gone:
        return ""
    worst = f"{named(mode.worst_bucket.who)} {words.money(mode.worst_bucket.figures.buffer, 'down')}"
    return f"worst: {worst}; sums still count the {words.counted(gone, which='closed ')}"


def pledged(mode: ModeResult) -> float:
    """Dollars that isolated legs have to themselves."""
    return sum(leg.pledged for leg in mode.positions if leg.pledged is not None)


def _pledged(seen: View, name: str) -> str:
    mode = seen.after.modes[name]
    if mode.pool is None:
        return '<span class="muted">no pledges</span>'
    where = "free" if name == "isolated" else "in the wallets" if mode.wallets else "in the pool"
    left = f"{where} {words.money(mode.pool.equity, 'down')}"
    shown = _amounts(pledged(mode), pledged(seen.before.modes[name]), "up", moved=seen.has_before)
    return f'{opens(shown, Spot(name, "pledged"))}<span class="sub">{escape(left)}</span>'


def _used(seen: View, name: str) -> str:
    (new, who), (old, _) = (worst_used(one.modes[name]) for one in (seen.after, seen.before))
    was = f'<span class="old">{escape(words.used(old))} →</span> ' if seen.has_before and new != old else ""
    named = f'<span class="sub">{escape(who)}</span>' if who else ""
    chip = opens(f'<span class="new">{markup.chip(new)}</span>', Spot(name, "maintenance_used"))
    return f"{was}{chip}{markup.bar(new, old, moved=seen.has_before)}{named}"


def _call(seen: View, name: str) -> str:
    """Dollars above the margin call of the worst leg or pool, which equity calls it, and whether it is called."""
    level = alerts.present().call / 100.0
    new, old = (one.modes[name].worst_bucket for one in (seen.after, seen.before))
    room, was = (one.figures.room(level) for one in (new, old))
    shown = _amounts(room, room, "down", moved=False)
    chip = ' <span class="chip critical">called</span>' if room < -new.figures.zero else ""
    whose = f", {named(new.who)}" if seen.after.modes[name].apart else ""
    level_usd = words.money(new.figures.maintenance_margin / level, "up")
    below = f"called below {level_usd} of equity{whose}"
    if seen.has_before and room != was:  # in one line, so that the table keeps its height
        shown = f'<span class="old">{escape(words.money(was, "down"))} →</span> {shown}'
        below = f"{words.change(room, was, 'down')}; below {level_usd}{whose}"
    return f'{shown}{chip}<span class="sub wide">{escape(below)}</span>'


def _displayed(seen: View, name: str) -> str:
    """The venue's own ratio, before → after where both are of one form, where it liquidates and which way is worse."""
    new, old = (displayed(one, name) for one in (seen.after, seen.before))
    own, was = (one.modes[name].ratio for one in (seen.after, seen.before))
    same = (own.form if own else seen.after.rulebook.rules.display.ratio) == \
        (was.form if was else seen.before.rulebook.rules.display.ratio)
    shown = _cell(new, old if seen.has_before and same and new != old else "", "")
    if own is not None:
        return f'{shown}<span class="sub wide">{escape(ratio_words.thresholds(own))}</span>'
    form = ratio(seen.after.rulebook.rules)
    direction = "rising" if form.rises else "falling"
    danger = f"{form.danger:,.0f} USD" if form.unit == "dollars" else f"{form.danger * 100:,.0f}{words.SPACE}%"
    said = f"{form.form}; liquidated {'at' if form.danger else 'below'} {danger}, {direction} = worse"
    return f'{shown}<span class="sub wide">{escape(said)}</span>'


def displayed(one: Comparison, name: str) -> str:
    """The ratio of a mode as its rulebook displays it; in words where it divides by nothing."""
    own = one.modes[name].ratio
    if own is not None:
        return ratio_words.value(own)
    form = ratio(one.rulebook.rules)
    figures = one.modes[name].worst_bucket.figures
    value = form.of(figures)
    if value is None:
        return "no equity left" if form.rises or figures.buffer < -figures.zero else "nothing required"
    return f"{words.money(value, 'down')} USD" if form.unit == "dollars" else words.used(value)
